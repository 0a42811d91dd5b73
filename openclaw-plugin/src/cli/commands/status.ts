import { readHealth } from '../../health/health';
import type { Fault, Health } from '../../health/health';
import { describeHealth } from '../../endpoints/endpointHealth';
import type { Overview } from '../../endpoints/endpointHealth';
import { formatAge } from '../../timeText';
import type { CommandDefinition } from '../command';
import { printable } from '../displayWidth';
import { messageOf } from '../fault';
import { describeFault } from '../../settings/settings';
import type { Terminal } from '../terminal';
import type { CommandTools } from '../tools';
import { describeEndpoints } from './endpoints';

/** `status`: whether everything works; the exit code is 1 when something does not. */
export const statusCommand: CommandDefinition = {
	usage: 'status',
	description: 'Tell whether the gateway runs and what is wrong, if anything',
	run: (tools) => {
		const now = tools.now();
		const health = readHealth(tools.folder, now);
		const read = readOverview(tools, now);
		const faults = [
			...(health?.faults ?? []),
			...('fault' in read ? [read.fault] : []),
			...settingsFaults(tools, health, now),
		];
		const overview = 'overview' in read ? read.overview : undefined;
		return {
			json: {
				gateway: describeGateway(health),
				faults,
				...(overview === undefined
					? {}
					: { lastDay: overview.lastDay, endpoints: overview.endpoints }),
			},
			isFailure: faults.some(({ severity }) => severity === 'fault'),
			text: (terminal) => describe(terminal, health, faults, overview, now),
		};
	},
};

/** The database may be what is wrong. */
function readOverview(
	tools: CommandTools,
	now: number,
): { readonly overview: Overview } | { readonly fault: Fault } {
	try {
		return { overview: describeHealth(tools.database, now) };
	} catch (error) {
		return {
			fault: {
				code: 'database-unavailable',
				severity: 'fault',
				message: `The database in ${tools.folder} cannot be used: ${messageOf(error)}`,
				since: now,
			},
		};
	}
}

/** A running gateway tells of its settings itself. */
function settingsFaults(
	{ settings }: CommandTools,
	health: Health | undefined,
	now: number,
): readonly Fault[] {
	if (health?.isRunning === true) return [];
	return settings.faults.map((fault) => ({
		code: 'config',
		subject: fault.path,
		severity: 'fault',
		message: describeFault(fault),
		since: now,
	}));
}

function describeGateway(health: Health | undefined) {
	if (health === undefined) return { isRunning: false };
	const { isRunning, pid, version, startedAt, updatedAt, stoppedAt } = health;
	return { isRunning, pid, version, startedAt, updatedAt, stoppedAt };
}

function describe(
	terminal: Terminal,
	health: Health | undefined,
	faults: readonly Fault[],
	overview: Overview | undefined,
	now: number,
): string {
	const lines = [gatewayLine(terminal, health, now), ''];
	if (faults.length === 0) lines.push('Nothing is wrong.');
	for (const { severity, message, since } of faults) {
		const [tone, mark] =
			severity === 'fault' ? (['bad', '✖'] as const) : (['waiting', '!'] as const);
		lines.push(`${terminal.paint(tone, mark)} ${printable(message)} (${formatAge(since, now)})`);
	}
	if (overview !== undefined) {
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
