import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

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
