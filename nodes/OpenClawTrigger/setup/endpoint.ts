import type { IExecuteFunctions, IHookFunctions, ITriggerFunctions } from 'n8n-workflow';
import { takesEvent } from '../../../protocol/event';
import type { EventType } from '../../../protocol/event';
import type { EventFilter } from '../../../protocol/eventFilter';
import { hasExpression } from '../../shared/parameterValues';
import { ALL_EVENTS } from '../description/events';
import { CHOSEN_LISTS, readFilters } from '../event/filter';

/** Where the plugin's API for endpoints is. */
const ENDPOINTS_PATH = '/plugins/event-webhooks/api/endpoints';

/** How much of n8n's own id tells one n8n from another. */
const INSTANCE_LENGTH = 8;

type NamingContext = Pick<
	IHookFunctions | ITriggerFunctions | IExecuteFunctions,
	'getInstanceId' | 'getWorkflow' | 'getNode' | 'getMode'
>;

/**
 * The endpoint's name: always the same for the same node of the same n8n, and no other's. A workflow that
 * is made without the editor may have any text as the id of a node.
 *
 * @example
 * endpointName(this); // 'n8n-1f3a5c7e-xk2LmWQ0-6f1c…'
 */
export function endpointName(context: NamingContext): string {
	const parts = [
		'n8n',
		context.getInstanceId().slice(0, INSTANCE_LENGTH),
		context.getWorkflow().id ?? '',
		context.getNode().id,
		// The editor listens at an endpoint of its own.
		...(context.getMode() === 'manual' ? ['test'] : []),
	];
	return parts.map(asName).join('-');
}

/** Letters, digits and hyphens stay; whatever else there is becomes its number, so that no two are alike. */
function asName(part: string): string {
	return part.replace(
		/[^A-Za-z0-9-]/gu,
		(character) => `_${(character.codePointAt(0) ?? 0).toString(16)}`,
	);
}

/** The path of an endpoint in the plugin's API, or of one of its actions. */
export function endpointPath(name: string, action?: 'fetch' | 'settle'): string {
	const path = `${ENDPOINTS_PATH}/${encodeURIComponent(name)}`;
	return action === undefined ? path : `${path}/${action}`;
}

/** What the gateway is told of who registers an endpoint, so that no other n8n takes it over unawares. */
export function registrantOf(context: NamingContext): string {
	return `n8n:${context.getInstanceId()}`;
}

/** What the gateway can choose by itself; the node looks at everything once more. */
export interface Wanted {
	readonly events: readonly (EventType | typeof ALL_EVENTS)[];
	readonly filter?: EventFilter;
}

/**
 * Reads what the gateway can choose.
 *
 * An expression may use fields of the event, which only the node has, so it stays with the node. Half of a
 * pair of lists would be too narrow a filter, so the other goes with it.
 *
 * @param read reads a parameter as it is saved
 */
export function describeWanted(read: (name: string) => unknown): Wanted {
	const chosen = read('events');
	const events: readonly unknown[] = Array.isArray(chosen) ? chosen : [ALL_EVENTS];
	const { ids } = readFilters(withoutExpressions(read('filters')));
	return {
		events: (events.includes(ALL_EVENTS)
			? events.filter((type) => type === ALL_EVENTS || !takesEvent([ALL_EVENTS], String(type)))
			: events) as Wanted['events'],
		...(Object.keys(ids).length === 0 ? {} : { filter: ids }),
	};
}

function withoutExpressions(filters: unknown): unknown {
	if (typeof filters !== 'object' || filters === null) return {};
	const unknown = new Set(
		Object.entries(filters).flatMap(([name, value]) => (hasExpression(value) ? [name] : [])),
	);
	for (const pair of Object.entries(CHOSEN_LISTS)) {
		if (pair.some((name) => unknown.has(name))) pair.forEach((name) => unknown.add(name));
	}
	return Object.fromEntries(Object.entries(filters).filter(([name]) => !unknown.has(name)));
}
