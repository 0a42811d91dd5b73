import { parse, stringify } from 'json5';

/** The place in the text is counted from 1, columns in UTF-16 code units. */
export type ParsedJson5 =
	| { ok: true; value: unknown }
	| { ok: false; message: string; line: number; column: number };

interface Json5SyntaxError extends SyntaxError {
	readonly lineNumber: number;
	readonly columnNumber: number;
}

/**
 * Reads JSON5: JSON with comments, trailing commas, bare keys and single quotes. A key `__proto__`
 * becomes an ordinary own property; it never changes a prototype.
 *
 * @returns the value, or what is wrong and where; never throws
 * @see https://spec.json5.org
 * @example
 * parseJson5("{ name: 'ops', }"); // { ok: true, value: { name: 'ops' } }
 */
export function parseJson5(text: string): ParsedJson5 {
	try {
		return { ok: true, value: parse<unknown>(text) };
	} catch (error) {
		return { ok: false, ...readSyntaxError(error) };
	}
}

/**
 * Writes a value as JSON5 with double quotes, trailing commas and two blanks of indentation.
 *
 * @example
 * formatJson5({ name: 'ops' }); // '{\n  name: "ops",\n}'
 */
export function formatJson5(value: unknown): string {
	return stringify(value, { space: 2, quote: '"' });
}

/** The library puts the place into its message as well, which would name it twice. */
function readSyntaxError(error: unknown): { message: string; line: number; column: number } {
	const { message, lineNumber, columnNumber } = error as Json5SyntaxError;
	const sentence = message.replace(/^JSON5: /, '').replace(/ at \d+:\d+$/, '');
	return { message: sentence, line: lineNumber, column: columnNumber };
}
