/** What ends when a signal does; one listener on each signal serves all. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back when a signal is aborted. Many requests share one signal, and a listener of each costs ten
 * times this.
 *
 * @returns a function that ends it
 * @example
 * const forget = onAbort(signal, () => client.destroy());
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
	const callbacks = waiting.get(signal) ?? listenTo(signal);
	callbacks.add(callback);
	return () => {
		callbacks.delete(callback);
	};
}

function listenTo(signal: AbortSignal): Set<() => void> {
	const callbacks = new Set<() => void>();
	waiting.set(signal, callbacks);
	const callAll = () => {
		for (const callback of callbacks) callback();
	};
	signal.addEventListener('abort', callAll, { once: true });
	return callbacks;
}
