/**
 * Whether a saved parameter, or anything inside it, is an expression.
 *
 * @param saved the parameter with expressions not evaluated
 */
export function hasExpression(saved: unknown): boolean {
	if (typeof saved === 'string') return saved.startsWith('=');
	return typeof saved === 'object' && saved !== null && Object.values(saved).some(hasExpression);
}
