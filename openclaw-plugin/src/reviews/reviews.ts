import { randomInt } from 'node:crypto';
import type { Logger } from '../gatewayApi';
import type { Callbacks } from '../inbound/callback';
import type { MessageCallback } from '../inbound/message';
import { refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { errorText } from '../logger';
import { createEventId } from '../protocol';
import { inTransaction } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';
import { isSameChat, mayAnswer, placeOfSession } from './chatPlace';
import type { ChatPlace, CommandPlace } from './chatPlace';
import { readAnswer, writeQuestion } from './question';
import type { Question } from './question';
import type { PostedReview } from './reviewRequest';
import { openReviewTable } from './reviewTable';
import type { Review, ReviewKey } from './reviewTable';

/** Type of the event that brings a person's answer. */
export const ANSWER_TYPE = 'review.answered';

/** What becomes of an answer, for the one who has written it. */
export type Answered =
	| { readonly kind: 'approved' | 'denied' }
	/** It was answered before. */
	| { readonly kind: 'resolved'; readonly review: Review }
	| { readonly kind: 'late' }
	| { readonly kind: 'not-you' }
	/** No question has this code in this chat. */
	| { readonly kind: 'unknown' }
	/** It says neither yes nor no. */
	| { readonly kind: 'unclear'; readonly code: string | undefined };

/** Questions to people. Everything may throw what the database throws. */
export interface Reviews {
	/** Asks a person in a chat; the answer comes by the callback. The same request again asks no second time. */
	ask(
		posted: PostedReview,
		callback: MessageCallback,
		from: ReviewKey,
	): Promise<Checked<{ readonly review: Review; readonly isRepeated: boolean }>>;
	/** Takes what somebody has written behind the command. */
	answer(written: string, place: CommandPlace): Answered;
	/** Deletes what was asked more than so many days ago. */
	forget(retentionDays: number): void;
}

export interface ReviewParts {
	readonly database: Database;
	readonly callbacks: Pick<Callbacks, 'sendEvent'>;
	/** The gateway's entry of a session; undefined for one that it does not know. */
	readonly findSession: (sessionKey: string) => unknown;
	/** Hands a question to a channel. Rejects when that has not taken it. */
	readonly sendToChat: (place: ChatPlace, question: Question) => Promise<void>;
	readonly logger: Pick<Logger, 'warn'>;
	/** Milliseconds since 1970; the system's clock unless given. */
	readonly now?: () => number;
}

/** Letters and digits that nobody takes for one another. */
const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const CODE_LENGTH = 10;

/**
 * Makes the use cases.
 *
 * @example
 * reviews.answer('approve 7kq2m9x4tb', placeOfCommand(context)); // { kind: 'approved' }
 */
export function createReviews(parts: ReviewParts): Reviews {
	const { database, callbacks, findSession, sendToChat, logger, now = Date.now } = parts;
	const table = openReviewTable(database);

	const findPlace = ({ where }: PostedReview): Checked<ChatPlace> => {
		if (where.kind === 'chat') return { ok: true, value: where.place };
		const place = placeOfSession(findSession(where.sessionKey));
		return place === undefined
			? refuse({
					status: 404,
					code: 'no-chat',
					path: 'sessionKey',
					message:
						'The gateway knows no session of this key that has a chat. Somebody has to have written in it',
				})
			: { ok: true, value: place };
	};
	const add = (posted: PostedReview, callback: MessageCallback, from: ReviewKey) => {
		const place = findPlace(posted);
		if (!place.ok) return place;
		const { message, where, approvers, timeoutSeconds } = posted;
		const id = createEventId().replace(/^evt_/, 'rev_');
		const at = now();
		const request = {
			message,
			place: place.value,
			expiresAt: at + timeoutSeconds * 1000,
			callback,
			...(where.kind === 'session' ? { sessionKey: where.sessionKey } : {}),
			...(approvers === undefined ? {} : { approvers }),
		};
		const code = createCode();
		table.insert(id, code, request, from, at);
		return { ok: true as const, value: { ...request, id, code, isAsked: false } };
	};

	return {
		ask: async (posted, callback, from) => {
			const known = table.findByKey(from);
			if (known?.isAsked === true) return { ok: true, value: { review: known, isRepeated: true } };
			const added = known === undefined ? add(posted, callback, from) : undefined;
			if (added?.ok === false) return added;
			const review = added?.value ?? known;
			if (review === undefined) throw new Error('A question is neither known nor new');
			const { id, place, message, code, expiresAt } = review;
			try {
				await sendToChat(place, writeQuestion(message, code, expiresAt));
			} catch (error) {
				logger.warn(`A question was not delivered to ${place.channel}: ${errorText(error)}`);
				return refuse({
					status: 502,
					code: 'not-delivered',
					message: `The channel '${place.channel}' has not taken the question. The gateway's log says why`,
				});
			}
			table.markAsked(id, now());
			return { ok: true, value: { review: { ...review, isAsked: true }, isRepeated: false } };
		},
		answer: (written, place) => {
			const answer = readAnswer(written);
			const review = answer.code === undefined ? undefined : table.findByCode(answer.code);
			if (review === undefined) {
				return answer.ok ? { kind: 'unknown' } : { kind: 'unclear', code: undefined };
			}
			if (!isSameChat(review, place)) {
				logger.warn(`An answer to ${review.id} came from another chat of ${place.channel}`);
				return { kind: 'unknown' };
			}
			if (!mayAnswer(review, place)) return { kind: 'not-you' };
			if (review.decision !== undefined) return { kind: 'resolved', review };
			if (now() >= review.expiresAt) return { kind: 'late' };
			if (!answer.ok) return { kind: 'unclear', code: review.code };
			const { decision, reason } = answer;
			const by = place.senderId;
			const isFirst = inTransaction(database, () => {
				if (!table.resolve(review.id, decision, by)) return false;
				callbacks.sendEvent(review.callback, {
					type: ANSWER_TYPE,
					at: now(),
					data: {
						channel: review.place.channel,
						...(by === undefined ? {} : { userId: by }),
						review: {
							id: review.id,
							decision,
							...(by === undefined ? {} : { by }),
							...(reason === undefined ? {} : { reason }),
						},
					},
				});
				return true;
			});
			if (!isFirst) return { kind: 'resolved', review: table.find(review.id) ?? review };
			return { kind: decision === 'approve' ? 'approved' : 'denied' };
		},
		forget: (retentionDays) => {
			table.forget(retentionDays);
		},
	};
}

function createCode(): string {
	return Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
