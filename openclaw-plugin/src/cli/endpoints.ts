import { formatEndpointId } from '../endpoints/endpoint';
import type { EndpointRecord, Outcome } from '../endpoints/endpoint';
import { describeHealth } from '../endpoints/endpointHealth';
import type { EndpointHealth } from '../endpoints/endpointHealth';
import type { EndpointManager } from '../endpoints/manage';
import { formatAge, formatDuration } from '../timeText';
import { readText, valueOf } from './command';
import type {
	CommandDefinition,
	CommandOutput,
	CommandTools,
	OptionLine,
	OptionValues,
} from './command';
import { addCommand, changeCommand } from './endpointSettings';
import { formatTable, printable } from './table';
import type { Cell } from './table';
import type { Terminal } from './terminal';

/** `endpoints`: who is sent to and how that goes, and everything that can be done with one. */
export const endpointsCommand: CommandDefinition = {
	usage: 'endpoints',
	description: 'List the endpoints and how they are doing; add, change, pause, remove them',
	examples: ['endpoints', 'endpoints pause crm', 'endpoints purge ep_12'],
	run: list,
	subcommands: [
		{
			usage: 'list',
			description: 'List the endpoints, as the command without a word does',
			examples: ['endpoints list'],
			run: list,
		},
		addCommand,
		changeCommand,
		verb({
			verb: 'pause',
			description: 'Send nothing to an endpoint for now, and keep what comes',
			act: (manager, name) => sameEndpoint(manager.pause(name)),
			describe: ({ name }) =>
				`Endpoint '${name}' is paused: its events wait. Go on with: endpoints resume ${name}`,
		}),
		verb({
			verb: 'resume',
			description: 'Send to a paused endpoint again',
			act: (manager, name) => sameEndpoint(manager.resume(name)),
			describe: ({ name, lifecycle }) =>
				lifecycle.state === 'active'
					? `Endpoint '${name}' is sent to again, what waited first.`
					: `Endpoint '${name}' is not paused any more, but ${lifecycle.state}${reasonOf(lifecycle)}.`,
		}),
		verb({
			verb: 'enable',
			description: 'Send to a disabled or failing endpoint again, at once',
			act: (manager, name) => manager.enable(name),
			describe: ({ name, lifecycle }, { wasDisabled }) => {
				if (lifecycle.state === 'paused') {
					return `Endpoint '${name}' is enabled, but paused. Go on with: endpoints resume ${name}`;
				}
				return wasDisabled
					? `Endpoint '${name}' is sent to again, and gets what waited for it. What failed meanwhile: replay --status failed --endpoint ${name}`
					: `Endpoint '${name}' was not disabled; what waits for it is tried at once.`;
			},
		}),
		verb({
			verb: 'disable',
			description: 'Stop sending to an endpoint, and keep nothing new for it',
			options: [['--reason <text>', 'Why, for whoever looks at it later']],
			act: (manager, name, options) =>
				sameEndpoint(manager.disable(name, readText(options, 'reason'))),
			describe: ({ name }) =>
				`Nothing is sent to endpoint '${name}' any more, and nothing new is kept for it. What waits is kept.`,
		}),
		verb({
			verb: 'remove',
			description: 'Remove an endpoint that was made over the API or the command line',
			act: (manager, name) => manager.remove(name),
			describe: ({ name }, { waiting }) => `Endpoint '${name}' is removed.${waitingText(waiting)}`,
		}),
		verb({
			verb: 'purge',
			description: 'Give up what waits for an endpoint, a removed one too',
			act: (manager, name) => {
				const found = manager.named(name);
				if (!found.ok) return found;
				const purged = manager.purge(name);
				return purged.ok
					? { ok: true, value: { endpoint: found.value, count: purged.value.count } }
					: purged;
			},
			describe: ({ id, name }, { count }) =>
				count === 0
					? `Nothing waits for endpoint '${name}'.`
					: `${countText(count)} to endpoint '${name}' ${count === 1 ? 'was' : 'were'} given up. Take it back with: replay --status failed --endpoint ${formatEndpointId(id)}`,
		}),
	],
};

interface Verb<Result> {
	readonly verb: string;
	readonly description: string;
	readonly options?: readonly OptionLine[];
	readonly act: (
		manager: EndpointManager,
		name: string,
		options: OptionValues,
	) => Outcome<Result & { readonly endpoint: EndpointRecord }>;
	readonly describe: (endpoint: EndpointRecord, result: Result) => string;
}

/** Something that is done with one endpoint, which its name or its id stands for. */
function verb<Result extends object>(definition: Verb<Result>): CommandDefinition {
	const { verb: name, description, options, act, describe } = definition;
	return {
		usage: `${name} <name>`,
		description: `${description} (name or id, such as ep_12)`,
		...(options === undefined ? {} : { options }),
		examples: [`endpoints ${name} crm`],
		run: ({ manager }, { args: [nameOrId = ''], options: given }) => {
			const result = valueOf(act(manager, nameOrId, given));
			const { id, name: own, lifecycle } = result.endpoint;
			return {
				json: { ...result, endpoint: { id: formatEndpointId(id), name: own, state: lifecycle } },
				text: () => printable(describe(result.endpoint, result)),
			};
		},
	};
}

function sameEndpoint(
	outcome: Outcome<EndpointRecord>,
): Outcome<{ readonly endpoint: EndpointRecord }> {
	return outcome.ok ? { ok: true, value: { endpoint: outcome.value } } : outcome;
}

function reasonOf(lifecycle: EndpointRecord['lifecycle']): string {
	return 'reason' in lifecycle ? `: ${lifecycle.reason}` : '';
}

function waitingText(waiting: number): string {
	if (waiting === 0) return '';
	const verb = waiting === 1 ? 'waits' : 'wait';
	return ` ${countText(waiting)} ${verb} for it, and will fail in a minute unless it is made again by then.`;
}

function countText(count: number): string {
	return count === 1 ? '1 delivery' : `${String(count)} deliveries`;
}

function list(tools: CommandTools): CommandOutput {
	const { endpoints } = describeHealth(tools.database, tools.now());
	return {
		json: { endpoints },
		text: (terminal) => describeEndpoints(terminal, endpoints, tools.now()),
	};
}

/** A table of endpoints; also part of `status`. */
export function describeEndpoints(
	terminal: Terminal,
	endpoints: readonly EndpointHealth[],
	now: number,
): string {
	if (endpoints.length === 0) {
		return 'There are no endpoints yet. Write them into the configuration of the gateway, or see: event-webhooks endpoints add --help';
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
