import { processState } from '../processState';
import type { StoredEvent } from './envelope';

/** An event that could not be written yet, and where it goes. */
export interface WaitingEvent {
	readonly event: StoredEvent;
	/** Asks again which endpoints want it, where that could not be found out. */
	readonly targets: readonly string[] | (() => readonly string[]);
}

/** Events in memory until the database can be written again. */
export interface WaitingEvents {
	readonly count: number;
	/** Events that found no room here. */
	readonly lost: number;
	/** Says whether there was room; counts the event as lost otherwise. */
	add(waiting: WaitingEvent): boolean;
	/** Hands over the oldest, so many at a time; they stay until the function has returned. */
	take(limit: number, write: (batch: readonly WaitingEvent[]) => void): void;
}

const MAX_EVENTS = 10_000;
const MAX_BYTES = 16 * 1_048_576;

/** The events that wait for one folder's database, shared by the instances of the plugin. */
export function waitingEvents(folder: string): WaitingEvents {
	const all = processState('waiting-events/1', () => new Map<string, WaitingEvents>());
	const known = all.get(folder) ?? createWaitingEvents();
	all.set(folder, known);
	return known;
}

function createWaitingEvents(): WaitingEvents {
	const events: WaitingEvent[] = [];
	let bytes = 0;
	let lost = 0;
	return {
		get count() {
			return events.length;
		},
		get lost() {
			return lost;
		},
		add: (waiting) => {
			const size = Buffer.byteLength(waiting.event.body);
			if (events.length >= MAX_EVENTS || bytes + size > MAX_BYTES) {
				lost += 1;
				return false;
			}
			events.push(waiting);
			bytes += size;
			return true;
		},
		take: (limit, write) => {
			const batch = events.slice(0, limit);
			write(batch);
			events.splice(0, batch.length);
			for (const { event } of batch) bytes -= Buffer.byteLength(event.body);
		},
	};
}
