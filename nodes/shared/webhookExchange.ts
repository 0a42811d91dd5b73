import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import type { Headers } from '../../protocol/headers';

/** What the node uses of the request as n8n hands it over. */
export interface WebhookRequest {
	readonly headers: Headers;
	/** Media type in lower case without its parameters. */
	readonly contentType?: string;
	/** The charset n8n has parsed the body with. */
	readonly encoding?: string;
	/** The body parsed by n8n. */
	readonly body?: unknown;
	/** The bytes n8n has read so far, uncompressed. */
	readonly rawBody?: Buffer;
	readRawBody(): Promise<void>;
}

/** What the node uses of the response. */
export interface WebhookResponse {
	readonly headersSent: boolean;
	readonly statusCode: number;
	/** Whether it has been answered, even if the sender had hung up by then. */
	readonly writableEnded: boolean;
	setHeader(name: string, value: string): void;
	status(code: number): { json(body: unknown): void };
	once(event: 'close', listener: () => void): void;
}

/** The request and the response, typed as far as the node relies on them. */
export function openExchange(context: IWebhookFunctions): {
	request: WebhookRequest;
	response: WebhookResponse;
} {
	const request: unknown = context.getRequestObject();
	const response: unknown = context.getResponseObject();
	return { request: request as WebhookRequest, response: response as WebhookResponse };
}

export type RawBody =
	| { ok: true; bytes: Buffer }
	| { ok: false; status: 400 | 413 | 415; message: string };

export type JsonBody = { ok: true; value: unknown } | { ok: false };

/** U+FEFF, which some editors put at the start of a text and JSON.parse refuses. */
const BYTE_ORDER_MARK = 0xfeff;

/**
 * Reads the body as it was sent, apart from gzip or deflate, which n8n has undone.
 *
 * @returns the bytes, or how to answer; never throws
 */
export async function readRawBody(request: WebhookRequest): Promise<RawBody> {
	if (request.contentType?.startsWith('multipart/')) {
		return { ok: false, status: 415, message: 'The body must be JSON' };
	}
	try {
		if (!request.rawBody) await request.readRawBody();
	} catch (error) {
		return isTooLarge(error)
			? { ok: false, status: 413, message: 'The body is too large' }
			: { ok: false, status: 400, message: 'The body could not be read' };
	}
	return { ok: true, bytes: request.rawBody ?? Buffer.alloc(0) };
}

/**
 * Parses the body. What n8n has parsed is used again only where it is certain that it parsed these
 * bytes as JSON in UTF-8: the header that says how to parse them is not signed.
 */
export function parseJsonBody(request: WebhookRequest, bytes: Buffer): JsonBody {
	if (request.contentType === 'application/json' && isUtf8(request.encoding) && bytes.length > 0) {
		return { ok: true, value: request.body };
	}
	try {
		const text = bytes.toString('utf8');
		const value: unknown = JSON.parse(
			text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text,
		);
		return { ok: true, value };
	} catch {
		return { ok: false };
	}
}

function isUtf8(encoding: string | undefined): boolean {
	return encoding === 'utf-8' || encoding === 'utf8';
}

function isTooLarge(error: unknown): boolean {
	return (
		typeof error === 'object' &&
		error !== null &&
		'type' in error &&
		error.type === 'entity.too.large'
	);
}

const MESSAGES = {
	400: 'The request is not an event',
	401: 'The request could not be verified',
	409: 'The event is still running',
	413: 'The body is too large',
	415: 'The body must be JSON',
	503: 'The event could not be handled now',
} as const;

/** For what may well be accepted later. */
const RETRY_AFTER_SECONDS: Readonly<Partial<Record<number, string>>> = { 409: '15', 503: '30' };

/**
 * Refuses a request. Whatever else n8n were to answer with would start an execution or be taken for
 * a success.
 *
 * @param message for senders that have been verified: others get no reason
 */
export function refuseRequest(
	response: WebhookResponse,
	status: keyof typeof MESSAGES,
	message: string = MESSAGES[status],
): IWebhookResponseData {
	if (!response.headersSent) {
		const seconds = RETRY_AFTER_SECONDS[status];
		if (seconds !== undefined) response.setHeader('Retry-After', seconds);
		response.status(status).json({ received: false, message });
	}
	return { noWebhookResponse: true };
}

const INTERVAL_MS = 1_000;
const MAX_KINDS = 1_000;

interface Kind {
	loggedAt: number;
	withheld: number;
}

/** Limits log lines to one per second and kind, since anyone can cause a refusal. */
export class RefusalLog {
	private readonly kinds = new Map<string, Kind>();

	/**
	 * @param now milliseconds since 1970
	 * @returns whether to write a line, and how many like it were withheld since the last one
	 */
	admit(kind: string, now: number): { write: boolean; withheld: number } {
		const present = this.kinds.get(kind);
		const age = present ? now - present.loggedAt : INTERVAL_MS;
		if (present && age >= 0 && age < INTERVAL_MS) {
			present.withheld += 1;
			return { write: false, withheld: 0 };
		}
		this.kinds.delete(kind);
		this.kinds.set(kind, { loggedAt: now, withheld: 0 });
		for (const oldest of this.kinds.keys()) {
			if (this.kinds.size <= MAX_KINDS) break;
			this.kinds.delete(oldest);
		}
		return { write: true, withheld: present?.withheld ?? 0 };
	}
}

const refusals = new RefusalLog();

/**
 * Logs why a request was refused or could not be handled: the reason, never the secret, the signature
 * or the body.
 *
 * @param what begins the line: the node's name and what it did
 * @param now milliseconds since 1970
 */
export function logRefusal(
	context: IWebhookFunctions,
	what: string,
	level: 'warn' | 'error',
	reason: string,
	now: number,
): void {
	const workflowId = context.getWorkflow().id ?? '';
	const { write, withheld } = refusals.admit(`${what} ${workflowId} ${reason}`, now);
	if (!write) return;
	context.logger[level](what + reason, {
		workflowId,
		nodeName: context.getNode().name,
		...(withheld > 0 ? { alsoRefusedSinceLastLine: withheld } : {}),
	});
}
