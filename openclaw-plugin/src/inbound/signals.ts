import { sharedOf } from '../shared';

/**
 * What the route that takes a message and the runner that brings it to its agent tell each other. They may
 * be in different instances of the plugin, of which a reload replaces one before the other.
 */
export interface Signals {
	/**
	 * The gateway's run ids of messages whose run was started in this process and has not ended yet: the
	 * gateway itself knows what becomes of them.
	 */
	readonly started: Map<string, string>;
	/** How many requests wait for a result. */
	readonly waitingCount: number;
	/** Tells the runner that there is a message to run. */
	wakeRunner(): void;
	/** Makes a runner the one that `wakeRunner` wakes; returns how to end that. */
	listen(wake: () => void): () => void;
	/** Tells who waits for a message that there is something new about it. */
	announce(runId: string): void;
	/**
	 * Waits until there is something new about a message, or the signal ends the wait; never throws.
	 *
	 * @example
	 * await signals.waitFor(runId, AbortSignal.timeout(30_000));
	 */
	waitFor(runId: string, signal: AbortSignal): Promise<void>;
}

interface State {
	wake: (() => void) | undefined;
	readonly waiting: Map<string, Set<() => void>>;
	readonly started: Map<string, string>;
}

/** @param folder see `dataFolder` */
export function signalsOf(folder: string): Signals {
	const state = sharedOf(folder).slot<State>('inbound', () => ({
		wake: undefined,
		waiting: new Map(),
		started: new Map(),
	}));
	const { waiting, started } = state;
	return {
		started,
		get waitingCount() {
			let count = 0;
			for (const listeners of waiting.values()) count += listeners.size;
			return count;
		},
		wakeRunner: () => state.wake?.(),
		listen: (wake) => {
			state.wake = wake;
			return () => {
				if (state.wake === wake) state.wake = undefined;
			};
		},
		announce: (runId) => {
			for (const listener of waiting.get(runId) ?? []) listener();
		},
		waitFor: async (runId, signal) => {
			if (signal.aborted) return;
			await new Promise<void>((resolve) => {
				const finish = () => {
					signal.removeEventListener('abort', finish);
					const listeners = waiting.get(runId);
					listeners?.delete(finish);
					if (listeners?.size === 0) waiting.delete(runId);
					resolve();
				};
				const listeners = waiting.get(runId) ?? new Set();
				waiting.set(runId, listeners.add(finish));
				signal.addEventListener('abort', finish);
			});
		},
	};
}
