import { createEventId } from '../protocol';
import type { EventData, EventType, OpenClawEvent } from '../protocol';
import { fitBody } from './thin';

/** An event as it is kept and sent. */
export interface StoredEvent {
	/** `evt_…` */
	readonly id: string;
	readonly type: string;
	/** When it happened, milliseconds since 1970. */
	readonly createdAt: number;
	/** The envelope as JSON, at most 1 MiB. */
	readonly body: string;
}

const ESCAPE = /\\(?:u[0-9a-f]{4}|.)/g;

/** What an event is made of. */
export interface NewEvent {
	readonly type: EventType;
	readonly data: EventData;
	/** Milliseconds since 1970. */
	readonly at: number;
	/** Which gateway it happened in. */
	readonly instanceId: string;
}

/**
 * Puts an event into its envelope. What JSON cannot hold is written as text, and an event beyond 1 MiB
 * is cut: see `fitBody`. Never throws.
 *
 * @example
 * createEvent({ type: 'message.sent', data: { agentId: 'main' }, at: Date.now(), instanceId: 'node-1' });
 */
export function createEvent({ type, data, at, instanceId }: NewEvent): StoredEvent {
	const id = createEventId();
	const timestamp = new Date(at).toISOString();
	const envelope: OpenClawEvent = { id, type, timestamp, instanceId, data };
	return { id, type, createdAt: at, body: wellFormed(fitBody(envelope)) };
}

/** Half a character, as of a text that was cut, is written as an escape, which strict readers refuse. */
function wellFormed(json: string): string {
	if (!json.includes('\\ud')) return json;
	return json.replace(ESCAPE, (escape) => (escape.startsWith('\\ud') ? '\ufffd' : escape));
}
