import type { IncomingMessage } from 'node:http';

const BEARER = /^bearer +(\S+) *$/i;

/**
 * The token of `Authorization: Bearer …` (RFC 6750). A token in the URL is not looked at: it would end
 * up in logs.
 */
export function bearerToken(request: IncomingMessage): string | undefined {
	return BEARER.exec(request.headers.authorization ?? '')?.[1];
}
