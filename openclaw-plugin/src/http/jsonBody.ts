import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from './answers';
import type { Checked } from './answers';
import { findJsonFault } from './jsonFault';

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
