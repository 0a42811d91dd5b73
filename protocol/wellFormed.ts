/** An escape of `JSON.stringify`: each one is looked at, so that an escaped backslash is not taken for one. */
const ESCAPE = /\\(?:u[0-9a-f]{4}|.)/g;
/** What it writes for a half of a surrogate pair begins so. */
const LONE_SURROGATE = '\\ud';

/**
 * Replaces halves of characters in JSON that `JSON.stringify` wrote by U+FFFD. It writes them as escapes
 * such as `\ud83d`, over which strict parsers refuse the whole text.
 *
 * @example
 * wellFormedJson(JSON.stringify('half \ud83d')); // '"half \ufffd"'
 */
export function wellFormedJson(json: string): string {
	if (!json.includes(LONE_SURROGATE)) return json;
	return json.replace(ESCAPE, (escape) => (escape.startsWith(LONE_SURROGATE) ? '\ufffd' : escape));
}
