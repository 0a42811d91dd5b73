import type { IncomingMessage } from 'node:http';
import { PAGE_TOKEN_HEADER } from './paths';

/** Seconds that a browser may remember what it is allowed to send. */
const PREFLIGHT_SECONDS = 600;

/**
 * Headers by which a browser lets the page read the answer. In the gateway's frame the page has no
 * origin (`null`), as any frame on the web could: it is the page's token that counts, and no credentials
 * of the browser are asked for or accepted.
 */
export function originHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
	if (headers.origin !== 'null') return { Vary: 'Origin' };
	return {
		Vary: 'Origin',
		'Access-Control-Allow-Origin': 'null',
		'Access-Control-Allow-Methods': 'GET, POST',
		'Access-Control-Allow-Headers': `content-type, ${PAGE_TOKEN_HEADER}`,
		'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
	};
}
