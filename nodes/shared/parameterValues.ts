/** An own property of a value that may be anything; undefined where there is none. */
export function ownProperty(value: unknown, name: string): unknown {
	if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
	return (value as Readonly<Record<string, unknown>>)[name];
}

/**
 * What was chosen or typed in a resource locator. n8n saves it with the way it was entered; a text or a
 * list that stands there without one is left as it is.
 *
 * @example
 * locatorValue({ __rl: true, mode: 'list', value: 'main' }); // 'main'
 * locatorValue('main'); // 'main'
 */
export function locatorValue(saved: unknown): unknown {
	const isLocator = typeof saved === 'object' && saved !== null && 'value' in saved;
	return isLocator ? saved.value : saved;
}

/**
 * Whether a saved parameter, or anything inside it, is an expression.
 *
 * @param saved the parameter with expressions not evaluated
 */
export function hasExpression(saved: unknown): boolean {
	if (typeof saved === 'string') return saved.startsWith('=');
	return typeof saved === 'object' && saved !== null && Object.values(saved).some(hasExpression);
}

/**
 * A text that may come from an expression; numbers are meant as their digits.
 *
 * @returns without blanks around it, empty where there is none; undefined for what is no text
 * @example
 * readText(42); // '42'
 */
export function readText(value: unknown): string | undefined {
	if (value === undefined || value === null) return '';
	if (typeof value === 'string') return value.trim();
	if (typeof value === 'bigint') return String(value);
	return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}

/**
 * A switch that may come from an expression.
 *
 * @returns undefined where nothing is given; `unclear` for what is neither true nor false
 * @example
 * readFlag('false'); // false
 */
export function readFlag(value: unknown): boolean | 'unclear' | undefined {
	if (value === undefined || value === null) return undefined;
	if (typeof value === 'boolean') return value;
	const text = typeof value === 'string' ? value.trim().toLowerCase() : '';
	if (value === '') return undefined;
	if (text === 'true') return true;
	return text === 'false' ? false : 'unclear';
}

/**
 * The id that was chosen or typed in a resource locator, or that an expression gives.
 *
 * @returns empty where there is none; undefined for what is no id
 */
export function readId(saved: unknown): string | undefined {
	return readText(locatorValue(saved));
}
