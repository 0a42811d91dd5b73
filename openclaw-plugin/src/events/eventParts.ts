import type { EmitEvent } from '../outbox/emitter';
import type { EventData } from '../protocol';
import type { Origin } from './payloads/origin';
import type { SessionRegistry } from './sessionRegistry';
import type { FindSessionId } from './sessionIds';
import type { EventState } from './state/eventState';

/** What the handlers of the hooks work with. */
export interface EventParts {
	readonly emit: EmitEvent;
	readonly sessions: SessionRegistry;
	readonly state: EventState;
	readonly findSessionId: FindSessionId;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Calls back later, unless the process ends before. */
	readonly later: (ms: number, callback: () => void) => void;
}

/** The data of an event: fields that are not known are left out. */
export function eventData(origin: Origin, fields: Readonly<Record<string, unknown>>): EventData {
	const { agentId, sessionId, sessionKey, channel, userId, runId, trigger } = origin;
	const all = { agentId, sessionId, sessionKey, channel, userId, runId, trigger, ...fields };
	return withoutUnknown(all);
}

/** The same fields without those that are undefined. */
export function withoutUnknown<Value>(
	fields: Readonly<Record<string, Value>>,
): Readonly<Record<string, Exclude<Value, undefined>>> {
	const known: Record<string, Exclude<Value, undefined>> = {};
	for (const [name, value] of Object.entries(fields)) {
		if (value !== undefined) known[name] = value as Exclude<Value, undefined>;
	}
	return known;
}
