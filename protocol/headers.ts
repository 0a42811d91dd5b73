/** A header as Node.js delivers it: a text, several, or nothing. */
export type HeaderValue = string | readonly string[] | undefined;

/** Request headers, by lower-cased name as in Node.js; other spellings are found too. */
export type Headers = Readonly<Record<string, HeaderValue>>;

/**
 * Finds a header by its name in any spelling. A header that is present in several spellings comes
 * back as a list, so that no caller can pick the convenient one.
 *
 * Reading the lower-cased name first, as written in the caller, is several times as fast.
 *
 * @param headers anything; what is no object has no headers
 * @param name lower-cased name
 * @example
 * findHeader({ 'Webhook-Id': 'evt_1' }, 'webhook-id'); // 'evt_1'
 */
export function findHeader(headers: unknown, name: string): unknown {
	if (typeof headers !== 'object' || headers === null) return undefined;
	const values = Object.entries(headers).flatMap(([key, value]) =>
		key.toLowerCase() === name ? [value as unknown] : [],
	);
	return values.length > 1 ? values : values[0];
}
