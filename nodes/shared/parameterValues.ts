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
