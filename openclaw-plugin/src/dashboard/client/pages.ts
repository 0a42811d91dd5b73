import { part } from './element';

/** Leads from page to page of a long list. */
export interface Pages {
	/** Where the shown page begins; undefined for the newest. */
	readonly before: string | undefined;
	/** Goes back to the newest page. */
	reset(): void;
	/** @param next where the list goes on; undefined at its end */
	update(next: string | undefined, olderLabel: string): void;
}

/** @param onTurn when another page is to be shown */
export function createPages(onTurn: () => void): Pages {
	const newest = part('newest', HTMLButtonElement);
	const newer = part('newer', HTMLButtonElement);
	const older = part('older', HTMLButtonElement);
	/** Where the pages from the second one to the shown one begin. */
	const starts: string[] = [];
	let following: string | undefined;
	newest.addEventListener('click', () => {
		starts.length = 0;
		onTurn();
	});
	newer.addEventListener('click', () => {
		starts.pop();
		onTurn();
	});
	older.addEventListener('click', () => {
		if (following !== undefined) starts.push(following);
		onTurn();
	});
	return {
		get before() {
			return starts.at(-1);
		},
		reset: () => {
			starts.length = 0;
		},
		update: (next, olderLabel) => {
			following = next;
			newest.hidden = starts.length < 2;
			newer.hidden = starts.length === 0;
			older.hidden = next === undefined;
			older.textContent = olderLabel;
		},
	};
}
