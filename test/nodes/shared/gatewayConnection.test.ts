import {
	encodePath,
	readConnection,
	tokenAt,
	unreachableFromGateway,
} from '../../../nodes/shared/gatewayConnection';
import type { GatewayConnection } from '../../../nodes/shared/gatewayConnection';

const VALID = { gatewayUrl: 'http://127.0.0.1:18789', accessToken: 'secret-token' };

function connectionOf(fields: Record<string, unknown>): Record<string, unknown> {
	const read = readConnection({ ...VALID, ...fields });
	if (!read.ok) throw new Error(read.reason.message);
	const { baseUrl, inboundPath, hooksPath, ignoreSslIssues } = read.connection;
	return { baseUrl, inboundPath, hooksPath, ignoreSslIssues };
}

function connectionTo(gatewayUrl: string): GatewayConnection {
	const read = readConnection({ ...VALID, gatewayUrl });
	if (!read.ok) throw new Error(read.reason.message);
	return read.connection;
}

function reasonOf(fields: Record<string, unknown>): string {
	const read = readConnection({ ...VALID, ...fields });
	return read.ok ? '' : read.reason.message;
}

test('fills in the paths of a usual gateway', () => {
	expect(connectionOf({})).toEqual({
		baseUrl: 'http://127.0.0.1:18789',
		inboundPath: '/webhooks/inbound',
		hooksPath: '/hooks',
		ignoreSslIssues: false,
	});
});

test.each([
	['https://gateway.example', 'https://gateway.example'],
	[' https://gateway.example/ ', 'https://gateway.example'],
	['https://gateway.example/openclaw//', 'https://gateway.example/openclaw'],
	['http://[::1]:18789', 'http://[::1]:18789'],
	['https://gateway.example/?token=x#y', 'https://gateway.example'],
])('takes the gateway URL %j as %j', (gatewayUrl, expected) => {
	expect(connectionOf({ gatewayUrl }).baseUrl).toBe(expected);
});

test.each([
	'',
	'   ',
	'gateway:18789',
	'ftp://gateway',
	'http://',
	'http://me:pw@gateway',
	7,
	null,
])('refuses %j as the gateway URL', (gatewayUrl) => {
	expect(reasonOf({ gatewayUrl })).toBe("'Gateway URL' in the credential is not a web address");
});

test('asks for a token', () => {
	expect(reasonOf({ accessToken: ' ' })).toBe(
		"'Access Token' and 'Hook Token' in the credential are empty",
	);
	expect(reasonOf({ accessToken: '', hookToken: 'secret-token' })).toBe('');
});

test('finds a token of the plugin in the wrong field', () => {
	expect(reasonOf({ hookToken: 'ocw_4mzq0c7k2v_x' })).toBe(
		"'Hook Token' in the credential holds a token of the plugin",
	);
});

test.each([
	['/hooks/agent', 'hook', 'access', 'hook'],
	['/hooks/wake', '', 'access', ''],
	['/webhooks/inbound/alert', 'hook', 'access', 'access'],
	['/webhooks/inbound/alert', 'hook', '', 'hook'],
	['/hooksmith', 'hook', 'access', 'access'],
])('to %s goes, of %j and %j, the token %j', (path, hookToken, accessToken, expected) => {
	expect(tokenAt({ ...connectionTo('http://gateway'), hookToken, accessToken }, path)).toBe(
		expected,
	);
});

test.each(['two words', 'line\nbreak', 'naïve'])('refuses a token no header can carry', (token) => {
	const reasons = [reasonOf({ accessToken: token }), reasonOf({ hookToken: token })];
	expect(reasons).toEqual([
		"'Access Token' in the credential contains blanks or special characters",
		"'Hook Token' in the credential contains blanks or special characters",
	]);
	expect(reasons.join(' ')).not.toContain(token);
});

test.each([
	['hooks', '/hooks'],
	['/hooks/', '/hooks'],
	[' /my/hooks ', '/my/hooks'],
	['/a b', '/a%20b'],
	['', '/hooks'],
])('takes the hooks path %j as %j', (hooksPath, expected) => {
	expect(connectionOf({ hooksPath }).hooksPath).toBe(expected);
});

test.each(['/', '/a/../b', '/a//b', '/a?b', '/a#b', 'http://elsewhere/a'])(
	'refuses %j as a path',
	(path) => {
		expect(reasonOf({ inboundPath: path })).toBe("'Inbound Path' in the credential is not a path");
		expect(reasonOf({ hooksPath: path })).toBe("'Hooks Path' in the credential is not a path");
	},
);

test.each([
	['alert', 'alert'],
	['/deploy/prod env/', 'deploy/prod%20env'],
	['告警', '%E5%91%8A%E8%AD%A6'],
	['a?b#c%', 'a%3Fb%23c%25'],
])('escapes the name %j as %j', (name, expected) => {
	expect(encodePath(name)).toBe(expected);
});

test.each(['', '/', '..', '../v1/models', 'a/./b', 'a//b', 'half \ud83d'])(
	'refuses the name %j, which leads elsewhere',
	(name) => {
		expect(encodePath(name)).toBeUndefined();
	},
);

test.each([
	[
		'http://localhost:5678/webhook/x',
		'http://gateway.example:18789',
		/cannot reach n8n at localhost/,
	],
	['http://127.0.0.1:5678/webhook/x', 'http://openclaw:18789', /cannot reach n8n/],
	['', 'http://openclaw:18789', /does not know the address/],
])('finds that %s cannot be reached from %s', (url, gateway, pattern) => {
	expect(unreachableFromGateway(url, connectionTo(gateway))?.message).toMatch(pattern);
});

test.each([
	['http://localhost:5678/webhook/x', 'http://127.0.0.1:18789'],
	['https://n8n.example/webhook/x', 'http://openclaw:18789'],
])('lets %s pass for %s', (url, gateway) => {
	expect(unreachableFromGateway(url, connectionTo(gateway))).toBeUndefined();
});
