/** What `JSON.stringify` writes for a half of a surrogate pair, with the backslashes before it. */
const LONE_SURROGATE = /(\\*)\\ud[89a-f][0-9a-f]{2}/g;
const REPLACEMENT = '\ufffd';

/**
 * Replaces halves of characters in JSON that `JSON.stringify` wrote by U+FFFD. It writes them as escapes
 * such as `\ud83d`, over which strict parsers refuse the whole text.
 *
 * @example
 * wellFormedJson(JSON.stringify('half \ud83d')); // '"half \ufffd"'
 */
export function wellFormedJson(json: string): string {
	if (!json.includes('\\ud')) return json;
	return json.replace(LONE_SURROGATE, (escape: string, backslashes: string) =>
		// After an odd number of backslashes the last one of them is text, and what follows is as well.
		backslashes.length % 2 === 0 ? backslashes + REPLACEMENT : escape,
	);
}
