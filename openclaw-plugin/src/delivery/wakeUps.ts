import { onWake } from './wake';

/** What was asked for since the last time. */
export type WakeUp = readonly string[] | 'all';

/**
 * Collects the calls of `wakeDispatcher` and answers them once, after the code that made them has run: it
 * may be in the middle of a transaction, or of a hook.
 *
 * @returns a function that ends it
 */
export function collectWakeUps(answer: (wakeUp: WakeUp) => void): () => void {
	let names = new Set<string>();
	let isAll = false;
	let immediate: NodeJS.Immediate | undefined;
	const forget = onWake((endpoints) => {
		if (endpoints === undefined) isAll = true;
		else for (const name of endpoints) names.add(name);
		immediate ??= setImmediate(() => {
			immediate = undefined;
			const wakeUp = isAll ? 'all' : [...names];
			names = new Set();
			isAll = false;
			answer(wakeUp);
		});
	});
	return () => {
		forget();
		if (immediate !== undefined) clearImmediate(immediate);
	};
}
