import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { refuse } from './answers';
import type { Checked } from './answers';

/** The largest body that is taken, in bytes: what the gateway's own hooks take, too. */
const MAX_BODY_BYTES = 262_144;

/** What is thrown away of a body that is too large, in bytes, so that its sender gets to read why. */
const MAX_DISCARDED_BYTES = 2_097_152;

/** Milliseconds for a body to arrive. */
const BODY_TIMEOUT_MS = 15_000;

/** Limits other than the usual ones. */
export interface BodyLimits {
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

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Reads a body as JSON: `application/json`, another `…+json`, or no type at all.
 *
 * @returns the value, 415 for another type, or 400 that says where the JSON is broken; never throws
 * @example
 * parseJsonBody({ 'content-type': 'application/json' }, Buffer.from('{"a": }'));
 * // 400: … line 1, column 7
 */
export function parseJsonBody(headers: IncomingHttpHeaders, body: Buffer): Checked<unknown> {
	const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
	const charset = parameters.map((part) => /^\s*charset="?([^"]+)"?\s*$/.exec(part)?.[1]);
	const isUtf8 = charset.every((name) => name === undefined || /^utf-?8$/.test(name));
	if ((type !== '' && !JSON_TYPE.test(type.trim())) || !isUtf8) {
		return refuse({
			status: 415,
			code: 'not-json',
			message: 'Send the body as JSON in UTF-8, with the header Content-Type: application/json',
		});
	}
	if (body.length === 0) return broken('The body is empty. Send a JSON value, {} at the least');
	let text: string;
	try {
		text = UTF8.decode(body);
	} catch {
		return broken('The body is not valid UTF-8');
	}
	try {
		return { ok: true, value: JSON.parse(text) as unknown };
	} catch {
		return broken(`The body is not valid JSON${describePlace(text)}`);
	}
}

/**
 * Reads a body as {@link parseJsonBody} does, for templates: a number that JavaScript would write with other
 * digits than its sender did becomes an object that `JSON.stringify` writes as it was sent.
 *
 * @see https://github.com/tc39/proposal-json-parse-with-source
 */
export function parseExactJsonBody(headers: IncomingHttpHeaders, body: Buffer): Checked<unknown> {
	const parsed = parseJsonBody(headers, body);
	if (!parsed.ok) return parsed;
	try {
		return { ok: true, value: EXACT_JSON.parse(UTF8.decode(body), keepDigits) };
	} catch {
		// Nested too deep for this.
		return parsed;
	}
}

/** What the standard library's types do not know yet. */
const EXACT_JSON = JSON as unknown as {
	parse(text: string, reviver: typeof keepDigits): unknown;
	rawJSON(text: string): object;
};

function keepDigits(_key: string, value: unknown, { source }: { readonly source?: string }) {
	const isInexact = typeof value === 'number' && source !== undefined && String(value) !== source;
	return isInexact ? EXACT_JSON.rawJSON(source) : value;
}

function broken(message: string): Checked<unknown> {
	return refuse({ status: 400, code: 'invalid-json', message });
}

function describePlace(text: string): string {
	const offset = findJsonFault(text);
	if (offset === undefined) return '';
	const before = text.slice(0, offset);
	const line = before.split('\n').length;
	const column = offset - before.lastIndexOf('\n');
	const what = offset === text.length ? 'it ends too early,' : 'something is wrong';
	return `: ${what} at line ${String(line)}, column ${String(column)}`;
}

const TOKEN =
	/[\t\n\r ]*(?:([[\]{},:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-]))/y;
const BLANKS = /[\t\n\r ]*/y;

/** What may come next. */
type Expected = 'value' | 'first-item' | 'first-key' | 'key' | 'colon' | 'separator' | 'end';

/**
 * Finds where a text stops being JSON (RFC 8259), which `JSON.parse` tells for some faults only.
 *
 * @returns the offset of what should not be there, the text's length when something is missing at its
 * end; undefined for valid JSON
 * @example
 * findJsonFault('{"a": }'); // 6
 */
export function findJsonFault(text: string): number | undefined {
	const open: ('[' | '{')[] = [];
	let expected: Expected = 'value';
	let offset = 0;
	for (;;) {
		BLANKS.lastIndex = offset;
		BLANKS.exec(text);
		const start = BLANKS.lastIndex;
		if (start === text.length) return expected === 'end' ? undefined : start;
		TOKEN.lastIndex = offset;
		const token = TOKEN.exec(text);
		if (token === null) return start;
		const next = follow(expected, token[1], token[2] !== undefined, open);
		if (next === undefined) return start;
		expected = next;
		offset = TOKEN.lastIndex;
	}
}

/** What may follow a token; undefined when the token itself may not be there. */
function follow(
	expected: Expected,
	sign: string | undefined,
	isText: boolean,
	open: ('[' | '{')[],
): Expected | undefined {
	if (expected === 'end') return undefined;
	if (expected === 'colon') return sign === ':' ? 'value' : undefined;
	const inner = open.at(-1);
	const closing = inner === '[' ? ']' : '}';
	const mayClose =
		expected === 'first-item' || expected === 'first-key' || expected === 'separator';
	if (mayClose && sign === closing && inner !== undefined) {
		open.pop();
		return afterValue(open);
	}
	if (expected === 'separator') {
		if (sign !== ',') return undefined;
		return inner === '[' ? 'value' : 'key';
	}
	if (expected === 'key' || expected === 'first-key') return isText ? 'colon' : undefined;
	if (sign === undefined) return afterValue(open);
	if (sign !== '[' && sign !== '{') return undefined;
	open.push(sign);
	return sign === '[' ? 'first-item' : 'first-key';
}

function afterValue(open: readonly string[]): Expected {
	return open.length === 0 ? 'end' : 'separator';
}
