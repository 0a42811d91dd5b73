import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { refuse } from './answers';
import type { Checked } from './answers';

/*
 * Requests to the plugin: `request` reads the first line, the headers, and the body within its limit; `body` makes a
 * value of it, of JSON or of a form; `answers` is what goes back.
 */

/** What a request is about, from its request line. */
export interface RequestTarget {
	/** Decoded names below the base path; none for the base path itself. */
	readonly segments: readonly string[];
	readonly query: URLSearchParams;
}

/**
 * Splits the URL of a request below a base path.
 *
 * @returns undefined for another path
 * @example
 * readTarget(request, '/webhooks/inbound'); // for …/deploy?wait=30: ['deploy'] and wait
 */
export function readTarget(request: IncomingMessage, basePath: string): RequestTarget | undefined {
	const url = request.url ?? '';
	const mark = url.indexOf('?');
	const path = mark < 0 ? url : url.slice(0, mark);
	if (path !== basePath && !path.startsWith(`${basePath}/`)) return undefined;
	const rest = path.slice(basePath.length).replace(/^\//, '').replace(/\/$/, '');
	return {
		segments: rest === '' ? [] : rest.split('/').map(decode),
		query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
	};
}

/** What cannot be decoded is nothing's name, and stays as it is. */
function decode(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		return segment;
	}
}

const BEARER = /^bearer +(\S+) *$/i;

/**
 * The token of `Authorization: Bearer …` (RFC 6750). A token in the URL is not looked at: it would end
 * up in logs.
 */
export function bearerToken(request: IncomingMessage): string | undefined {
	return BEARER.exec(request.headers.authorization ?? '')?.[1];
}

/** Groups of an IPv6 address that one customer of a provider commonly has to himself: a /64. */
const NETWORK_GROUPS = 4;

/**
 * Who a request comes from: the address of the connection, for IPv6 its /64 network. Headers of proxies
 * are not believed, as anybody can send them; behind a proxy all clients are one.
 */
export function clientAddress(request: IncomingMessage): string {
	const address = request.socket.remoteAddress ?? '';
	const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
	if (mapped !== undefined) return mapped;
	return isIPv6(address) ? `${networkOf(address)}::/64` : address;
}

function networkOf(address: string): string {
	const [plain = ''] = address.split('%');
	const [left = '', right] = plain.split('::');
	const head = left === '' ? [] : left.split(':');
	const tail = right === undefined || right === '' ? [] : right.split(':');
	const missing = right === undefined ? 0 : 8 - head.length - tail.length;
	const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
	return groups.slice(0, NETWORK_GROUPS).join(':');
}

/** A value of a header or of the query, without blanks around it; undefined when there is nothing left. */
export function textOf(value: string | readonly string[] | null | undefined): string | undefined {
	const text = typeof value === 'string' ? value.trim() : value?.join(', ').trim();
	return text === undefined || text === '' ? undefined : text;
}

/** The largest body that is taken, in bytes: what the gateway's own hooks take, too. */
const MAX_BODY_BYTES = 262_144;

/** What is thrown away of a body that is too large, in bytes, so that its sender gets to read why. */
const MAX_DISCARDED_BYTES = 2_097_152;

/** Milliseconds for a body to arrive. */
const BODY_TIMEOUT_MS = 15_000;

/** Limits other than the usual ones. */
interface BodyLimits {
	readonly maxBytes?: number;
	readonly timeoutMs?: number;
}

/**
 * Reads a whole body, but never more than the limit into memory, whatever `Content-Length` says. The gateway's SDK
 * reads bodies as text (`readRequestBodyWithLimit`): senders sign bytes, and what is not UTF-8 is to be refused
 * rather than replaced.
 *
 * @returns the bytes, or 408, 413, 415 (a compressed body), or 400 (cut off); never throws
 */
export async function readLimitedBody(
	request: IncomingMessage,
	{ maxBytes = MAX_BODY_BYTES, timeoutMs = BODY_TIMEOUT_MS }: BodyLimits = {},
): Promise<Checked<Buffer>> {
	const encoding = request.headers['content-encoding'];
	if (encoding !== undefined && encoding !== 'identity') return refuse(COMPRESSED);
	const announced = Number(request.headers['content-length'] ?? 0);
	if (announced > MAX_DISCARDED_BYTES) return refuse(tooLarge(maxBytes));
	return await new Promise((resolve) => {
		const chunks: Buffer[] = [];
		let bytes = 0;
		const finish = (result: Checked<Buffer>) => {
			clearTimeout(timer);
			request.removeListener('data', onData);
			resolve(result);
		};
		const onData = (chunk: Buffer) => {
			bytes += chunk.length;
			if (bytes <= maxBytes) {
				chunks.push(chunk);
				return;
			}
			chunks.length = 0;
			if (bytes > MAX_DISCARDED_BYTES) finish(refuse(tooLarge(maxBytes)));
		};
		const timer = setTimeout(() => {
			finish(refuse(TOO_SLOW));
		}, timeoutMs);
		request.on('data', onData);
		request.once('end', () => {
			finish(
				bytes > maxBytes
					? refuse(tooLarge(maxBytes))
					: { ok: true, value: Buffer.concat(chunks, bytes) },
			);
		});
		request.once('error', () => {
			finish(refuse(CUT_OFF));
		});
		request.once('close', () => {
			finish(refuse(CUT_OFF));
		});
	});
}

/** What is still to come of the body must not be taken for the next request. */
const CLOSE = { Connection: 'close' };

const COMPRESSED = {
	status: 415,
	code: 'compressed-body',
	message: 'The body is compressed. Send it as it is, without Content-Encoding',
	headers: CLOSE,
};

const TOO_SLOW = {
	status: 408,
	code: 'body-too-slow',
	message: 'The body did not arrive in time',
	headers: CLOSE,
};

const CUT_OFF = {
	status: 400,
	code: 'body-cut-off',
	message: 'The body was cut off',
	headers: CLOSE,
};

function tooLarge(maxBytes: number) {
	return {
		status: 413,
		code: 'body-too-large',
		message: `The body has more than ${String(maxBytes)} bytes`,
		headers: CLOSE,
	};
}
