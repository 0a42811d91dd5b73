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
