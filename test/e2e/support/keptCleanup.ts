import type { Cleanup } from '../../../testbed/cleanup';

// Jest loads the set-up and the tear-down as separate modules: only the process is common to both.
const KEY = Symbol.for('openclaw-webhooks.e2e.cleanup');
const kept = globalThis as typeof globalThis & { [KEY]?: Cleanup };

/** Leaves the set-up's clean-up to the tear-down. */
export function keepCleanup(cleanup: Cleanup): void {
	kept[KEY] = cleanup;
}

/** Takes it there. */
export function takeCleanup(): Cleanup | undefined {
	return kept[KEY];
}
