import type { EmitEvent } from '../outbox/emitter';
import type { EventData } from '../protocol';
import type { EventState } from './eventState';
import type { FindSession } from './knownSessions';
import type { Origin } from './origin';
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
export function eventData(origin: Origin, fields: Readonly<Record<string, unknown>>): EventData {
	const { sender, conversation } = origin;
	return withoutUnknown({
		agentId: origin.agentId,
		sessionId: origin.sessionId,
		sessionKey: origin.sessionKey,
		channel: origin.channel,
		accountId: origin.accountId,
		userId: origin.userId,
		runId: origin.runId,
		trigger: origin.trigger,
		sender: sender && withoutUnknown({ ...sender }),
		conversation: conversation && withoutUnknown({ ...conversation }),
		parentSessionKey: origin.parentSessionKey,
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
