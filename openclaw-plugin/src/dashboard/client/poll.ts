/** Milliseconds between two looks, while somebody looks. */
const LIVE_MS = 2000;
/** Otherwise: often enough that the page's token does not end. */
const IDLE_MS = 120_000;
const MAX_BACKOFF_MS = 30_000;

/** Looks again and again. */
export interface Poll {
	/** Looks at once, and then in turn. */
	now(): Promise<void>;
}

/**
 * @param look what is done each time; says whether it worked
 * @param isIdle whether nobody looks
 */
export function startPoll(look: () => Promise<boolean>, isIdle: () => boolean): Poll {
	let timer = 0;
	let failures = 0;
	let turn = 0;
	const now = async () => {
		window.clearTimeout(timer);
		turn += 1;
		const mine = turn;
		failures = (await look()) ? 0 : failures + 1;
		// Another look has begun meanwhile: the next one is its business.
		if (mine !== turn) return;
		const backoff = Math.min(LIVE_MS * 2 ** failures, MAX_BACKOFF_MS);
		timer = window.setTimeout(() => void now(), isIdle() ? IDLE_MS : backoff);
	};
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden) void now();
	});
	return { now };
}
