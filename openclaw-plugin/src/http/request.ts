import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/*
 * Requests to the plugin: `request` reads the first line and headers, `body` the rest within its limit, `formBody`
 * that of senders that post forms, `answers` is what goes back.
 */

/** What a request is about, from its request line. */
export interface RequestTarget {
	/** Decoded names below the base path; none for the base path itself. */
	readonly segments: readonly string[];
	readonly query: URLSearchParams;
}

/**
 * Splits the URL of a request below a base path.
 *
 * @returns undefined for another path
 * @example
 * readTarget(request, '/webhooks/inbound'); // for …/deploy?wait=30: ['deploy'] and wait
 */
export function readTarget(request: IncomingMessage, basePath: string): RequestTarget | undefined {
	const url = request.url ?? '';
	const mark = url.indexOf('?');
	const path = mark < 0 ? url : url.slice(0, mark);
	if (path !== basePath && !path.startsWith(`${basePath}/`)) return undefined;
	const rest = path.slice(basePath.length).replace(/^\//, '').replace(/\/$/, '');
	return {
		segments: rest === '' ? [] : rest.split('/').map(decode),
		query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
	};
}

/** What cannot be decoded is nothing's name, and stays as it is. */
function decode(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		return segment;
	}
}

const BEARER = /^bearer +(\S+) *$/i;

/**
 * The token of `Authorization: Bearer …` (RFC 6750). A token in the URL is not looked at: it would end
 * up in logs.
 */
export function bearerToken(request: IncomingMessage): string | undefined {
	return BEARER.exec(request.headers.authorization ?? '')?.[1];
}

/** Groups of an IPv6 address that one customer of a provider commonly has to himself: a /64. */
const NETWORK_GROUPS = 4;

/**
 * Who a request comes from: the address of the connection, for IPv6 its /64 network. Headers of proxies
 * are not believed, as anybody can send them; behind a proxy all clients are one.
 */
export function clientAddress(request: IncomingMessage): string {
	const address = request.socket.remoteAddress ?? '';
	const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
	if (mapped !== undefined) return mapped;
	return isIPv6(address) ? `${networkOf(address)}::/64` : address;
}

function networkOf(address: string): string {
	const [plain = ''] = address.split('%');
	const [left = '', right] = plain.split('::');
	const head = left === '' ? [] : left.split(':');
	const tail = right === undefined || right === '' ? [] : right.split(':');
	const missing = right === undefined ? 0 : 8 - head.length - tail.length;
	const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
	return groups.slice(0, NETWORK_GROUPS).join(':');
}

/** A value of a header or of the query, without blanks around it; undefined when there is nothing left. */
export function textOf(value: string | readonly string[] | null | undefined): string | undefined {
	const text = typeof value === 'string' ? value.trim() : value?.join(', ').trim();
	return text === undefined || text === '' ? undefined : text;
}
