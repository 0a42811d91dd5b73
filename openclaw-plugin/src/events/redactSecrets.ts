/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

/** Keys that hold secrets, without regard to case, blanks and punctuation. */
const SECRET_KEY =
	/passw(?:or)?d|passphrase|secret|apikey|authorization|credential|privatekey|accesskey|cookie|^pwd$|^auth$|^bearer$/;
/** Numbers under such keys are counts and limits. */
const TOKEN_KEY = /token/;
const MAX_KEY = 200;
const MAX_DEPTH = 100;

/**
 * Copies the parameters of a tool call with the values replaced whose keys look as if they held a
 * secret: `password`, `apiKey`, `Authorization`, `access_token` … The value of a pair such as
 * `{ name: 'Authorization', value: '…' }` too. What is not recognized by its key stays.
 *
 * @example
 * redactSecrets({ url: 'https://api.example', apiKey: 'k-1' }); // { url: '…', apiKey: '[redacted]' }
 */
export function redactSecrets(value: unknown): unknown {
	return redact(value, new Map(), 0);
}

function redact(value: unknown, copies: Map<object, unknown>, depth: number): unknown {
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
