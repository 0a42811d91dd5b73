import type { Delivery, DeliveryAttempt, DeliveryDetails } from '../../outbox/delivery';
import { listDeliveriesOfEvent, showDelivery } from '../../outbox/deliveryLog';
import { formatAge, formatDuration } from '../../timeText';
import type { CommandDefinition } from '../command';
import { printable, printableLines } from '../displayWidth';
import { CliFault, usageFault } from '../fault';
import { statusCell, triesText } from '../statusText';
import { formatTable } from '../table';
import type { Terminal } from '../terminal';
import type { CommandTools } from '../tools';

/** `show`: one delivery, or all deliveries of one event, with body and attempts. */
export const showCommand: CommandDefinition = {
	usage: 'show <id>',
	description: 'Show a delivery (dlv_…), or all deliveries of an event (evt_…)',
	examples: ['show dlv_42', 'show evt_01kb0x5v1m3q8z6t0w9y2r4c7d --json'],
	run: ({ database, now }, { args: [id = ''] }) => {
		const deliveries = findDeliveries(database, id).flatMap(
			(found) => showDelivery(database, found) ?? [],
		);
		if (deliveries.length === 0) {
			throw new CliFault(
				'not_found',
				`There is no '${id}'. Old deliveries are deleted; 'list' shows what there is.`,
			);
		}
		return {
			json: { deliveries },
			text: (terminal) =>
				deliveries.map((delivery) => describe(terminal, delivery, now())).join('\n\n'),
		};
	},
};

/**
 * Ids of the deliveries that an id names.
 *
 * @throws CliFault of usage when it is neither a delivery's nor an event's
 */
export function findDeliveries(
	database: CommandTools['database'],
	id: string,
): readonly Delivery['id'][] {
	if (/^dlv_\d+$/.test(id)) return [id];
	if (/^evt_\w+$/.test(id)) return listDeliveriesOfEvent(database, id).map((found) => found.id);
	throw usageFault(`'${id}' is neither a delivery (dlv_…) nor an event (evt_…)`);
}

function describe(terminal: Terminal, delivery: DeliveryDetails, now: number): string {
	const { createdAt, settledAt, nextAttemptAt, reason } = delivery;
	const moment = (time: number) => `${new Date(time).toISOString()} (${formatAge(time, now)})`;
	const status = statusCell(delivery);
	const lines: (readonly [string, string] | undefined)[] = [
		['Delivery', terminal.paint('strong', delivery.id)],
		['Status', typeof status === 'string' ? status : terminal.paint(status.tone, status.text)],
		['Endpoint', printable(delivery.endpoint)],
		['Event', `${printable(delivery.eventType)} ${delivery.eventId}`],
		['Created', moment(createdAt)],
		settledAt === undefined ? undefined : ['Settled', moment(settledAt)],
		nextAttemptAt === undefined ? undefined : ['Next try', moment(nextAttemptAt)],
		reason === undefined ? undefined : ['Reason', printable(reason)],
		['Tries', triesText(delivery.attempts)],
	];
	const facts = lines
		.filter((line) => line !== undefined)
		.map(([name, value]) => `${terminal.paint('quiet', name.padEnd(9))} ${value}`);
	const attempts = delivery.attemptLog.length === 0 ? [] : ['', attemptTable(terminal, delivery)];
	const event = printableLines(JSON.stringify(delivery.event, null, 2));
	return [...facts, ...attempts, '', event].join('\n');
}

function attemptTable(terminal: Terminal, { attemptLog }: DeliveryDetails): string {
	const answer = ({ status, reason, response }: DeliveryAttempt) =>
		[reason, response].filter((text) => text !== undefined).join(': ') ||
		(status === undefined ? '' : 'accepted');
	return formatTable(
		terminal,
		[
			{ title: 'Try', align: 'right' },
			{ title: 'Started' },
			{ title: 'Took', align: 'right' },
			{ title: 'HTTP' },
			{ title: 'Answer', minWidth: 20 },
		],
		attemptLog.map((attempt) => [
			String(attempt.number),
			new Date(attempt.startedAt).toISOString(),
			formatDuration(attempt.durationMs),
			attempt.status === undefined ? '–' : String(attempt.status),
			answer(attempt),
		]),
	);
}
