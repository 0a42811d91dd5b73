import { APPROVAL_STATES } from '../approvals/approval';
import type { Approval, ApprovalState, Decision } from '../approvals/approval';
import { readHealth } from '../health/health';
import { formatAge } from '../timeText';
import { CliFault, readChoice, readCount, readText } from './command';
import type { CommandDefinition, CommandInput, CommandTools, OptionLine } from './command';
import { formatTable, printable, printableLines } from './table';
import type { Cell } from './table';
import type { Terminal, Tone } from './terminal';

const MAX_RECENT = 500;
const DECIDING: readonly OptionLine[] = [
	['--by <name>', 'Who decides, for the agent and the record'],
	['--reason <text>', 'Why; the agent reads it where the call is denied'],
];

/** `approvals`: the tool calls that wait to be allowed, and what was decided on others. */
export const approvalsCommand: CommandDefinition = {
	usage: 'approvals',
	description: 'Tool calls that wait to be allowed: list, show, allow, deny',
	subcommands: [
		{
			usage: 'list',
			description: 'List the calls that wait, then those that were decided on last',
			options: [
				['--recent <count>', 'How many (default: 20)'],
				['--state <state>', `Only ${APPROVAL_STATES.join(', ')} ones`],
			],
			examples: ['approvals list', 'approvals list --state waiting --json'],
			run: ({ approvals, now }, { options }) => {
				const state = readChoice(options, 'state', APPROVAL_STATES);
				const limit = readCount(options, 'recent', { min: 1, max: MAX_RECENT }) ?? 20;
				const found = approvals.list({ limit, ...(state === undefined ? {} : { state }) });
				return {
					json: { approvals: found },
					text: (terminal) => describeAll(terminal, found, now()),
				};
			},
		},
		{
			usage: 'show <id>',
			description: 'Show one call with its parameters',
			examples: ['approvals show apr_01kb0x5v1m3q8z6t0w9y2r4c7d'],
			run: ({ approvals, now }, { args: [id = ''] }) => {
				const approval = approvals.find(id);
				if (approval === undefined) {
					throw new CliFault(
						'not_found',
						`There is no call '${id}'. Old ones are deleted; 'approvals list' shows what there is.`,
					);
				}
				return { json: approval, text: (terminal) => describe(terminal, approval, now()) };
			},
		},
		{
			usage: 'allow <id>',
			description: 'Let a call be made, with the parameters that are shown',
			options: DECIDING,
			examples: ['approvals allow apr_01kb0x5v1m3q8z6t0w9y2r4c7d --by Ada'],
			run: (tools, input) => decide(tools, input, 'allow'),
		},
		{
			usage: 'deny <id>',
			description: 'Keep a call from being made',
			options: DECIDING,
			examples: ["approvals deny apr_01kb0x5v1m3q8z6t0w9y2r4c7d --reason 'Not on a Friday'"],
			run: (tools, input) => decide(tools, input, 'deny'),
		},
	],
};

function decide(
	{ approvals, folder, now }: CommandTools,
	{ args: [id = ''], options }: CommandInput,
	decision: Decision,
) {
	if (readHealth(folder, now())?.isRunning !== true) {
		throw new CliFault(
			'gateway_not_running',
			'The gateway does not run, so no call waits in it. What waited when it ended is denied when it starts again.',
		);
	}
	const by = readText(options, 'by');
	const reason = readText(options, 'reason');
	const request = {
		decision,
		...(by === undefined ? {} : { by }),
		...(reason === undefined ? {} : { reason }),
	};
	const decided = approvals.decide(id, request, { via: 'cli' });
	if (!decided.ok) {
		const { code, message } = decided.refused;
		throw new CliFault(code, `${message}.`);
	}
	const { approval } = decided;
	return {
		json: approval,
		text: () => `The call of '${printable(approval.tool.name)}' is ${approval.state}.`,
	};
}

const TONES: Readonly<Record<ApprovalState, Tone>> = {
	waiting: 'waiting',
	allowed: 'good',
	denied: 'bad',
};

function describeAll(terminal: Terminal, approvals: readonly Approval[], now: number): string {
	if (approvals.length === 0) return 'No tool call waits to be allowed, and none has lately.';
	return formatTable(
		terminal,
		[
			{ title: 'Id', minWidth: 30 },
			{ title: 'State' },
			{ title: 'Tool', minWidth: 10 },
			{ title: 'Agent', minWidth: 8 },
			{ title: 'Rule', minWidth: 8 },
			{ title: 'Asked' },
			{ title: 'Outcome', minWidth: 12 },
		],
		approvals.map((approval): readonly Cell[] => [
			approval.id,
			{ text: approval.state, tone: TONES[approval.state] },
			approval.tool.name,
			approval.agentId ?? '–',
			approval.rule,
			formatAge(approval.createdAt, now),
			outcomeOf(approval, now),
		]),
	);
}

function outcomeOf(approval: Approval, now: number): string {
	const { state, expiresAt, cause, by, via, reason } = approval;
	if (state === 'waiting') return `denied ${formatAge(expiresAt, now)} unless allowed`;
	if (cause !== undefined) return `${cause}: ${reason ?? ''}`;
	return [by ?? via, reason].filter((text) => text !== undefined).join(': ');
}

function describe(terminal: Terminal, approval: Approval, now: number): string {
	const { id, state, tool, rule, agentId, sessionKey, channel, userId, runId } = approval;
	const moment = (time: number) => `${new Date(time).toISOString()} (${formatAge(time, now)})`;
	const facts: readonly (readonly [string, string | undefined])[] = [
		['Tool', tool.name],
		['Rule', rule],
		['Agent', agentId],
		['Session', sessionKey],
		['Channel', channel],
		['User', userId],
		['Run', runId],
		['Asked', moment(approval.createdAt)],
		['Ends', state === 'waiting' ? moment(approval.expiresAt) : undefined],
		['Decided', approval.decidedAt === undefined ? undefined : moment(approval.decidedAt)],
		['By', approval.by],
		['Via', approval.via],
		['Cause', approval.cause],
		['Reason', approval.reason],
	];
	return [
		`${terminal.paint('quiet', 'Call'.padEnd(9))} ${terminal.paint('strong', id)}`,
		`${terminal.paint('quiet', 'State'.padEnd(9))} ${terminal.paint(TONES[state], state)}`,
		...facts.flatMap(([name, value]) =>
			value === undefined ? [] : [`${terminal.paint('quiet', name.padEnd(9))} ${printable(value)}`],
		),
		'',
		terminal.paint('quiet', 'Parameters'),
		printableLines(JSON.stringify(tool.params, undefined, 2)),
	].join('\n');
}
