import type { EventData } from './event';
import { scalarText } from './scalarText';

/** The lists of a filter, in the order in which they are written. */
export const FILTER_KEYS = [
	'agentIds',
	'channels',
	'userIds',
	'sessionIds',
	'instanceIds',
	'toolNames',
	'triggers',
] as const;

/** Name of one list. */
export type FilterKey = (typeof FILTER_KEYS)[number];

/**
 * Which events are wanted. An event must pass every list that is given; an absent list lets everything
 * pass, and nothing passes one in which nothing is written. In each entry `*` stands for any text, and a
 * leading `!` leaves out what fits the rest.
 */
export type EventFilter = { readonly [Key in FilterKey]?: readonly string[] };

/** Tells whether an event is wanted. */
export type EventMatcher = (type: string, data: EventData, instanceId: string) => boolean;

type Reader = (data: EventData, instanceId: string) => readonly unknown[];

/** The fields of `data` that each list is compared with; one of them has to fit. */
export const FILTERED_FIELDS: Readonly<Record<FilterKey, readonly (readonly string[])[]>> = {
	agentIds: [['agentId']],
	channels: [['channel']],
	userIds: [['userId']],
	sessionIds: [['sessionId'], ['sessionKey']],
	// It stands beside `data`.
	instanceIds: [],
	toolNames: [
		['tool', 'name'],
		['approval', 'tool', 'name'],
	],
	triggers: [['trigger']],
};

function readerOf(key: FilterKey): Reader {
	if (key === 'instanceIds') return (_data, instanceId) => [instanceId];
	const paths = FILTERED_FIELDS[key];
	return (data) => paths.map((path) => path.reduce<unknown>(own, data));
}

/**
 * Prepares the question whether an event passes a filter, so that asking it is cheap. An event without the
 * field of a list passes that list only if all of its entries begin with `!`.
 *
 * @param filter lists of ids; what is no text in them is passed over
 * @returns the question; it never throws
 * @example
 * const isWanted = createEventFilter({ agentIds: ['support-*', '!support-test'] });
 * isWanted('message.sent', { agentId: 'support-bot' }, 'node-1'); // true
 */
export function createEventFilter(filter: EventFilter): EventMatcher {
	const conditions = FILTER_KEYS.flatMap((key) => {
		const list = filter[key];
		return list === undefined
			? []
			: [{ read: readerOf(key), fits: createIdFilter(list.filter(isPattern)) }];
	});
	return (_type, data, instanceId) =>
		conditions.every(({ read, fits }) => fits(read(data, instanceId)));
}

/**
 * Prepares one list of a filter: it accepts ids of which one fits a pattern, when none fits an excluding one.
 *
 * @example
 * createIdFilter(['exec', 'pay_*', '!pay_test'])(['pay_invoice']); // true
 */
export function createIdFilter(patterns: readonly string[]): (ids: readonly unknown[]) => boolean {
	const wanted = createPatternTest(patterns.filter((pattern) => !isExcluding(pattern)));
	const excluded = createPatternTest(
		patterns.filter(isExcluding).map((pattern) => pattern.slice(1)),
	);
	const isOpen = patterns.length > 0 && patterns.every(isExcluding);
	return (ids) => {
		const texts = ids.map(textOf).filter((id) => id !== '');
		return !texts.some(excluded) && (isOpen || texts.some(wanted));
	};
}

/** A pattern with `*`: what an id begins with, has in between in this order, and ends with. */
interface OpenPattern {
	readonly first: string;
	readonly middle: readonly string[];
	readonly last: string;
}

/** Most lists hold plain ids, which are found without looking at each pattern. */
function createPatternTest(patterns: readonly string[]): (id: string) => boolean {
	const plain = new Set(patterns.filter((pattern) => !pattern.includes('*')));
	const open = patterns.filter((pattern) => pattern.includes('*')).map(readOpenPattern);
	return (id) => plain.has(id) || open.some((pattern) => matchesOpen(id, pattern));
}

function readOpenPattern(pattern: string): OpenPattern {
	return {
		first: pattern.slice(0, pattern.indexOf('*')),
		middle: pattern.split('*').slice(1, -1),
		last: pattern.slice(pattern.lastIndexOf('*') + 1),
	};
}

/** The pieces between the `*` do not overlap. */
function matchesOpen(id: string, { first, middle, last }: OpenPattern): boolean {
	if (!id.startsWith(first)) return false;
	let position = first.length;
	for (const piece of middle) {
		const found = id.indexOf(piece, position);
		if (found === -1) return false;
		position = found + piece.length;
	}
	return id.length - last.length >= position && id.endsWith(last);
}

function isExcluding(pattern: string): boolean {
	return pattern.startsWith('!');
}

/** Plain JavaScript may pass anything; an empty text or a bare `!` says nothing. */
function isPattern(pattern: unknown): boolean {
	return typeof pattern === 'string' && pattern !== '' && pattern !== '!';
}

/** Some senders have numbers for ids. */
function textOf(value: unknown): string {
	return typeof value === 'boolean' ? '' : (scalarText(value) ?? '');
}

function own(value: unknown, key: string): unknown {
	if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
	return (value as Readonly<Record<string, unknown>>)[key];
}
