import { refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { isObject } from '../protocol';
import type { ChatPlace } from './chatPlace';

/** What is asked, before the chat of a session is known. */
export interface PostedReview {
	readonly message: string;
	readonly where:
		| { readonly kind: 'session'; readonly sessionKey: string }
		| { readonly kind: 'chat'; readonly place: ChatPlace };
	readonly approvers?: readonly string[];
	readonly timeoutSeconds: number;
}

/** Characters of a question: a person has to read all of it before an answer means something. */
export const MAX_MESSAGE_LENGTH = 3000;
const MAX_TEXT_LENGTH = 256;
const MAX_APPROVERS = 50;
/** A week. */
export const MAX_TIMEOUT_SECONDS = 604_800;

const TEXTS = ['sessionKey', 'channel', 'to', 'accountId', 'threadId'] as const;
const KEYS: ReadonlySet<string> = new Set(['message', 'approvers', 'timeoutSeconds', ...TEXTS]);

/**
 * Reads `{ "message", "sessionKey" | ("channel", "to", "accountId"?, "threadId"?), "approvers"?, "timeoutSeconds" }`.
 * A key that is not known is refused: it may be meant to restrict who answers.
 */
export function readReviewRequest(body: unknown): Checked<PostedReview> {
	if (!isObject(body)) return invalid('The question must be a JSON object');
	const unknown = Object.keys(body).find((key) => !KEYS.has(key));
	if (unknown !== undefined) {
		return invalid(`'${unknown.slice(0, 50)}' is not a known key of a question`, unknown);
	}
	const { message, approvers, timeoutSeconds } = body;
	if (typeof message !== 'string' || message.trim() === '') {
		return invalid("'message' must be a text with something in it", 'message');
	}
	if (message.length > MAX_MESSAGE_LENGTH) {
		return invalid(
			`'message' has ${String(message.length)} characters. It may have ${String(MAX_MESSAGE_LENGTH)}, so that all of it is read before it is answered`,
			'message',
		);
	}
	const texts: Partial<Record<(typeof TEXTS)[number], string>> = {};
	for (const key of TEXTS) {
		const text = body[key];
		if (text === undefined) continue;
		if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_TEXT_LENGTH) {
			return invalid(
				`'${key}' must be a text of at most ${String(MAX_TEXT_LENGTH)} characters`,
				key,
			);
		}
		texts[key] = text.trim();
	}
	const isListed = (list: unknown): list is string[] =>
		Array.isArray(list) &&
		list.length > 0 &&
		list.length <= MAX_APPROVERS &&
		list.every((id) => typeof id === 'string' && id.trim() !== '' && id.length <= MAX_TEXT_LENGTH);
	if (approvers !== undefined && !isListed(approvers)) {
		return invalid(`'approvers' must be a list of 1 to ${String(MAX_APPROVERS)} ids`, 'approvers');
	}
	if (
		typeof timeoutSeconds !== 'number' ||
		!(timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS)
	) {
		return invalid(
			`'timeoutSeconds' must be a number above 0, of at most ${String(MAX_TIMEOUT_SECONDS)}`,
			'timeoutSeconds',
		);
	}
	const { sessionKey, channel, to, accountId, threadId } = texts;
	const rest = {
		message,
		timeoutSeconds,
		...(approvers === undefined ? {} : { approvers: approvers.map((id) => id.trim()) }),
	};
	if (sessionKey !== undefined) {
		const other = TEXTS.find((key) => key !== 'sessionKey' && texts[key] !== undefined);
		return other === undefined
			? { ok: true, value: { ...rest, where: { kind: 'session', sessionKey } } }
			: invalid(`'${other}' is not possible beside 'sessionKey'`, other);
	}
	if (channel === undefined || to === undefined) {
		return invalid("Who is to be asked? Give 'sessionKey', or 'channel' and 'to'");
	}
	const place = {
		channel: channel.toLowerCase(),
		to,
		...(accountId === undefined ? {} : { accountId }),
		...(threadId === undefined ? {} : { threadId }),
	};
	return { ok: true, value: { ...rest, where: { kind: 'chat', place } } };
}

function invalid(message: string, path?: string): Checked<PostedReview> {
	const refusal = { status: 400, code: 'invalid-review', message };
	return refuse(path === undefined ? refusal : { ...refusal, path });
}
