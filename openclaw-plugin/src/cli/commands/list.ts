import { DELIVERY_STATUSES } from '../../outbox/delivery';
import type { Delivery, DeliveryPage, DeliveryQuery } from '../../outbox/delivery';
import { listDeliveries } from '../../outbox/deliveryLog';
import { formatAge } from '../../timeText';
import type { CommandDefinition } from '../command';
import { readChoice, readCount, readText } from '../optionValues';
import type { OptionValues } from '../optionValues';
import { resultText, statusCell } from '../statusText';
import { formatTable } from '../table';
import type { Terminal } from '../terminal';

const MAX_RECENT = 500;

/** `list`: the newest deliveries. */
export const listCommand: CommandDefinition = {
	usage: 'list',
	description: 'List the newest deliveries',
	options: [
		['--recent <count>', 'How many (default: 20)'],
		['--status <status>', 'Only pending, delivered or failed ones'],
		['--endpoint <name>', 'Only deliveries to this endpoint'],
		['--type <type>', 'Only events of this type'],
		['--text <text>', 'Only events, or failures, with this text in them'],
		['--before <id>', 'Only what is older than this delivery'],
	],
	examples: ['list --recent 20', 'list --status failed', 'list --endpoint crm --json'],
	run: ({ database, now }, { options }) => {
		const query = readQuery(options);
		const page = listAll(query, (next) => listDeliveries(database, next));
		return { json: page, text: (terminal) => describe(terminal, page, query, now()) };
	},
};

/** Reads what `list` was asked for. */
function readQuery(options: OptionValues): DeliveryQuery {
	const status = readChoice(options, 'status', DELIVERY_STATUSES);
	const texts = ['endpoint', 'type', 'text', 'before'].flatMap((name) => {
		const value = readText(options, name);
		return value === undefined ? [] : [[name, value] as const];
	});
	return {
		recent: readCount(options, 'recent', { min: 1, max: MAX_RECENT }) ?? 20,
		...(status === undefined ? {} : { status }),
		...Object.fromEntries(texts),
	};
}

/** A search for a text answers in steps; whoever waits at a terminal wants the whole answer. */
function listAll(query: DeliveryQuery, list: (query: DeliveryQuery) => DeliveryPage): DeliveryPage {
	const wanted = query.recent ?? 20;
	const found: Delivery[] = [];
	let before = query.before;
	for (;;) {
		const page = list({
			...query,
			recent: wanted - found.length,
			...(before === undefined ? {} : { before }),
		});
		found.push(...page.deliveries);
		if (page.next === undefined || found.length === wanted) return { ...page, deliveries: found };
		before = page.next;
	}
}

function describe(
	terminal: Terminal,
	page: DeliveryPage,
	query: DeliveryQuery,
	now: number,
): string {
	if (page.deliveries.length === 0) return describeNothing(query);
	const table = formatTable(
		terminal,
		[
			{ title: 'Delivery' },
			{ title: 'Status' },
			{ title: 'Event', minWidth: 16 },
			{ title: 'Endpoint', minWidth: 12 },
			{ title: 'Created' },
			{ title: 'Result', minWidth: 14 },
		],
		page.deliveries.map((delivery) => [
			delivery.id,
			statusCell(delivery),
			delivery.eventType,
			delivery.endpoint,
			formatAge(delivery.createdAt, now),
			resultText(delivery, now),
		]),
	);
	if (page.next === undefined) return table;
	return `${table}\n${terminal.paint('quiet', `Older ones: add --before ${page.next}`)}`;
}

function describeNothing({ status, endpoint, type, text, before }: DeliveryQuery): string {
	const isFiltered = [status, endpoint, type, text, before].some((value) => value !== undefined);
	return isFiltered
		? 'No delivery matches.'
		: 'No deliveries yet. An event is written here as soon as an endpoint subscribes to it.';
}
