import { onWake } from '../outbox/wakeUps';

/** What was asked for since the last time. */
export type WakeUp = readonly number[] | 'all';

/**
 * Collects the calls of `wakeDispatcher` and answers them once, after the code that made them has run: it
 * may be in the middle of a transaction, or of a hook.
 *
 * @returns a function that ends it
 */
export function collectWakeUps(folder: string, answer: (wakeUp: WakeUp) => void): () => void {
	let ids = new Set<number>();
	let isAll = false;
	let immediate: NodeJS.Immediate | undefined;
	const forget = onWake(folder, (endpoints) => {
		if (endpoints === undefined) isAll = true;
		else for (const id of endpoints) ids.add(id);
		immediate ??= setImmediate(() => {
			immediate = undefined;
			const wakeUp = isAll ? 'all' : [...ids];
			ids = new Set();
			isAll = false;
			answer(wakeUp);
		});
	});
	return () => {
		forget();
		if (immediate !== undefined) clearImmediate(immediate);
	};
}
