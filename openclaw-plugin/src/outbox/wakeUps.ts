import { sharedOf } from '../shared';

/** Told which endpoints have something new to send; undefined: all, and their states too. */
export type WakeListener = (endpointIds: readonly number[] | undefined) => void;

const listenersOf = (folder: string) =>
	sharedOf(folder).slot('wake-ups', () => new Set<WakeListener>());

/**
 * Tells the dispatcher of this process, if there is one, that something waits to be sent. Cheap; the
 * dispatcher looks for itself later.
 *
 * @param folder where the plugin keeps its data
 * @param endpointIds all when left out
 */
export function wakeDispatcher(folder: string, endpointIds?: readonly number[]): void {
	for (const listener of listenersOf(folder)) listener(endpointIds);
}

/** Calls back on each {@link wakeDispatcher}, until the returned function is called. */
export function onWake(folder: string, listener: WakeListener): () => void {
	const all = listenersOf(folder);
	all.add(listener);
	return () => {
		all.delete(listener);
	};
}
