import type { EmitEvent } from '../outbox/emitter';
import type { EventData } from '../protocol';
import type { EventState } from './eventState';
import type { FindSession } from './knownSessions';
import type { Place } from './place';
import type { SessionRegistry } from './sessionRegistry';

/** What the handlers of the hooks work with. */
export interface EventParts {
	readonly emit: EmitEvent;
	readonly sessions: SessionRegistry;
	readonly state: EventState;
	readonly findSession: FindSession;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Milliseconds for durations: no change of the system's clock moves them. */
	readonly elapsed: () => number;
	/** Calls back later, unless the process ends before. */
	readonly later: (ms: number, callback: () => void) => void;
}

/** The data of an event: fields that are not known are left out. */
export function eventData(place: Place, fields: Readonly<Record<string, unknown>>): EventData {
	const { sender, conversation } = place;
	return withoutUnknown({
		agentId: place.agentId,
		sessionId: place.sessionId,
		sessionKey: place.sessionKey,
		channel: place.channel,
		accountId: place.accountId,
		userId: place.userId,
		runId: place.runId,
		trigger: place.trigger,
		sender: sender && withoutUnknown({ ...sender }),
		conversation: conversation && withoutUnknown({ ...conversation }),
		parentSessionKey: place.parentSessionKey,
		...fields,
	});
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
