import { isObject } from '../../protocol/jsonObject';
import { listCases, type Case, type Wanted } from './cases';
import { failureText, sendEvent, type Delivery, type RawAnswer } from './sendEvent';

/** The receiver, and how to judge it. */
export interface ReceiverOptions {
	readonly url: string;
	readonly secret: string;
	/** How far a timestamp may be off for the receiver, in seconds. */
	readonly toleranceSeconds: number;
	/** Whether it says that it recognizes replays. */
	readonly deduplicates: boolean;
	/** Parts of the names of the cases to try; all when there are none. */
	readonly only: readonly string[];
	/** Milliseconds until an answer is given up. */
	readonly timeoutMs: number;
}

/**
 * `right` and the two kinds of `wrong` are about what the protocol asks for, `told` about what it leaves to the
 * receiver. `unknown`: nothing answered, or something that had not got to verify the request.
 */
export type Verdict = 'right' | 'accepted wrongly' | 'refused wrongly' | 'told' | 'unknown';

export interface CaseResult {
	readonly group: string;
	readonly name: string;
	readonly wanted: Wanted;
	readonly verdict: Verdict;
	/** What the requests that count were answered: a status, or why there is none. */
	readonly answers: ReadonlyArray<number | string>;
	/** How many of them were accepted. */
	readonly accepted: number;
}

type Reply = { readonly answer: RawAnswer } | { readonly failure: string };

/** Too many requests, or a proxy or a server that has no receiver just now. */
const NOT_VERIFIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The names of the cases that a choice leaves, to see that it leaves any. */
export function chosenCases({
	only,
	deduplicates,
}: Pick<ReceiverOptions, 'only' | 'deduplicates'>) {
	const isChosen = ({ name }: Case) =>
		only.length === 0 || only.some((part) => name.includes(part));
	return listCases(deduplicates).map(({ title, cases }) => ({
		title,
		cases: cases.filter(isChosen),
	}));
}

/**
 * Sends everything to a receiver and judges what it answers.
 *
 * @returns a result for each case, as soon as it is there
 */
export async function* checkReceiver(options: ReceiverOptions): AsyncGenerator<CaseResult> {
	for (const { title, cases } of chosenCases(options)) {
		for (const each of cases) yield judge(title, each, await tryCase(options, each));
	}
}

async function tryCase(options: ReceiverOptions, each: Case): Promise<readonly Reply[]> {
	const requests = each.requests(options.secret, options.toleranceSeconds);
	const replies: Reply[] = [];
	for (const request of requests) replies.push(await send(options, request));
	const [first] = requests;
	if (each.copies === undefined || first === undefined) return replies;
	// Copies of what was not accepted would show nothing.
	if (!replies.every(isAccepted)) {
		return [{ failure: `the request itself: ${replies.map(outcome).join(', ')}` }];
	}
	const copies = Array.from({ length: each.copies }, async () => send(options, first));
	return await Promise.all(copies);
}

async function send(
	{ url, secret, timeoutMs }: ReceiverOptions,
	request: Partial<Delivery>,
): Promise<Reply> {
	try {
		return { answer: await sendEvent(url, { secret, ...request }, timeoutMs) };
	} catch (error) {
		return { failure: failureText(error) };
	}
}

function judge(
	group: string,
	{ name, wanted, copies }: Case,
	replies: readonly Reply[],
): CaseResult {
	const accepted = replies.filter(copies === undefined ? isAccepted : isTakenAgain).length;
	return {
		group,
		name,
		wanted,
		verdict: verdictOn(wanted, replies, accepted),
		answers: replies.map(outcome),
		accepted,
	};
}

function verdictOn(wanted: Wanted, replies: readonly Reply[], accepted: number): Verdict {
	if (wanted === 'either') return 'told';
	if (wanted === 'refused' && accepted > 0) return 'accepted wrongly';
	const verified = replies.filter(
		(reply) => 'answer' in reply && !NOT_VERIFIED.has(reply.answer.status),
	).length;
	if (wanted === 'accepted' && accepted < verified) return 'refused wrongly';
	return verified < replies.length ? 'unknown' : 'right';
}

function isAccepted(reply: Reply): boolean {
	return 'answer' in reply && reply.answer.status >= 200 && reply.answer.status < 300;
}

/** A sender wants a 2xx for a duplicate, too: then the answer has to say that it is one. */
function isTakenAgain(reply: Reply): boolean {
	const json = 'answer' in reply ? reply.answer.json : undefined;
	return isAccepted(reply) && !(isObject(json) && json['status'] === 'duplicate');
}

const outcome = (reply: Reply) => ('answer' in reply ? reply.answer.status : reply.failure);
