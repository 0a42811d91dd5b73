import { DELIVERY_STATUSES } from '../outbox/delivery';
import type {
	Delivery,
	DeliveryAttempt,
	DeliveryDetails,
	DeliveryPage,
	DeliveryQuery,
} from '../outbox/delivery';
import {
	exportLines,
	listDeliveries,
	listDeliveriesOfEvent,
	showDelivery,
} from '../outbox/deliveryLog';
import { formatAge, formatDuration } from '../timeText';
import {
	CliFault,
	readChoice,
	readCount,
	readText,
	readTime,
	usageFault,
	valueOf,
} from './command';
import type { CommandDefinition, CommandTools, OptionLine, OptionValues } from './command';
import { formatTable, printable, printableLines } from './table';
import type { Cell } from './table';
import type { Terminal, Tone } from './terminal';

const MAX_RECENT = 500;

/** Which deliveries are meant; `list`, `export` and `replay` have them in common. */
export const RANGE_OPTIONS: readonly OptionLine[] = [
	['--endpoint <name>', 'Only deliveries to this endpoint (name, or id: ep_12)'],
	['--since <time>', 'Created then or later: 2026-03-14T10:30, or 2h for two hours ago'],
	['--until <time>', 'Created before then'],
];

/** `list`: the newest deliveries. */
export const listCommand: CommandDefinition = {
	usage: 'list',
	description: 'List the newest deliveries',
	options: [
		['--recent <count>', 'How many (default: 20)'],
		['--status <status>', 'Only pending, delivered or failed ones'],
		...RANGE_OPTIONS,
		['--type <type>', 'Only events of this type'],
		['--text <text>', 'Only events, or failures, with this text in them'],
		['--before <id>', 'Only what is older than this delivery'],
	],
	examples: ['list --recent 20', 'list --status failed', 'list --endpoint crm --json'],
	run: ({ database, now, manager }, { options }) => {
		const query = readQuery(options, manager, now());
		const page = listAll(query, (next) => listDeliveries(database, next));
		return { json: page, text: (terminal) => describePage(terminal, page, query, now()) };
	},
};

/** Reads which deliveries are asked for; one of an endpoint that there never was is a mistake. */
function readQuery(
	options: OptionValues,
	manager: CommandTools['manager'],
	now: number,
): DeliveryQuery {
	const status = readChoice(options, 'status', DELIVERY_STATUSES);
	const since = readTime(options, 'since', now);
	const until = readTime(options, 'until', now);
	const texts = ['endpoint', 'type', 'text', 'before'].flatMap((name) => {
		const value = readText(options, name);
		return value === undefined ? [] : [[name, value] as const];
	});
	const query: DeliveryQuery = {
		recent: readCount(options, 'recent', { min: 1, max: MAX_RECENT }) ?? 20,
		...(status === undefined ? {} : { status }),
		...(since === undefined ? {} : { since }),
		...(until === undefined ? {} : { until }),
		...Object.fromEntries(texts),
	};
	if (query.endpoint !== undefined) valueOf(manager.named(query.endpoint));
	return query;
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

function describePage(
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

function describeNothing(query: DeliveryQuery): string {
	const isFiltered = Object.keys(query).some((key) => key !== 'recent');
	return isFiltered
		? 'No delivery matches.'
		: 'No deliveries yet. An event is written here as soon as an endpoint subscribes to it.';
}

/** `export`: all deliveries that match, one JSON object a line. */
export const exportCommand: CommandDefinition = {
	usage: 'export',
	description: 'Write deliveries with their events and attempts, one JSON object a line',
	options: [['--status <status>', 'Only pending, delivered or failed ones'], ...RANGE_OPTIONS],
	examples: ['export > deliveries.ndjson', 'export --since 24h --status failed --endpoint crm'],
	run: async ({ database, now, manager, terminal }, { options }) => {
		const query = readQuery(options, manager, now());
		for await (const lines of exportLines(database, query)) {
			if (!(await terminal.write(lines))) break;
		}
		return undefined;
	},
};

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
				deliveries.map((delivery) => describeDelivery(terminal, delivery, now())).join('\n\n'),
		};
	},
};

/**
 * Ids of the deliveries that an id names.
 *
 * @throws CliFault of usage when it is neither a delivery's nor an event's
 */
function findDeliveries(database: CommandTools['database'], id: string): readonly Delivery['id'][] {
	if (/^dlv_\d+$/.test(id)) return [id];
	if (/^evt_\w+$/.test(id)) return listDeliveriesOfEvent(database, id).map((found) => found.id);
	throw usageFault(`'${id}' is neither a delivery (dlv_…) nor an event (evt_…)`);
}

function describeDelivery(terminal: Terminal, delivery: DeliveryDetails, now: number): string {
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
	const note = delivery.isBodyKept === false ? [terminal.paint('quiet', BODY_NOT_KEPT)] : [];
	return [...facts, ...attempts, '', event, ...note].join('\n');
}

const BODY_NOT_KEPT = 'Body not kept: its endpoint wants it to be dropped once it is delivered.';

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

const TONES: Readonly<Record<Delivery['status'], Tone>> = {
	delivered: 'good',
	failed: 'bad',
	pending: 'waiting',
};

/** A delivery's status, coloured. */
export function statusCell({ status }: Delivery): Cell {
	return { text: status, tone: TONES[status] };
}

/**
 * What became of a delivery, in a few words.
 *
 * @example
 * resultText(delivery, Date.now()); // 'HTTP 500, 3 tries'
 */
export function resultText(delivery: Delivery, now: number): string {
	const { status, attempts, responseStatus, responseTimeMs, reason, nextAttemptAt } = delivery;
	const time = responseTimeMs === undefined ? [] : [`in ${formatDuration(responseTimeMs)}`];
	if (status === 'delivered') {
		return [
			...(responseStatus === undefined ? [] : [`HTTP ${String(responseStatus)}`]),
			...time,
		].join(' ');
	}
	const next =
		nextAttemptAt === undefined
			? []
			: [nextAttemptAt <= now ? 'due now' : `next try ${formatAge(nextAttemptAt, now)}`];
	const why = reason === undefined ? [] : [reason];
	return [...why, ...(attempts === 0 ? [] : [triesText(attempts)]), ...next].join(', ');
}

/** @example triesText(1); // '1 try' */
export function triesText(attempts: number): string {
	return attempts === 1 ? '1 try' : `${String(attempts)} tries`;
}
