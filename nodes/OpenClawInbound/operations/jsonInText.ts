/** Longer texts are not searched. */
const MAX_TEXT_LENGTH = 1_000_000;
/** Deeper values would overflow the stack of whoever writes them down. */
const MAX_DEPTH = 200;
/** Brackets that lead nowhere, each of which costs a pass over the text. */
const MAX_OPEN_ENDS = 20;
/** Parts that are parsed in search of values. */
const MAX_PARTS = 100;

/**
 * Finds JSON in what a language model has written: the whole text, else what stands in code fences, else the
 * outermost objects and lists amid other words. It takes time in proportion to the text.
 *
 * @returns the values found in that way, in this order
 * @example
 * [...jsonInText('Here you are: {"level":"high"}. Anything else?')]; // [{ level: 'high' }]
 */
export function* jsonInText(text: string): Generator {
	if (text.length > MAX_TEXT_LENGTH) return;
	const whole = parse(text.trim());
	if (whole !== undefined) {
		yield whole.value;
		return;
	}
	let parts = 0;
	for (const part of partsOf(text)) {
		const parsed = parse(part);
		if (parsed !== undefined) yield parsed.value;
		if (++parts === MAX_PARTS) return;
	}
}

function* partsOf(text: string): Generator<string> {
	yield* fenced(text);
	yield* outermost(text);
}

/** What stands between code fences, without the name of the language. */
function* fenced(text: string): Generator<string> {
	// A fence inside of a string makes nonsense of these parts; the brackets are then looked at instead.
	for (const [index, part] of text.split('```', MAX_PARTS).entries()) {
		if (index % 2 === 1) yield part.slice(part.indexOf('\n') + 1).trim();
	}
}

/** Balanced objects and lists that are in no other, one after the other. */
function* outermost(text: string): Generator<string> {
	const opening = /[[{]/g;
	for (let openEnds = 0; openEnds < MAX_OPEN_ENDS; ) {
		const start = opening.exec(text)?.index;
		if (start === undefined) return;
		const end = endOf(text, start);
		if (end === undefined) {
			openEnds++;
			continue;
		}
		yield text.slice(start, end);
		opening.lastIndex = end;
	}
}

/** Where the value ends that begins with a bracket; undefined where it does not, or goes too deep. */
function endOf(text: string, start: number): number | undefined {
	let depth = 0;
	// Strings are skipped: brackets in them mean nothing.
	const token = /["[\]{}]/g;
	token.lastIndex = start;
	for (let match = token.exec(text); match !== null; match = token.exec(text)) {
		const [sign] = match;
		if (sign === '"') {
			const end = endOfString(text, token.lastIndex);
			if (end === undefined) return undefined;
			token.lastIndex = end;
			continue;
		}
		depth += sign === '{' || sign === '[' ? 1 : -1;
		if (depth === 0) return token.lastIndex;
		if (depth > MAX_DEPTH) return undefined;
	}
	return undefined;
}

function endOfString(text: string, start: number): number | undefined {
	const sign = /["\\]/g;
	sign.lastIndex = start;
	for (let match = sign.exec(text); match !== null; match = sign.exec(text)) {
		if (match[0] === '"') return sign.lastIndex;
		// The sign after a backslash is a part of the string.
		sign.lastIndex++;
	}
	return undefined;
}

function parse(text: string): { readonly value: unknown } | undefined {
	const isNested = text.startsWith('{') || text.startsWith('[');
	if (isNested && endOf(text, 0) !== text.length) return undefined;
	try {
		return { value: JSON.parse(text) };
	} catch {
		return undefined;
	}
}
