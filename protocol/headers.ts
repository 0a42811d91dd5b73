/** A header as Node.js delivers it: a text, several, or nothing. */
export type HeaderValue = string | readonly string[] | undefined;

/** Request headers, by lower-cased name as in Node.js; other spellings are found too. */
export type Headers = Readonly<Record<string, HeaderValue>>;

/**
 * Reads one header. A header that is present twice in different spellings comes back as a list, so
 * that no caller can pick the convenient one.
 *
 * @param headers anything; what is no object has no headers
 * @param name lower-cased name
 * @example
 * readHeader({ 'Webhook-Id': 'evt_1' }, 'webhook-id'); // 'evt_1'
 */
export function readHeader(headers: unknown, name: string): unknown {
	if (typeof headers !== 'object' || headers === null) return undefined;
	const record = headers as Record<string, unknown>;
	const value = record[name];
	if (value !== undefined) return value;
	const spellings = Object.keys(record).filter((key) => key.toLowerCase() === name);
	const values = spellings.map((key) => record[key]);
	return values.length > 1 ? values : values[0];
}
