import { clearFault, reportFault } from '../health/faults';
import type { FaultCode } from '../health/fault';
import type { Logger } from '../sdk';
import { errorText } from '../store/errorText';
import type { Store } from '../store/store';
import { failureOf, StoreError } from '../store/storeError';
import type { StoredEvent } from './envelope';
import { OutboxFullError } from './outbox';
import type { Outbox } from './outbox';
import { waitingEvents } from './waitingEvents';
import type { WaitingEvent } from './waitingEvents';

export interface SafeAppendParts {
	readonly store: Store;
	readonly outbox: Outbox;
	readonly logger: Logger;
}

/** Milliseconds between two tries to write what waits. */
const RETRY_MS = 500;
const WRITTEN_AT_ONCE = 500;

/**
 * Makes a function that writes an event, or keeps it in memory until the database works again. What is
 * lost is counted and reported.
 */
export function createSafeAppend({ store, outbox, logger }: SafeAppendParts) {
	const { folder } = store;
	const waiting = waitingEvents(folder);
	let refused = 0;
	let timer: NodeJS.Timeout | undefined;

	const report = (code: FaultCode, count: number, message: string) => {
		const isNew = reportFault(folder, { code, severity: 'fault', message, count });
		if (isNew) logger.error(message);
	};
	const refuse = (error: OutboxFullError) => {
		refused += 1;
		report(
			'outbox-full',
			refused,
			`${error.message}. New events are refused: raise outbox.maxMegabytes, or see why endpoints do not accept events`,
		);
	};
	const wait = (event: WaitingEvent) => {
		if (waiting.add(event)) {
			report(
				'events-waiting',
				waiting.count,
				'Events wait in memory because the database cannot be written',
			);
		} else {
			report(
				'events-lost',
				waiting.lost,
				'Events were lost: the database could not be written, and too many waited in memory',
			);
		}
		timer ??= setTimeout(flush, RETRY_MS).unref();
	};
	const write = ({ event, targets }: WaitingEvent) => {
		const names = typeof targets === 'function' ? targets() : targets;
		if (names.length === 0) return;
		try {
			outbox.append(event, names);
		} catch (error) {
			if (error instanceof OutboxFullError) refuse(error);
			else if (failureOf(error, folder) !== undefined || error instanceof StoreError) throw error;
			// It will not become writable by waiting, and must not hold up the others.
			else logger.error(`Event ${event.id} was dropped: ${errorText(error)}`);
		}
	};
	const flush = () => {
		timer = undefined;
		try {
			while (waiting.count > 0) {
				waiting.take(WRITTEN_AT_ONCE, (batch) => {
					store.transaction(() => {
						batch.forEach(write);
					});
				});
			}
			if (clearFault(folder, 'events-waiting')) {
				logger.info('The events that waited in memory are written');
			}
		} catch {
			// The store has reported why.
			timer = setTimeout(flush, RETRY_MS).unref();
		}
	};

	return (event: StoredEvent, targets: WaitingEvent['targets']): void => {
		// Behind those that wait, so that the order stays.
		if (waiting.count > 0 || typeof targets === 'function') {
			wait({ event, targets });
			return;
		}
		try {
			outbox.append(event, targets);
			if (refused > 0 && clearFault(folder, 'outbox-full')) refused = 0;
		} catch (error) {
			if (error instanceof OutboxFullError) refuse(error);
			else if (error instanceof StoreError) wait({ event, targets });
			else throw error;
		}
	};
}
