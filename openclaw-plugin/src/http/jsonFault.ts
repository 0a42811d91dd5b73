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
