import type { Cleanup } from '../../../testbed/cleanup';

// Jest loads the set-up and the tear-down as separate modules: only the process is common to both.
const keyOf = (name: string) => Symbol.for(`openclaw-webhooks.e2e.cleanup.${name}`);
const kept = globalThis as { [key: symbol]: unknown };

/** Leaves the set-up's clean-up to the tear-down of the same name. */
export function keepCleanup(name: string, cleanup: Cleanup): void {
	kept[keyOf(name)] = cleanup;
}

/** Takes it there. */
export function takeCleanup(name: string): Cleanup | undefined {
	return kept[keyOf(name)] as Cleanup | undefined;
}
