import { processState } from '../processState';

// The route that takes a message and the service that runs it may be in different instances of the
// plugin, of which a reload replaces one before the other.
const state = () =>
	processState('inbound-signals/1', () => ({
		wake: undefined as (() => void) | undefined,
		waiting: new Map<string, Set<() => void>>(),
	}));

/** Tells the agent runner that there is a message to run. */
export function wakeAgentRunner(): void {
	state().wake?.();
}

/** Makes a runner the one that {@link wakeAgentRunner} wakes; returns how to end that. */
export function listenForMessages(wake: () => void): () => void {
	const shared = state();
	shared.wake = wake;
	return () => {
		if (shared.wake === wake) shared.wake = undefined;
	};
}

/** Tells who waits for a message that there is something new about it. */
export function announceProgress(runId: string): void {
	for (const listener of state().waiting.get(runId) ?? []) listener();
}

/** How many requests wait for a result. */
export function countWaiting(): number {
	let count = 0;
	for (const listeners of state().waiting.values()) count += listeners.size;
	return count;
}

/**
 * Waits until there is something new about a message, or the signal ends the wait; never throws.
 *
 * @example
 * await waitForProgress(runId, AbortSignal.timeout(30_000));
 */
export async function waitForProgress(runId: string, signal: AbortSignal): Promise<void> {
	if (signal.aborted) return;
	const { waiting } = state();
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
}
