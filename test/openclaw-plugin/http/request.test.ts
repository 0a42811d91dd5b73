import type { IncomingMessage } from 'node:http';
import { bearerToken, clientAddress, readTarget } from '../../../openclaw-plugin/src/http/request';

function request(parts: { url?: string; authorization?: string; address?: string }) {
	return {
		url: parts.url,
		headers: { authorization: parts.authorization },
		socket: { remoteAddress: parts.address },
	} as unknown as IncomingMessage;
}

describe('readTarget', () => {
	const segments = (url: string) => readTarget(request({ url }), '/webhooks/inbound')?.segments;

	it.each([
		['/webhooks/inbound', []],
		['/webhooks/inbound/', []],
		['/webhooks/inbound?x=1', []],
		['/webhooks/inbound/deploy', ['deploy']],
		['/webhooks/inbound/deploy/?wait=1', ['deploy']],
		['/webhooks/inbound/%E5%91%8A%E8%AD%A6', ['告警']],
		['/webhooks/inbound/a%2Fb', ['a/b']],
		['/webhooks/inbound/a/b', ['a', 'b']],
		['/webhooks/inbound/%zz', ['%zz']],
		['/webhooks/inbound/..', ['..']],
	])('%s', (url, expected) => {
		expect(segments(url)).toEqual(expected);
	});

	it.each(['/webhooks/inboundx', '/webhooks', '/', ''])('is not for %j', (url) => {
		expect(segments(url)).toBeUndefined();
	});

	it('reads the query', () => {
		const target = readTarget(
			request({ url: '/webhooks/inbound/a?b=%20c&b=d' }),
			'/webhooks/inbound',
		);
		expect(target?.query.getAll('b')).toEqual([' c', 'd']);
	});
});

describe('bearerToken', () => {
	it.each([
		['Bearer abc', 'abc'],
		['bearer  abc ', 'abc'],
		['Basic abc', undefined],
		['Bearer', undefined],
		['Bearer a b', undefined],
		['abc', undefined],
		[undefined, undefined],
	])('%j gives %j', (authorization, token) => {
		expect(bearerToken(request(authorization === undefined ? {} : { authorization }))).toBe(token);
	});
});

describe('clientAddress', () => {
	it.each([
		['192.0.2.7', '192.0.2.7'],
		['::ffff:192.0.2.7', '192.0.2.7'],
		['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
		['2001:db8::6', '2001:db8:0:0::/64'],
		['fe80::1%eth0', 'fe80:0:0:0::/64'],
		['::1', '0:0:0:0::/64'],
	])('%s counts as %s', (address, client) => {
		expect(clientAddress(request({ address }))).toBe(client);
	});
});
