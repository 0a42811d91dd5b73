import type { DeliveryDetails, DeliveryQuery } from '../../outbox/delivery';
import type { EndpointVerb, LiveState, PageData, ReplayAnswer, ReplayBody } from '../apiTypes';

/** The page's requests to the gateway. */
export interface Api {
	/** Whether the viewer may send deliveries again, and pause endpoints. */
	readonly mayReplay: boolean;
	state(query: DeliveryQuery): Promise<LiveState>;
	details(id: string): Promise<DeliveryDetails>;
	replay(selection: ReplayBody): Promise<ReplayAnswer>;
	/** @param id `ep_…` */
	changeEndpoint(id: string, verb: EndpointVerb): Promise<void>;
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
