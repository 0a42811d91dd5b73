import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from './answers';
import type { Checked } from './answers';

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

const FORM = /^application\/x-www-form-urlencoded$/;
const MAX_FIELDS = 1000;
/** Senders that can send forms put the JSON of their events into a field of this name: GitHub, Slack's buttons. */
const JSON_FIELD = 'payload';

/** Whether a `Content-Type` is that of an HTML form without files. */
export function isForm(contentType: string | undefined): boolean {
	const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
	const isUtf8 = parameters.every((part) => /^\s*(?:charset="?utf-?8"?\s*)?$/.test(part));
	return FORM.test(type.trim()) && isUtf8;
}

/**
 * Reads an HTML form: an object with a text for each field, a list of texts for one that comes several times. Where
 * `payload` is all there is, and holds JSON, that is the value.
 *
 * @returns 400 for what is not UTF-8, broken JSON in `payload`, or more than 1,000 fields; never throws
 * @see https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 * @example
 * parseFormBody(Buffer.from('command=%2Fdeploy&text=now')); // { command: '/deploy', text: 'now' }
 */
export function parseFormBody(body: Buffer): Checked<unknown> {
	const text = body.toString('latin1');
	const pairs = text.split('&', MAX_FIELDS + 1).filter((pair) => pair !== '');
	if (pairs.length === 0) return refuse(malformed('is empty'));
	if (pairs.length > MAX_FIELDS)
		return refuse(malformed(`has more than ${String(MAX_FIELDS)} fields`));
	const fields = new Map<string, string | string[]>();
	for (const pair of pairs) {
		const split = pair.indexOf('=');
		const name = decode(split < 0 ? pair : pair.slice(0, split));
		const value = decode(split < 0 ? '' : pair.slice(split + 1));
		if (name === undefined || value === undefined) return refuse(malformed('is not valid UTF-8'));
		const known = fields.get(name);
		fields.set(name, known === undefined ? value : [known, value].flat());
	}
	const payload = fields.get(JSON_FIELD);
	const isJson = fields.size === 1 && typeof payload === 'string' && /^\s*[[{]/.test(payload);
	// Its own properties, whatever a field is called.
	return isJson
		? parseExactJsonBody({}, Buffer.from(payload))
		: { ok: true, value: Object.fromEntries(fields) };
}

const FORM_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param text one character for each byte; a `%` that begins no escape stands for itself, as in browsers */
function decode(text: string): string | undefined {
	const bytes = text
		.replaceAll('+', ' ')
		.replace(/%([\da-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
	try {
		return FORM_UTF8.decode(Buffer.from(bytes, 'latin1'));
	} catch {
		return undefined;
	}
}

function malformed(what: string) {
	return { status: 400, code: 'invalid-form', message: `The form in the body ${what}` };
}
