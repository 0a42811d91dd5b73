import { describeHealth } from '../../endpoints/endpointHealth';
import type { EndpointHealth } from '../../endpoints/endpointHealth';
import { formatAge, formatDuration } from '../../timeText';
import type { CommandDefinition } from '../command';
import { valueOf } from '../fault';
import { formatTable } from '../table';
import type { Cell } from '../table';
import type { Terminal } from '../terminal';

/** `endpoints`: who is sent to and how that goes; switching them on and off. */
export const endpointsCommand: CommandDefinition = {
	usage: 'endpoints',
	description: 'List the endpoints and how they are doing',
	examples: ['endpoints', 'endpoints disable crm', 'endpoints enable crm'],
	run: (tools) => {
		const { endpoints } = describeHealth(tools.database, tools.now());
		return {
			json: { endpoints },
			text: (terminal) => describeEndpoints(terminal, endpoints, tools.now()),
		};
	},
	subcommands: [
		{
			usage: 'enable <name>',
			description: 'Send to an endpoint again, at once',
			run: ({ manager }, { args: [name = ''] }) => {
				const { wasDisabled } = valueOf(manager.enable(name));
				return {
					json: { name, isEnabled: true, wasDisabled },
					text: () =>
						wasDisabled
							? `Endpoint '${name}' is sent to again, and gets what waited for it. What failed meanwhile: replay --status failed --endpoint ${name}`
							: `Endpoint '${name}' was not disabled; what waits for it is tried at once.`,
				};
			},
		},
		{
			usage: 'disable <name>',
			description: 'Stop sending to an endpoint, and keep nothing new for it',
			run: ({ manager }, { args: [name = ''] }) => {
				valueOf(manager.disable(name));
				return {
					json: { name, isEnabled: false },
					text: () => `Nothing is sent to endpoint '${name}' any more. What waits for it is kept.`,
				};
			},
		},
		{
			usage: 'pause <name>',
			description: 'Send nothing to an endpoint for now, and keep what comes',
			run: ({ manager }, { args: [name = ''] }) => {
				valueOf(manager.pause(name));
				return {
					json: { name, isPaused: true },
					text: () => `Endpoint '${name}' is paused: its events wait until it is resumed.`,
				};
			},
		},
		{
			usage: 'resume <name>',
			description: 'Send to a paused endpoint again',
			run: ({ manager }, { args: [name = ''] }) => {
				valueOf(manager.resume(name));
				return {
					json: { name, isPaused: false },
					text: () => `Endpoint '${name}' is sent to again.`,
				};
			},
		},
		{
			usage: 'remove <name>',
			description: 'Remove an endpoint that was made over the API',
			run: ({ manager }, { args: [name = ''] }) => {
				const { waiting } = valueOf(manager.remove(name));
				return {
					json: { name, isRemoved: true, waiting },
					text: () => `Endpoint '${name}' is removed.${describeWaiting(waiting)}`,
				};
			},
		},
		{
			usage: 'purge <name>',
			description: 'Give up what waits for an endpoint; a removed one is named by its id, too',
			run: ({ manager }, { args: [name = ''] }) => {
				const { count } = valueOf(manager.purge(name));
				return {
					json: { name, count },
					text: () =>
						count === 0
							? `Nothing waits for endpoint '${name}'.`
							: `${String(count)} deliveries to endpoint '${name}' were given up. They can be replayed.`,
				};
			},
		},
	],
};

/** A table of endpoints; also part of `status`. */
export function describeEndpoints(
	terminal: Terminal,
	endpoints: readonly EndpointHealth[],
	now: number,
): string {
	if (endpoints.length === 0) {
		return 'There are no endpoints yet. Write them into the configuration, or see: event-webhooks import --help';
	}
	return formatTable(
		terminal,
		[
			{ title: 'Endpoint', minWidth: 16 },
			{ title: 'State', minWidth: 6 },
			{ title: 'Success', align: 'right' },
			{ title: 'Waiting', align: 'right' },
			{ title: 'p50', align: 'right' },
			{ title: 'p95', align: 'right' },
			{ title: 'Last', minWidth: 8 },
			{ title: 'URL', minWidth: 8 },
		],
		endpoints.map((endpoint) => [
			endpoint.name,
			stateCell(endpoint, now),
			successText(endpoint),
			String(endpoint.lastDay.pending),
			timeText(endpoint.responseTime?.p50),
			timeText(endpoint.responseTime?.p95),
			lastText(endpoint, now),
			endpoint.url ?? '(fetches)',
		]),
	);
}

function stateCell({ id, state, consecutiveFailures }: EndpointHealth, now: number): Cell {
	switch (state.state) {
		case 'active':
			return consecutiveFailures > 0
				? { text: 'active, last failed', tone: 'waiting' }
				: { text: 'active', tone: 'good' };
		case 'failing': {
			const { nextProbeAt } = state;
			const next = nextProbeAt === undefined ? '' : `, next try ${formatAge(nextProbeAt, now)}`;
			return { text: `failing${next}`, tone: 'bad' };
		}
		case 'held':
			return { text: `asked to wait, ${formatAge(state.until, now)}`, tone: 'waiting' };
		case 'paused':
			return { text: 'paused', tone: 'waiting' };
		case 'removed':
			return { text: `removed (${id})`, tone: 'waiting' };
		case 'disabled':
		case 'faulty':
		case 'expired':
			return { text: state.state, tone: 'bad' };
	}
}

function successText({ lastDay: { successRate } }: EndpointHealth): string {
	return successRate === undefined ? '–' : `${(Math.floor(successRate * 1000) / 10).toFixed(1)} %`;
}

function timeText(ms: number | undefined): string {
	return ms === undefined ? '–' : formatDuration(ms);
}

function lastText(endpoint: EndpointHealth, now: number): string {
	const { lastSuccessAt = 0, lastFailureAt = 0, lastFailure } = endpoint;
	if (lastSuccessAt === 0 && lastFailureAt === 0) return 'never sent to';
	if (lastFailureAt > lastSuccessAt) {
		return `${lastFailure ?? 'failed'} ${formatAge(lastFailureAt, now)}`;
	}
	return `delivered ${formatAge(lastSuccessAt, now)}`;
}

function describeWaiting(waiting: number): string {
	if (waiting === 0) return '';
	return ` ${String(waiting)} deliveries wait for it; they fail in a minute unless it is made again by then.`;
}
