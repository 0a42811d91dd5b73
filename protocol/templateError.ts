export type TemplateErrorCode =
	| 'not-text'
	| 'template-too-large'
	| 'too-many-placeholders'
	| 'too-deep'
	| 'empty-placeholder'
	| 'unclosed-placeholder'
	| 'invalid-path'
	| 'unknown-root'
	| 'forbidden-key'
	| 'unreadable-value'
	| 'output-too-large';

/** Why a template cannot be used, and where. */
export interface TemplateError {
	readonly code: TemplateErrorCode;
	/** A sentence without a period that names the place in the template's own words. */
	readonly message: string;
	/** From 1; lines end with a line feed. */
	readonly line: number;
	/** From 1, in UTF-16 code units as editors count. */
	readonly column: number;
}

/** Locates an error; only done for templates that cannot be used, since it reads the text again. */
export function templateError(
	source: string,
	offset: number,
	code: TemplateErrorCode,
	message: string,
): TemplateError {
	const { line, column } = locate(source, offset);
	return { code, message, line, column };
}

/**
 * Line and column of an offset, both from 1.
 *
 * @example
 * locate('a\nbc', 3); // { line: 2, column: 2 }
 */
export function locate(source: string, offset: number): { line: number; column: number } {
	let line = 1;
	let start = 0;
	for (
		let end = source.indexOf('\n');
		end >= 0 && end < offset;
		end = source.indexOf('\n', start)
	) {
		line += 1;
		start = end + 1;
	}
	return { line, column: offset - start + 1 };
}
