import { disableEndpoint, enableEndpoint } from '../../delivery/endpointStates';
import { deleteManagedEndpoint } from '../../endpoints/managedEndpoints';
import { announceEndpointChange } from '../../endpoints/registry';
import { describeHealth } from '../../log/endpointHealth';
import type { EndpointHealth } from '../../log/endpointHealth';
import { formatAge, formatDuration } from '../../log/timeText';
import { openOutbox } from '../../outbox/outbox';
import { inTransaction } from '../../store/databaseAccess';
import type { CommandDefinition } from '../command';
import { CliFault } from '../fault';
import { knownEndpoints } from '../knownEndpoints';
import { requireEndpoint } from '../requireEndpoint';
import { formatTable } from '../table';
import type { Cell } from '../table';
import type { Terminal } from '../terminal';

/** `endpoints`: who is sent to and how that goes; switching them on and off. */
export const endpointsCommand: CommandDefinition = {
	usage: 'endpoints',
	description: 'List the endpoints and how they are doing',
	examples: ['endpoints', 'endpoints disable crm', 'endpoints enable crm'],
	run: (tools) => {
		const { endpoints } = describeHealth(tools.database, knownEndpoints(tools), tools.now());
		return {
			json: { endpoints },
			text: (terminal) => describeEndpoints(terminal, endpoints, tools.now()),
		};
	},
	subcommands: [
		{
			usage: 'enable <name>',
			description: 'Send to an endpoint again, at once',
			run: (tools, { args: [name = ''] }) => {
				requireEndpoint(tools, name);
				const wasDisabled = enableEndpoint(tools.database, name);
				const isOff = knownEndpoints(tools).find((known) => known.name === name)?.enabled === false;
				if (isOff) {
					throw new CliFault(
						'disabled_in_settings',
						`Endpoint '${name}' is switched off by "enabled": false in its settings: change it there.`,
					);
				}
				return {
					json: { name, isEnabled: true, wasDisabled },
					text: () =>
						wasDisabled
							? `Endpoint '${name}' is sent to again. What failed meanwhile: replay --status failed --endpoint ${name}`
							: `Endpoint '${name}' was not disabled; what waits for it is tried at once.`,
				};
			},
		},
		{
			usage: 'disable <name>',
			description: 'Stop sending to an endpoint; its deliveries fail and can be replayed',
			run: (tools, { args: [name = ''] }) => {
				requireEndpoint(tools, name);
				const reason = `Disabled by hand; to go on: openclaw event-webhooks endpoints enable ${name}`;
				disableEndpoint(tools.database, name, reason, tools.now());
				return {
					json: { name, isEnabled: false },
					text: () => `Nothing is sent to endpoint '${name}' any more.`,
				};
			},
		},
		{
			usage: 'remove <name>',
			description: 'Remove an endpoint that was made over the API',
			run: (tools, { args: [name = ''] }) => {
				const { origin } = requireEndpoint(tools, name);
				if (origin === 'callback') {
					throw new CliFault(
						'callback_queue',
						`'${name}' is a queue of callbacks, which goes away by itself when it is empty.`,
					);
				}
				if (origin === 'config') {
					throw new CliFault(
						'in_configuration',
						`Endpoint '${name}' comes from the gateway's configuration: remove it from plugins.entries["event-webhooks"].config.endpoints there.`,
					);
				}
				inTransaction(tools.database, () => deleteManagedEndpoint(tools.database, name));
				announceEndpointChange();
				const outbox = openOutbox(tools.database, { ...tools.settings.outbox, now: tools.now });
				let failed = 0;
				for (let count = 1; count > 0; failed += count) {
					count = outbox.failPending(name, 'The endpoint was removed');
				}
				return {
					json: { name, isRemoved: true, failed },
					text: () => `Endpoint '${name}' is removed.${describeFailed(failed)}`,
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
			conditionCell(endpoint, now),
			successText(endpoint),
			String(endpoint.lastDay.pending),
			timeText(endpoint.responseTime?.p50),
			timeText(endpoint.responseTime?.p95),
			lastText(endpoint, now),
			endpoint.url,
		]),
	);
}

function conditionCell({ condition, consecutiveFailures }: EndpointHealth, now: number): Cell {
	if (condition.state === 'disabled') return { text: 'disabled', tone: 'bad' };
	if (condition.state === 'paused') {
		return { text: `paused, next try ${formatAge(condition.until, now)}`, tone: 'waiting' };
	}
	return consecutiveFailures > 0
		? { text: 'failing', tone: 'waiting' }
		: { text: 'active', tone: 'good' };
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

function describeFailed(failed: number): string {
	return failed === 0 ? '' : ` ${String(failed)} deliveries that waited for it have failed.`;
}
