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
	/** Tells the runner that somebody wants the end of a message. */
	cancel(runId: string): void;
	/** Makes a runner the one that is told; returns how to end that. */
	listen(runner: RunnerSignals): () => void;
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

/** What a runner is told. */
export interface RunnerSignals {
	readonly wake: () => void;
	readonly cancel: (runId: string) => void;
}

interface State {
	runner: RunnerSignals | undefined;
	readonly waiting: Map<string, Set<() => void>>;
	readonly started: Map<string, string>;
}

/** @param folder see `dataFolder` */
export function signalsOf(folder: string): Signals {
	const state = sharedOf(folder).slot<State>('inbound', () => ({
		runner: undefined,
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
		wakeRunner: () => state.runner?.wake(),
		cancel: (runId) => state.runner?.cancel(runId),
		listen: (runner) => {
			state.runner = runner;
			return () => {
				if (state.runner === runner) state.runner = undefined;
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
