import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { verifyEvent, type VerifyFailure } from '../../protocol/signature';
import { verifyStandardWebhook } from '../../protocol/standardWebhooks';
import { readEventBody } from './eventFaults';

/** A request of a sender. */
export interface SentRequest {
	readonly method: string;
	/** Path with query: each endpoint that is tried has one of its own. */
	readonly path: string;
	readonly headers: IncomingHttpHeaders;
	/** Uncompressed. */
	readonly body: Buffer;
}

/** What is to be said about a request. */
export interface JudgedRequest {
	/** Of the event; undefined where the body is none. */
	readonly id: string | undefined;
	readonly type: string | undefined;
	/** How many requests there were for the same event, with this one. */
	readonly times: number;
	/** What it was answered. */
	readonly status: number;
	readonly faults: readonly string[];
	readonly notes: readonly string[];
}

export interface SenderOptions {
	readonly secret: string;
	/** How far a timestamp may be off, in seconds. */
	readonly toleranceSeconds: number;
	/** What the first, second, … request of each event is answered; the last one stands for those after it. */
	readonly statuses: readonly number[];
}

/** What came before of the same event. */
interface Known {
	readonly delivery: string;
	readonly digest: string;
	times: number;
	attempt: number;
	status: number;
}

const REASONS: Readonly<Record<VerifyFailure, string>> = {
	'no-secret': 'no secret to verify with',
	'missing-signature': 'there is no signature',
	'malformed-signature': 'the signature is malformed, or there several times',
	'too-many-signatures': 'there are more than five signatures',
	'missing-timestamp': 'there is no timestamp',
	'malformed-timestamp': 'the timestamp is no Unix seconds, or there several times',
	'timestamp-too-old': 'the timestamp is too old: each attempt is signed anew',
	'timestamp-in-future': 'the timestamp is in the future',
	'signature-mismatch': 'the signature does not fit secret, timestamp and body',
};

const isSuccess = (status: number) => status >= 200 && status < 300;

/** Judges the requests of one sender, one after the other. */
export class SenderJudge {
	private readonly known = new Map<string, Known>();

	constructor(private readonly options: SenderOptions) {}

	/** Judges a request, and says what to answer. */
	judge(request: SentRequest): JudgedRequest {
		const { event, faults, notes } = readEventBody(request.body);
		const { id, type } = event ?? {};
		const all = [...this.envelopeFaults(request, id, type), ...faults];
		const { headers, body, path } = request;
		const delivery = single(headers['x-openclaw-delivery']) ?? '';
		// What is no event is a retry of what has the same name, or of nothing.
		const key = `${path} ${id ?? delivery}`;
		const digest = createHash('sha256').update(body).digest('hex');
		const attempt = Number(single(headers['x-openclaw-attempt']));
		const before = this.known.get(key);
		const times = (before?.times ?? 0) + 1;
		const { statuses } = this.options;
		const status = statuses[Math.min(times, statuses.length) - 1] ?? 200;
		const told =
			before === undefined ? [] : repetitionFaults(before, { delivery, digest, attempt });
		const begins = before === undefined && attempt > 1;
		this.known.set(key, { delivery, digest, times, attempt, status });
		return {
			id,
			type,
			times,
			status,
			faults: [...all, ...told],
			notes: begins ? [...notes, `the first request seen is attempt ${attempt}`] : notes,
		};
	}

	/** Events whose last answer was no success, and that have not come again. */
	waiting(): readonly string[] {
		return [...this.known]
			.filter(([, { status }]) => !isSuccess(status))
			.map(([key, { status }]) => `${key.replace(/^\S* /, '')} (answered ${status})`);
	}

	private envelopeFaults(
		{ method, headers, body }: SentRequest,
		id: string | undefined,
		type: string | undefined,
	): readonly string[] {
		const { secret, toleranceSeconds } = this.options;
		const own = verifyEvent({ headers, body, secret, toleranceSeconds });
		const standard = verifyStandardWebhook({ headers, body, secret, toleranceSeconds });
		const contentType = headers['content-type'] ?? '';
		const attempt = single(headers['x-openclaw-attempt']) ?? '';
		const checks: ReadonlyArray<readonly [boolean, string]> = [
			[method === 'POST', `the method is ${method}, not POST`],
			[/^application\/json\s*(?:;|$)/i.test(contentType), 'Content-Type is not application/json'],
			[own.ok, own.ok ? '' : `X-OpenClaw-…: ${REASONS[own.reason]}`],
			[standard.ok, standard.ok ? '' : `webhook-…: ${REASONS[standard.reason]}`],
			[
				headers['webhook-timestamp'] === headers['x-openclaw-timestamp'],
				'webhook-timestamp is not X-OpenClaw-Timestamp',
			],
			[id === undefined || headers['webhook-id'] === id, "webhook-id is not the event's id"],
			[
				type === undefined || headers['x-openclaw-event'] === type,
				"X-OpenClaw-Event is not the event's type",
			],
			[Boolean(single(headers['x-openclaw-delivery'])), 'X-OpenClaw-Delivery is missing'],
			[/^[1-9]\d*$/.test(attempt), 'X-OpenClaw-Attempt is no number from 1'],
		];
		return checks.filter(([isRight]) => !isRight).map(([, fault]) => fault);
	}
}

function single(header: string | string[] | undefined): string | undefined {
	return typeof header === 'string' ? header : undefined;
}

function repetitionFaults(
	before: Known,
	{ delivery, digest, attempt }: Pick<Known, 'delivery' | 'digest' | 'attempt'>,
): readonly string[] {
	if (delivery !== before.delivery) return ['another delivery has had this id: ids are unique'];
	const checks: ReadonlyArray<readonly [boolean, string]> = [
		[!isSuccess(before.status), `the event was taken already (${before.status})`],
		[digest === before.digest, 'the body differs from that of the attempt before'],
		// Without a number there is a fault already.
		[
			!(attempt <= before.attempt),
			`X-OpenClaw-Attempt is ${attempt} after ${before.attempt}: it has to count up`,
		],
	];
	return checks.filter(([isRight]) => !isRight).map(([, fault]) => fault);
}
