import type { Logger } from '../gatewayApi';
import { clearFault, reportFault } from '../health/faults';
import type { FaultCode } from '../health/faults';
import { sharedOf } from '../shared';
import { errorText } from '../logger';
import type { Store } from '../store/store';
import { failureOf } from '../store/storeError';
import type { StoredEvent } from './envelope';
import { isOutboxFull } from './capacity';
import type { Outbox } from './outbox';

export interface SafeAppendParts {
	readonly store: Store;
	readonly outbox: Outbox;
	readonly logger: Logger;
}

/** Where an event goes. */
type Targets = Parameters<Outbox['append']>[1];

/** Writes an event, or keeps it in memory until it can be written. Never throws. */
export interface SafeAppend {
	/** @param targets asked again later where they cannot be found out now */
	(event: StoredEvent, targets: Targets | (() => Targets)): void;
}

/** An event in memory. */
interface WaitingEvent {
	readonly event: StoredEvent;
	readonly targets: Targets | (() => Targets);
	/** How often it was refused for a reason of its own. */
	refusals: number;
}

/** The events that wait for one folder's database, whichever instance of the plugin they came to. */
interface WaitingEvents {
	readonly events: WaitingEvent[];
	bytes: number;
	lost: number;
	/** For want of room in the outbox. */
	refused: number;
	timer: NodeJS.Timeout | undefined;
	/** Writes them; that of the newest settings. */
	write: () => void;
}

const MAX_EVENTS = 10_000;
const MAX_BYTES = 16 * 1_048_576;
/** Milliseconds between two tries to write what waits. */
const RETRY_MS = 500;
const WRITTEN_AT_ONCE = 500;
/** What fails so often, and not for the database, holds up the others no longer. */
const MAX_REFUSALS = 3;

/**
 * Makes a function that writes an event. Whatever keeps it from being written (a full or withdrawn disk,
 * another process's lock, a database that cannot be opened), the event waits in memory and is written later,
 * in order. What is lost, as too much waits or nothing of the outbox can give way, is counted and reported.
 */
export function createSafeAppend({ store, outbox, logger }: SafeAppendParts): SafeAppend {
	const { folder } = store;
	const waiting = waitingEventsOf(folder);

	const report = (code: FaultCode, count: number, message: string) => {
		const isNew = reportFault(folder, { code, severity: 'fault', message, count });
		if (isNew) logger.error(message);
	};
	const refuse = (error: Error) => {
		waiting.refused += 1;
		const advice =
			'New events are refused: raise outbox.maxMegabytes, or see why endpoints do not accept events';
		report('outbox-full', waiting.refused, `${error.message}. ${advice}`);
	};
	const lose = (reason: string) => {
		waiting.lost += 1;
		report('events-lost', waiting.lost, `Events were lost: ${reason}`);
	};
	const wait = (event: StoredEvent, targets: WaitingEvent['targets']) => {
		const size = Buffer.byteLength(event.body);
		if (waiting.events.length >= MAX_EVENTS || waiting.bytes + size > MAX_BYTES) {
			lose('the database could not be written, and too many waited in memory');
		} else {
			waiting.events.push({ event, targets, refusals: 0 });
			waiting.bytes += size;
			const count = waiting.events.length;
			const message = 'Events wait in memory because the database cannot be written';
			report('events-waiting', count, message);
		}
		schedule();
	};
	const schedule = () => {
		waiting.timer ??= setTimeout(() => {
			waiting.timer = undefined;
			waiting.write();
		}, RETRY_MS).unref();
	};
	const write = ({ event, targets }: WaitingEvent) => {
		const known = typeof targets === 'function' ? targets() : targets;
		if (known.length > 0) outbox.append(event, known);
	};
	const remove = (count: number) => {
		for (const { event } of waiting.events.splice(0, count)) {
			waiting.bytes -= Buffer.byteLength(event.body);
		}
	};
	/** Says whether to go on with the next ones. */
	const writeFirst = (): boolean => {
		const [first] = waiting.events;
		if (first === undefined) return false;
		try {
			store.transaction(() => {
				write(first);
			});
		} catch (error) {
			if (failureOf(error, folder) !== undefined) return false;
			first.refusals += 1;
			if (isOutboxFull(error)) {
				refuse(error);
			} else {
				if (first.refusals < MAX_REFUSALS) return false;
				lose(`${first.event.id} was refused (${errorText(error)})`);
			}
		}
		remove(1);
		return true;
	};
	const writeBatch = (): boolean => {
		const batch = waiting.events.slice(0, WRITTEN_AT_ONCE);
		try {
			store.transaction(() => {
				batch.forEach(write);
			});
			remove(batch.length);
			return true;
		} catch (error) {
			// All is undone; one of them may be at fault, and the others can be written without it.
			return failureOf(error, folder) === undefined && batch.every(writeFirst);
		}
	};
	waiting.write = () => {
		while (waiting.events.length > 0) {
			if (writeBatch()) continue;
			const count = waiting.events.length;
			const message = 'Events wait in memory because the database cannot be written';
			report('events-waiting', count, message);
			schedule();
			return;
		}
		if (clearFault(folder, 'events-waiting')) {
			logger.info('The events that waited in memory are written');
		}
	};
	// They came while other settings held.
	if (waiting.events.length > 0) schedule();

	return (event, targets) => {
		// Behind those that wait, so that the order stays.
		if (waiting.events.length > 0 || typeof targets === 'function') {
			wait(event, targets);
			return;
		}
		try {
			outbox.append(event, targets);
			if (waiting.refused > 0 && clearFault(folder, 'outbox-full')) waiting.refused = 0;
		} catch (error) {
			if (isOutboxFull(error)) refuse(error);
			else wait(event, targets);
		}
	};
}

/**
 * Tries once more to write what waits in memory, before the process ends.
 *
 * @returns how many events still wait
 */
export function writeWaitingEvents(folder: string): number {
	const waiting = waitingEventsOf(folder);
	if (waiting.events.length > 0) waiting.write();
	return waiting.events.length;
}

function waitingEventsOf(folder: string): WaitingEvents {
	return sharedOf(folder).slot<WaitingEvents>('waitingEvents', () => ({
		events: [],
		bytes: 0,
		lost: 0,
		refused: 0,
		timer: undefined,
		write: () => undefined,
	}));
}
