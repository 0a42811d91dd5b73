/** The message of whatever was thrown. */
export function errorText(error: unknown): string {
	// Errors of Node.js's own modules may be of another realm: `instanceof` does not know them.
	const { message } = (error ?? {}) as { message?: unknown };
	return typeof message === 'string' ? message : String(error);
}
