import type { GatewayConnection } from './gatewayConnection';

const MAX_LENGTH = 300;

/**
 * What the gateway itself says about a refusal, fit to be shown: one line, not too long, and without
 * the token should the gateway repeat it.
 *
 * @param body the answer's body: `{ "ok": false, "error": "…" }`, or a text
 * @returns `undefined` when the gateway says nothing
 */
export function gatewayReason(body: unknown, connection: GatewayConnection): string | undefined {
	const said = typeof body === 'string' ? body : errorOf(body);
	const { accessToken } = connection.credential;
	const token = typeof accessToken === 'string' ? accessToken.trim() : '';
	const clean = token === '' ? said : said.replaceAll(token, '•••');
	const line = clean.replace(/[\s\p{Cc}]+/gu, ' ').trim();
	if (line === '') return undefined;
	return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}

function errorOf(body: unknown): string {
	if (typeof body !== 'object' || body === null || !('error' in body)) return '';
	const { error } = body;
	if (typeof error === 'string') return error;
	const nested = typeof error === 'object' && error !== null && 'message' in error;
	return nested && typeof error.message === 'string' ? error.message : '';
}

/** The plugin's own code of a refusal: `{ "ok": false, "error": { "code": "…" } }`. */
export function refusalCode(body: unknown): string | undefined {
	const error =
		typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
	const code =
		typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
	return typeof code === 'string' ? code : undefined;
}

/** Puts what the gateway says before an advice. */
export function withReason(reason: string | undefined, advice: string): string {
	return reason === undefined ? advice : `The gateway says: “${reason}”. ${advice}`;
}
