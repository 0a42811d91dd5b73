import { listInbound, listRefusals, showInbound } from '../inbound/inboundCalls';
import type { InboundCall, InboundCallDetails, InboundRefusal } from '../inbound/inboundCalls';
import { formatAge } from '../timeText';
import { CliFault, readChoice, readCount, readText } from './command';
import type { CommandDefinition } from './command';
import { formatTable, printable, printableLines } from './table';
import type { Cell } from './table';
import type { Terminal, Tone } from './terminal';

const STATES = [
	'queued',
	'running',
	'done',
	'failed',
] as const satisfies readonly InboundCall['state'][];
const MAX_RECENT = 500;

/** `inbound`: the calls that came in, what became of them, and those that were refused. */
export const inboundCommand: CommandDefinition = {
	usage: 'inbound',
	description: 'Calls to inbound endpoints: accepted ones with their runs, others with the reason',
	subcommands: [
		{
			usage: 'list',
			description: 'List the newest calls that were accepted',
			options: [
				['--recent <count>', 'How many (default: 20)'],
				['--endpoint <name>', 'Only calls to this inbound endpoint'],
				['--state <state>', `Only ${STATES.join(', ')} ones`],
				['--before <run>', 'Only what is older than this run'],
			],
			examples: ['inbound list', 'inbound list --endpoint deploy --state failed'],
			run: ({ database, now }, { options }) => {
				const endpoint = readText(options, 'endpoint');
				const state = readChoice(options, 'state', STATES);
				const before = readText(options, 'before');
				const limit = readCount(options, 'recent', { min: 1, max: MAX_RECENT }) ?? 20;
				const calls = listInbound(database, {
					limit,
					...(endpoint === undefined ? {} : { endpoint }),
					...(state === undefined ? {} : { state }),
					...(before === undefined ? {} : { before }),
				});
				return {
					json: { calls },
					text: (terminal) => describeCalls(terminal, calls, { limit, now: now() }),
				};
			},
		},
		{
			usage: 'show <run>',
			description: 'Show one call: what the agent was told, and what it answered',
			examples: ['inbound show run_01kb0x5v1m3q8z6t0w9y2r4c7d'],
			run: ({ database, now }, { args: [runId = ''] }) => {
				const call = showInbound(database, runId);
				if (call === undefined) {
					throw new CliFault(
						'not_found',
						`There is no run '${runId}'. Old ones are deleted; 'inbound list' shows what there is.`,
					);
				}
				return { json: call, text: (terminal) => describeCall(terminal, call, now()) };
			},
		},
		{
			usage: 'refusals',
			description:
				'List the newest calls that were refused or filtered out, equal ones within a minute as one',
			options: [['--recent <count>', 'How many (default: 20)']],
			examples: ['inbound refusals --recent 50'],
			run: ({ database, now }, { options }) => {
				const limit = readCount(options, 'recent', { min: 1, max: MAX_RECENT }) ?? 20;
				const refusals = listRefusals(database, { limit });
				return {
					json: { refusals },
					text: (terminal) => describeRefusals(terminal, refusals, now()),
				};
			},
		},
	],
};

const TONES: Readonly<Record<InboundCall['state'], Tone>> = {
	queued: 'waiting',
	running: 'waiting',
	done: 'good',
	failed: 'bad',
};

function describeCalls(
	terminal: Terminal,
	calls: readonly InboundCall[],
	{ limit, now }: { readonly limit: number; readonly now: number },
): string {
	const last = calls.at(-1);
	if (last === undefined)
		return 'No call was accepted yet, or none matches. Refused ones: inbound refusals';
	const table = formatTable(
		terminal,
		[
			{ title: 'Run', minWidth: 30 },
			{ title: 'State' },
			{ title: 'Endpoint', minWidth: 10 },
			{ title: 'Agent', minWidth: 10 },
			{ title: 'Caller', minWidth: 8 },
			{ title: 'When' },
			{ title: 'Result', minWidth: 12 },
		],
		calls.map((call): readonly Cell[] => [
			call.runId,
			{ text: call.state, tone: TONES[call.state] },
			call.endpoint ?? '(any agent)',
			call.agentId,
			call.caller ?? '(revoked)',
			formatAge(call.createdAt, now),
			resultOf(call),
		]),
	);
	if (calls.length < limit) return table;
	return `${table}\n${terminal.paint('quiet', `Older ones: add --before ${last.runId}`)}`;
}

function resultOf({ reply, error }: InboundCall): string {
	return error === undefined ? (reply ?? '') : `${error.code}: ${error.message}`;
}

function describeCall(terminal: Terminal, call: InboundCallDetails, now: number): string {
	const { state, error, reply } = call;
	const moment = (time: number) => `${new Date(time).toISOString()} (${formatAge(time, now)})`;
	const facts: readonly (readonly [string, string | undefined])[] = [
		['Run', terminal.paint('strong', call.runId)],
		['State', terminal.paint(TONES[state], state)],
		['Endpoint', call.endpoint ?? '(any agent)'],
		['Agent', call.agentId],
		['Session', call.sessionKey],
		['Caller', call.caller ?? '(its token is revoked)'],
		['Came', moment(call.createdAt)],
		['Ended', call.endedAt === undefined ? undefined : moment(call.endedAt)],
		['Model', call.model],
		['Callback', call.callback],
		['Delivered', call.isDelivered ? "to the session's chat, too" : undefined],
		['Missing', call.missingPaths.length === 0 ? undefined : call.missingPaths.join(', ')],
		['Error', error === undefined ? undefined : `${error.code}: ${error.message}`],
	];
	const own = new Set(['Run', 'State']);
	const lines = facts.flatMap(([name, value]) => {
		if (value === undefined) return [];
		return [
			`${terminal.paint('quiet', name.padEnd(9))} ${own.has(name) ? value : printable(value)}`,
		];
	});
	const answer =
		reply === undefined ? [] : ['', terminal.paint('quiet', 'Reply'), printableLines(reply)];
	return [
		...lines,
		'',
		terminal.paint('quiet', 'Message'),
		printableLines(call.message),
		...answer,
		...(call.truncated === true ? ['(The gateway kept no more of the reply.)'] : []),
	].join('\n');
}

function describeRefusals(
	terminal: Terminal,
	refusals: readonly InboundRefusal[],
	now: number,
): string {
	if (refusals.length === 0) return 'No call was refused or filtered out.';
	return formatTable(
		terminal,
		[
			{ title: 'Last' },
			{ title: 'Times', align: 'right' },
			{ title: 'Endpoint', minWidth: 10 },
			{ title: 'From', minWidth: 10 },
			{ title: 'HTTP' },
			{ title: 'Code', minWidth: 12 },
			{ title: 'Reason', minWidth: 20 },
		],
		refusals.map(({ lastAt, count, endpoint, address, status, code, reason }) => [
			formatAge(lastAt, now),
			String(count),
			endpoint === '' ? '(any agent)' : endpoint,
			address,
			status === 0 ? '–' : String(status),
			code,
			reason,
		]),
	);
}
