import { sharedOf } from '../shared';

/**
 * The tool calls that wait in this process, whichever instance of the plugin they wait in: decisions come to
 * another one.
 */
export interface WaitingCalls {
	has(id: string): boolean;
	/** Ids, the oldest first. */
	ids(): readonly string[];
	/** @param look called when something may have been decided */
	add(id: string, look: () => void): void;
	delete(id: string): void;
	wake(id: string): void;
}

/** Those of one gateway. */
export function waitingCalls(folder: string): WaitingCalls {
	return sharedOf(folder).slot('approvals', () => {
		const looks = new Map<string, () => void>();
		return {
			has: (id: string) => looks.has(id),
			ids: () => [...looks.keys()],
			add: (id: string, look: () => void) => {
				looks.set(id, look);
			},
			delete: (id: string) => {
				looks.delete(id);
			},
			wake: (id: string) => {
				looks.get(id)?.();
			},
		};
	});
}
