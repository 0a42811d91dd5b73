import type { OpenClawEvent } from '../../protocol/event';
import { meetsConditions, readConditions } from './conditions';
import type { Conditions } from './conditions';

/** Which field of `data` each list of ids is compared with. */
const DATA_FIELDS = {
	agentIds: ['agentId'],
	channels: ['channel'],
	userIds: ['userId'],
	sessionIds: ['sessionId', 'sessionKey'],
} as const;

export type IdFilter = keyof typeof DATA_FIELDS | 'instanceIds';

const ID_FILTERS: readonly IdFilter[] = [
	'agentIds',
	'channels',
	'userIds',
	'sessionIds',
	'instanceIds',
];

/** Lists that are chosen from add to what is typed. */
const CHOSEN: Readonly<Partial<Record<IdFilter, string>>> = {
	agentIds: 'agentList',
	channels: 'channelList',
};

/** Lists of ids, where an empty list lets everything pass, and the conditions. */
export interface EventFilters {
	readonly ids: Readonly<Record<IdFilter, readonly string[]>>;
	readonly conditions: Conditions;
}

/**
 * Reads the value of 'Filters'. Lists are texts with commas; an expression may give a list. What is chosen
 * from a list of the gateway is added.
 *
 * @example
 * readFilters({ agentIds: 'support, sales-*' }).ids.agentIds; // ['support', 'sales-*']
 */
export function readFilters(value: unknown): EventFilters {
	const filters: Readonly<Record<string, unknown>> =
		typeof value === 'object' && value !== null ? { ...value } : {};
	const [agentIds, channels, userIds, sessionIds, instanceIds] = ID_FILTERS.map((name) => [
		...readIds(filters[name]),
		...readIds(filters[CHOSEN[name] ?? '']),
	]);
	return {
		ids: {
			agentIds: agentIds ?? [],
			channels: channels ?? [],
			userIds: userIds ?? [],
			sessionIds: sessionIds ?? [],
			instanceIds: instanceIds ?? [],
		},
		conditions: readConditions(filters['conditions'], filters['mustMatch']),
	};
}

/**
 * Tells whether an event passes every list of ids and the conditions. An event that doesn't have the
 * field of a list doesn't pass it.
 *
 * @throws ConditionError when the field path of a condition can't be read
 */
export function passesFilters(event: OpenClawEvent, filters: EventFilters): boolean {
	const passesIds = ID_FILTERS.every((name) => {
		const patterns = filters.ids[name];
		if (patterns.length === 0) return true;
		return candidates(event, name).some((id) => patterns.some((pattern) => matches(id, pattern)));
	});
	return passesIds && meetsConditions(event, filters.conditions);
}

function readIds(value: unknown): readonly string[] {
	const parts: readonly unknown[] = Array.isArray(value) ? value : textOf(value).split(',');
	return parts.map((part) => textOf(part).trim()).filter((id) => id !== '');
}

function candidates(event: OpenClawEvent, name: IdFilter): string[] {
	if (name === 'instanceIds') return [event.instanceId];
	return DATA_FIELDS[name]
		.filter((field) => Object.hasOwn(event.data, field))
		.map((field) => textOf(event.data[field]))
		.filter((id) => id !== '');
}

function textOf(value: unknown): string {
	return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** `*` at the start or the end of a pattern stands for any text. */
function matches(id: string, pattern: string): boolean {
	const open = pattern.startsWith('*');
	const start = open ? 1 : 0;
	const openEnd = pattern.length > start && pattern.endsWith('*');
	const text = pattern.slice(start, openEnd ? -1 : undefined);
	if (open && openEnd) return id.includes(text);
	if (open) return id.endsWith(text);
	return openEnd ? id.startsWith(text) : id === text;
}
