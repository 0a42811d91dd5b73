import { takesEvent } from '../../../protocol/event';
import type { OpenClawEvent } from '../../../protocol/event';
import { createEventFilter, FILTER_KEYS } from '../../../protocol/eventFilter';
import type { EventFilter, FilterKey } from '../../../protocol/eventFilter';
import { ownProperty } from '../../shared/parameterValues';
import { meetsConditions, readConditions } from './conditions';
import type { Conditions } from './conditions';
import type { Settings } from './settings';

/** Lists that are chosen from add to what is typed. */
export const CHOSEN_LISTS: Readonly<Partial<Record<FilterKey, string>>> = {
	agentIds: 'agentList',
	channels: 'channelList',
};

/** The lists of ids that are not empty, and the conditions. */
export interface EventFilters {
	readonly ids: EventFilter;
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
	const lists = FILTER_KEYS.map((key) => {
		const chosen = CHOSEN_LISTS[key];
		const typed = readIds(filters[key]);
		return [key, chosen === undefined ? typed : [...typed, ...readIds(filters[chosen])]] as const;
	});
	return {
		ids: Object.fromEntries(lists.filter(([, list]) => list.length > 0)),
		conditions: readConditions(filters['conditions'], filters['mustMatch']),
	};
}

/**
 * Prepares the question whether an event runs the workflow.
 *
 * @param source what the events of runs that this workflow started name as their source
 * @param onUnreadable told of a condition whose field can't be read: nothing meets it
 */
export function createSelection(
	settings: Pick<Settings, 'events' | 'filters' | 'ignoreOwnRuns'>,
	source: string,
	onUnreadable: (message: string) => void,
): (event: OpenClawEvent) => boolean {
	const { events, filters, ignoreOwnRuns } = settings;
	const passesIds = createEventFilter(filters.ids);
	return (event) =>
		takesEvent(events, event.type) &&
		!(ignoreOwnRuns && ownProperty(ownProperty(event.data, 'origin'), 'source') === source) &&
		passesIds(event.type, event.data, event.instanceId) &&
		meetsConditions(event, filters.conditions, onUnreadable);
}

function readIds(value: unknown): readonly string[] {
	const parts: readonly unknown[] = Array.isArray(value) ? value : textOf(value).split(',');
	return parts.map((part) => textOf(part).trim()).filter((id) => id !== '');
}

function textOf(value: unknown): string {
	return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
