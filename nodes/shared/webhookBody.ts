import type { WebhookRequest } from './webhookRequest';

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
