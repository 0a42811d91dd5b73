/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

/** Keys that hold secrets, without regard to case, blanks and punctuation. */
const SECRET_KEY =
	/passw(?:or)?d|passphrase|secret|apikey|authorization|credential|privatekey|accesskey|cookie|^pwd$|^auth$|^bearer$/;
/** What may hold such a key; cheap, as most texts do not. */
const MAYBE_SECRET = /pass|secret|key|auth|credential|cookie|pwd|bearer|token/i;
/** A key of JSON within a text, up to its value. Bounded, so that no text takes long. */
const JSON_KEY = /"((?:[^"\\]|\\.){1,200})"\s{0,100}:\s{0,100}/g;
const JSON_WORD = /[^\s,}\]"]+/y;
/** Numbers under such keys are counts and limits. */
const TOKEN_KEY = /token/;
const MAX_KEY = 200;
const MAX_DEPTH = 100;

/**
 * Copies the parameters or the result of a tool call with the values replaced whose keys look as if they
 * held a secret: `password`, `apiKey`, `Authorization`, `access_token` … The value of a pair such as
 * `{ name: 'Authorization', value: '…' }` too, and values of JSON within a text: tools give the model their
 * results so. What is not recognized by its key stays.
 *
 * @example
 * redactSecrets({ url: 'https://api.example', apiKey: 'k-1' }); // { url: '…', apiKey: '[redacted]' }
 */
export function redactSecrets(value: unknown): unknown {
	return redact(value, new Map(), 0);
}

function redact(value: unknown, copies: Map<object, unknown>, depth: number): unknown {
	if (typeof value === 'string') return redactText(value);
	if (typeof value !== 'object' || value === null || writesItself(value)) return value;
	// What is too deep to be looked through is not let out.
	if (depth > MAX_DEPTH) return REDACTED;
	const known = copies.get(value);
	if (known !== undefined) return known;
	if (Array.isArray(value)) {
		const list: unknown[] = [];
		copies.set(value, list);
		for (const entry of value as unknown[]) list.push(redact(entry, copies, depth + 1));
		return list;
	}
	// Without a prototype `__proto__` is a key like any other.
	const copy = Object.create(null) as Record<string, unknown>;
	copies.set(value, copy);
	const entries = Object.entries(value);
	const pairName = pairNameOf(entries);
	for (const [key, entry] of entries) {
		const name = key.toLowerCase() === 'value' ? (pairName ?? key) : key;
		copy[key] = isSecret(name, entry) ? REDACTED : redact(entry, copies, depth + 1);
	}
	return copy;
}

/** The same for a text alone. All else of it stays as it is, 64-bit numbers too. */
export function redactText(text: string): string {
	if (!MAYBE_SECRET.test(text)) return text;
	let redacted = '';
	let from = 0;
	JSON_KEY.lastIndex = 0;
	for (let found = JSON_KEY.exec(text); found !== null; found = JSON_KEY.exec(text)) {
		const begin = JSON_KEY.lastIndex;
		if (!isSecretText(found[1] ?? '', text, begin)) continue;
		const end = valueEnd(text, begin);
		redacted += `${text.slice(from, begin)}"${REDACTED}"`;
		from = end;
		JSON_KEY.lastIndex = end;
	}
	return redacted + text.slice(from);
}

function isSecretText(key: string, text: string, begin: number): boolean {
	const word = matchAt(JSON_WORD, text, begin);
	if (text.startsWith('""', begin) || word === 'null' || word === 'true' || word === 'false') {
		return false;
	}
	const isNumber = word !== '' && !/^[[{]/.test(word);
	return isSecret(key, isNumber ? 0 : word || '"');
}

/** Where a value ends; the text's end where it is cut off. */
function valueEnd(text: string, begin: number): number {
	let depth = 0;
	let at = begin;
	do {
		const character = text.charAt(at);
		if (character === '{' || character === '[') depth += 1;
		else if (character === '}' || character === ']') depth -= 1;
		else if (character !== '"' && depth === 0) return at + matchAt(JSON_WORD, text, at).length;
		at = character === '"' ? stringEnd(text, at) : at + 1;
	} while (depth > 0 && at < text.length);
	return at;
}

function stringEnd(text: string, begin: number): number {
	for (let at = begin + 1; ; ) {
		const quote = text.indexOf('"', at);
		if (quote === -1) return text.length;
		let backslashes = 0;
		while (text.charAt(quote - 1 - backslashes) === '\\') backslashes += 1;
		if (backslashes % 2 === 0) return quote + 1;
		at = quote + 1;
	}
}

function matchAt(pattern: RegExp, text: string, offset: number): string {
	pattern.lastIndex = offset;
	return pattern.exec(text)?.[0] ?? '';
}

/** Dates, buffers and the like. */
function writesItself(value: object): boolean {
	return ArrayBuffer.isView(value) || typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

function isSecret(key: string, value: unknown): boolean {
	if (value === null || value === undefined || value === '') return false;
	if (typeof value === 'boolean') return false;
	const name = normalized(key);
	return SECRET_KEY.test(name) || (typeof value !== 'number' && TOKEN_KEY.test(name));
}

/** What names the value in an object such as `{ name: 'Authorization', value: '…' }`. */
function pairNameOf(entries: readonly (readonly [string, unknown])[]): string | undefined {
	const named = entries.find(([key]) => /^(?:name|key|header)$/i.test(key))?.[1];
	return typeof named === 'string' ? named : undefined;
}

function normalized(key: string): string {
	return key
		.slice(0, MAX_KEY)
		.toLowerCase()
		.replace(/[^a-z0-9]/g, '');
}
