import { describeHealth } from '../endpoints/endpointHealth';
import type { Overview } from '../endpoints/endpointHealth';
import { readHealth } from '../health/health';
import type { Health } from '../health/health';
import { listTroubles, markSeen, reportedTroubles } from '../health/troubles';
import type { Trouble } from '../health/troubles';
import { errorText } from '../logger';
import { formatAge } from '../timeText';
import type { CommandDefinition, CommandTools } from './command';
import { describeEndpoints } from './endpoints';
import { printable } from './table';
import type { Terminal } from './terminal';

/** `status`: whether everything works; the exit code is 1 when something does not. */
export const statusCommand: CommandDefinition = {
	usage: 'status',
	description: 'Tell whether the gateway runs and what is wrong, if anything',
	options: [['--seen', 'You have seen what has failed so far: it is not told again']],
	examples: ['status', 'status --seen', 'status --json'],
	run: (tools, { options }) => {
		const now = tools.now();
		if (options.seen === true) markSeen(tools.database, now);
		const health = readHealth(tools.folder, now);
		const { overview, troubles } = readState(tools, health, now);
		return {
			json: {
				gateway: describeGateway(health),
				faults: troubles,
				...(overview === undefined
					? {}
					: { lastDay: overview.lastDay, endpoints: overview.endpoints }),
			},
			isFailure: troubles.some(({ severity }) => severity === 'fault'),
			text: (terminal) => describe(tools, terminal, { health, troubles, overview }, now),
		};
	},
};

interface State {
	readonly health: Health | undefined;
	/** Undefined when the database cannot be used. */
	readonly overview: Overview | undefined;
	readonly troubles: readonly Trouble[];
}

/** The database may be what is wrong. */
function readState(
	tools: CommandTools,
	health: Health | undefined,
	now: number,
): Pick<State, 'overview' | 'troubles'> {
	const { settings, folder } = tools;
	try {
		const { database } = tools;
		const overview = describeHealth(database, now);
		return { overview, troubles: listTroubles({ health, settings, database, overview, now }) };
	} catch (error) {
		const fault: Trouble = {
			code: 'database-unavailable',
			severity: 'fault',
			message: `The database in ${folder} cannot be used: ${errorText(error)}`,
			since: now,
		};
		return {
			overview: undefined,
			troubles: [...reportedTroubles({ health, settings, now }), fault],
		};
	}
}

function describeGateway(health: Health | undefined) {
	if (health === undefined) return { isRunning: false };
	const { isRunning, pid, version, startedAt, updatedAt, stoppedAt } = health;
	return { isRunning, pid, version, startedAt, updatedAt, stoppedAt };
}

function describe(
	tools: CommandTools,
	terminal: Terminal,
	{ health, troubles, overview }: State,
	now: number,
): string {
	const lines = [gatewayLine(terminal, health, now), ''];
	for (const { severity, message, since } of troubles) {
		const [tone, mark] =
			severity === 'fault' ? (['bad', '✖'] as const) : (['waiting', '!'] as const);
		lines.push(`${terminal.paint(tone, mark)} ${printable(message)} (${formatAge(since, now)})`);
	}
	if (troubles.length === 0) {
		lines.push(health === undefined ? describeUnused(tools) : 'Nothing is wrong.');
	}
	if (overview !== undefined && health !== undefined) {
		const { pending, delivered, failed } = overview.lastDay;
		lines.push(
			'',
			`Last 24 hours: ${String(delivered)} delivered, ${String(failed)} failed. ${String(pending)} waiting.`,
			'',
			describeEndpoints(terminal, overview.endpoints, now),
		);
	}
	return lines.join('\n');
}

/** Of a gateway that has never run nothing can be wrong but its settings. */
function describeUnused({ settings }: CommandTools): string {
	const names = settings.endpoints.map((endpoint) =>
		endpoint.kind === 'usable' ? endpoint.config.name : endpoint.name,
	);
	const what =
		names.length === 0
			? 'The configuration names no endpoints.'
			: `The configuration is right. Events will go to: ${names.map(printable).join(', ')}.`;
	return `${what} Start the gateway with: openclaw gateway run`;
}

function gatewayLine(terminal: Terminal, health: Health | undefined, now: number): string {
	if (health === undefined) {
		return `${terminal.paint('waiting', 'Not running')}: the gateway has never run with this plugin.`;
	}
	const { isRunning, pid, version, startedAt, updatedAt, stoppedAt } = health;
	if (isRunning) {
		const since = formatAge(startedAt, now).replace(' ago', '');
		return `${terminal.paint('good', 'Running')} for ${since}: plugin ${version}, process ${String(pid)}`;
	}
	const end =
		stoppedAt === undefined
			? `last heard of ${formatAge(updatedAt, now)}`
			: `stopped ${formatAge(stoppedAt, now)}`;
	return `${terminal.paint('waiting', 'Not running')}: ${end}. What waits is sent when the gateway runs again.`;
}
