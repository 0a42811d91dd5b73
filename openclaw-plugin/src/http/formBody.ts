import { refuse } from './answers';
import type { Checked } from './answers';
import { parseExactJsonBody } from './body';

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

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param text one character for each byte; a `%` that begins no escape stands for itself, as in browsers */
function decode(text: string): string | undefined {
	const bytes = text
		.replaceAll('+', ' ')
		.replace(/%([\da-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
	try {
		return UTF8.decode(Buffer.from(bytes, 'latin1'));
	} catch {
		return undefined;
	}
}

function malformed(what: string) {
	return { status: 400, code: 'invalid-form', message: `The form in the body ${what}` };
}
