import { processState } from '../processState';

/** Told which endpoints have something new to send; undefined: all, and their states too. */
export type WakeListener = (endpoints: readonly string[] | undefined) => void;

const listeners = () => processState('wake/1', () => new Set<WakeListener>());

/**
 * Tells the dispatcher of this process, if there is one, that something waits to be sent. Cheap; the
 * dispatcher looks for itself later.
 *
 * @param endpoints names; all when left out
 */
export function wakeDispatcher(endpoints?: readonly string[]): void {
	for (const listener of listeners()) listener(endpoints);
}

/** Calls back on each {@link wakeDispatcher}, until the returned function is called. */
export function onWake(listener: WakeListener): () => void {
	const all = listeners();
	all.add(listener);
	return () => {
		all.delete(listener);
	};
}
