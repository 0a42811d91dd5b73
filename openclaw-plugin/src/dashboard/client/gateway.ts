import type { DeliveryDetails, DeliveryQuery } from '../../outbox/delivery';
import type {
	DecisionBody,
	EndpointVerb,
	LiveState,
	PageData,
	ReplayAnswer,
	ReplayBody,
} from '../apiTypes';
import { part, setText } from './element';

/** The page's requests to the gateway. */
export interface Api {
	/** Whether the viewer may send deliveries again, pause endpoints, and decide on tool calls. */
	readonly mayReplay: boolean;
	state(query: DeliveryQuery): Promise<LiveState>;
	details(id: string): Promise<DeliveryDetails>;
	replay(selection: ReplayBody): Promise<ReplayAnswer>;
	/** @param id `ep_…` */
	changeEndpoint(id: string, verb: EndpointVerb): Promise<void>;
	/** @param id `apr_…` */
	decide(id: string, decision: DecisionBody): Promise<void>;
}

/** The gateway does not accept the page any more: it has to be loaded anew. */
export class PageEndedError extends Error {}

const TIMEOUT_MS = 15_000;

/** Makes the requests with the token that the page was served with, and with those that follow it. */
export function createApi(page: PageData): Api {
	let { token } = page;
	const ask = async (path: string, body?: object): Promise<unknown> => {
		const response = await fetch(`${page.apiPath}/${path}`, {
			method: body === undefined ? 'GET' : 'POST',
			headers: {
				[page.tokenHeader]: token,
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
			credentials: 'omit',
			cache: 'no-store',
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
		if (response.status === 401) throw new PageEndedError('The page is too old');
		const answer: unknown = await response.json();
		// 503 has the faults in it.
		if (response.ok || response.status === 503) return answer;
		throw new Error(messageOf(answer) ?? `The gateway answered ${String(response.status)}`);
	};
	return {
		mayReplay: page.mayReplay,
		state: async (query) => {
			const search = new URLSearchParams();
			for (const [name, value] of Object.entries(query)) search.set(name, String(value));
			const state = (await ask(`state?${search.toString()}`)) as LiveState;
			token = state.token;
			return state;
		},
		details: async (id) => (await ask(`deliveries/${encodeURIComponent(id)}`)) as DeliveryDetails,
		replay: async (selection) => (await ask('replay', selection)) as ReplayAnswer,
		changeEndpoint: async (id, verb) => {
			await ask(`endpoints/${encodeURIComponent(id)}/${verb}`, {});
		},
		decide: async (id, decision) => {
			await ask(`approvals/${encodeURIComponent(id)}`, decision);
		},
	};
}

/** `{ error: { message } }` */
function messageOf(answer: unknown): string | undefined {
	const error =
		typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
	const message =
		typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined;
	return typeof message === 'string' ? message : undefined;
}

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
