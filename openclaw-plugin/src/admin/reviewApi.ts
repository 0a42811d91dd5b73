import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { readCallback } from '../inbound/callback';
import type { CallbackRules } from '../inbound/callback';
import { readReviewRequest } from '../reviews/reviewRequest';
import type { Reviews } from '../reviews/reviews';
import type { Caller } from '../tokens/tokens';
import type { Done, Methods } from './endpointApi';

/** Who asks, and with what besides the body. */
export interface ReviewCall {
	readonly query: URLSearchParams;
	readonly headers: IncomingHttpHeaders;
	readonly caller: Caller;
	/** `Idempotency-Key` of the request. */
	readonly key: string | undefined;
}

export interface ReviewApiParts {
	readonly reviews: Pick<Reviews, 'ask'>;
	readonly callbacks: Omit<CallbackRules, 'isAnyAllowed'>;
}

/** Whether a path is about questions to people, which are spoken into chats: that needs the scope `sessions`. */
export function isReviewPath([resource]: readonly string[]): boolean {
	return resource === 'reviews';
}

/**
 * What the API can do at `/reviews`: `POST` asks a person, see `readReviewRequest`. The answer comes as the signed event
 * `review.answered`, so the request needs a callback (`X-OpenClaw-Callback-Url`, see `readCallback`).
 *
 * @returns undefined where there is nothing at the path
 */
export function findReviewMethods(
	{ reviews, callbacks }: ReviewApiParts,
	[, ...deeper]: readonly string[],
	{ query, headers, caller, key }: ReviewCall,
): Methods | undefined {
	if (deeper.length > 0) return undefined;
	return {
		POST: async (body): Promise<Checked<Done>> => {
			const posted = readReviewRequest(body);
			if (!posted.ok) return posted;
			const isAnyAllowed = caller.scopes.includes('endpoints');
			const callback = readCallback(headers, query, { ...callbacks, isAnyAllowed });
			if (!callback.ok) return callback;
			if (callback.value === undefined) return refuse(NO_CALLBACK);
			const asked = await reviews.ask(posted.value, callback.value, { caller: caller.id, key });
			if (!asked.ok) return asked;
			const { id, place, expiresAt } = asked.value.review;
			const review = { id, channel: place.channel, expiresAt: new Date(expiresAt).toISOString() };
			const deed = `a person was asked in ${place.channel} (${id})`;
			return {
				ok: true,
				value: { status: 202, body: { review }, ...(asked.value.isRepeated ? {} : { deed }) },
			};
		},
	};
}

const NO_CALLBACK = {
	status: 400,
	code: 'no-callback',
	path: 'X-OpenClaw-Callback-Url',
	message: 'Where is the answer to be sent? Give a callback URL',
};
