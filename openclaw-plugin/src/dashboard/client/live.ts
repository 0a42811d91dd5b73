import { part, setText } from './element';

/** How the page and the gateway get on. */
export type ConnectionState = 'loading' | 'live' | 'paused' | 'lost' | 'ended';

const TEXTS: Readonly<Record<ConnectionState, string>> = {
	loading: 'Loading',
	live: 'Live',
	paused: 'Paused',
	lost: 'No connection to the gateway; trying again',
	ended: 'The gateway does not let this page in any more. Open it anew.',
};

/** Milliseconds that a page must have been shown before it loads itself anew: never in a circle. */
const MIN_AGE_MS = 60_000;

/** Shows whether the page is up to date, and keeps the gateway's time. */
export interface Connection {
	show(state: ConnectionState): void;
	/** Takes over the gateway's clock, milliseconds since 1970. */
	seen(at: number): void;
	/** The gateway's time now. */
	now(): number;
	/** Asks the gateway for the page again; what was chosen to be seen stays. */
	reload(): void;
}

export function createConnection(): Connection {
	const text = part('live-text', HTMLElement);
	const startedAt = performance.now();
	let ahead = 0;
	const show = (state: ConnectionState) => {
		text.dataset.state = state;
		setText(text, TEXTS[state]);
	};
	return {
		show,
		seen: (at) => {
			ahead = at - Date.now();
		},
		now: () => Date.now() + ahead,
		reload: () => {
			if (performance.now() - startedAt > MIN_AGE_MS) location.reload();
			else show('ended');
		},
	};
}

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
