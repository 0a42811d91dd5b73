import { findHostRefusal, guardedLookup } from '../../../openclaw-plugin/src/delivery/hostGuard';
import type { GuardedEndpoint } from '../../../openclaw-plugin/src/delivery/hostGuard';
import { TEST_HOST_RULES } from './support/hostRules';

const closed: GuardedEndpoint = { name: 'crm' };
const open: GuardedEndpoint = { name: 'crm', allowPrivateHosts: true };

function check(url: string, guarded: GuardedEndpoint): string {
	return findHostRefusal(new URL(url), guarded, TEST_HOST_RULES) ?? 'allowed';
}

async function look(hostname: string, guarded: GuardedEndpoint, all: boolean): Promise<unknown> {
	return await new Promise((resolve) => {
		guardedLookup(guarded, TEST_HOST_RULES)(hostname, { all }, (error, address, family) => {
			resolve(error === null ? (all ? address : { address, family }) : error.message);
		});
	});
}

describe('findHostRefusal', () => {
	it('names the setting that allows a private host', () => {
		expect(check('http://127.0.0.1:5678/hook', closed)).toBe(
			"'127.0.0.1' is in a private network or reserved, so nothing was sent. If it is yours, set allowPrivateHosts: true for the endpoint 'crm', or name it: [\"127.0.0.1\"]",
		);
		expect(check('http://127.0.0.1:5678/hook', open)).toBe('allowed');
	});

	it('lets public hosts through', () => {
		expect(check('https://n8n.example/hook', closed)).toBe('allowed');
		expect(check('https://93.184.216.34/hook', closed)).toBe('allowed');
	});

	it.each([
		'http://169.254.169.254/latest/meta-data',
		'http://2852039166/',
		'http://[fe80::1]/',
		'http://[::ffff:169.254.169.254]/',
		'http://[fd00:ec2::254]/',
		'http://100.100.100.200/',
	])('never allows %s', (url) => {
		expect(check(url, open)).toContain('Nothing is ever sent there');
	});
});

describe('a list of private hosts', () => {
	const only = (...hosts: string[]): GuardedEndpoint => ({ name: 'crm', allowPrivateHosts: hosts });

	it.each([
		['http://10.1.2.3/', ['10.1.2.3']],
		['http://10.1.2.3/', ['192.168.0.0/16', '10.0.0.0/8']],
		['http://[::1]/', ['::1']],
		['http://[fd00::7]/', ['fd00::/8']],
	])('allows %s by %j', (url, hosts) => {
		expect(check(url, only(...hosts))).toBe('allowed');
	});

	it.each([
		['http://10.1.2.3/', ['10.1.2.4']],
		['http://10.1.2.3/', ['10.1.3.0/24']],
		['http://10.1.2.3/', ['*.lan', 'n8n.internal']],
		['http://10.1.2.3/', []],
	])('does not allow %s by %j', (url, hosts) => {
		expect(check(url, only(...hosts))).toContain('is in a private network or reserved');
	});

	it('says which entry is missing', () => {
		expect(check('http://127.0.0.1/', only('10.0.0.0/8'))).toBe(
			"'127.0.0.1' is in a private network or reserved, so nothing was sent. If it is yours, add \"127.0.0.1\" to allowPrivateHosts of the endpoint 'crm'",
		);
	});

	it('allows a name, whatever it resolves to', async () => {
		expect(await look('localhost', only('LOCALHOST'), true)).toEqual(
			expect.arrayContaining([expect.objectContaining({ address: expect.any(String) as string })]),
		);
		expect(await look('localhost', only('*.localhost'), true)).toContain('add "localhost" to');
		const local = only('127.0.0.0/8', '::1');
		expect(check('http://localhost/', local)).toBe('allowed');
		expect(await look('localhost', local, true)).toEqual(expect.any(Array));
		expect(await look('localhost', only('10.0.0.0/8'), true)).toContain('add "localhost" to');
	});

	it('never allows what gives credentials away', () => {
		expect(check('http://169.254.169.254/', only('169.254.0.0/16'))).toContain(
			'Nothing is ever sent there',
		);
	});
});

describe('an address that a proxy program made up', () => {
	it('is named as such', () => {
		const message = check('http://198.18.0.7/', closed);
		expect(message).toContain('fake-IP DNS, 198.18.0.0/15');
		expect(message).toContain('allowPrivateHosts: ["198.18.0.0/15"] for the endpoint');
	});

	it('is allowed where the program may lead', () => {
		expect(check('http://198.18.0.7/', open)).toBe('allowed');
		const listed = { name: 'crm', allowPrivateHosts: ['198.18.0.0/15'] };
		expect(check('http://198.19.255.1/', listed)).toBe('allowed');
	});
});

describe('guardedLookup', () => {
	it('refuses a name by the address it resolves to', async () => {
		const message = await look('localhost', closed, true);
		expect(message).toMatch(/^'localhost' resolves to (127\.0\.0\.1|::1), which is in a private/);
	});

	it('resolves a name in both forms that sockets ask for', async () => {
		expect(await look('localhost', open, true)).toEqual(
			expect.arrayContaining([expect.objectContaining({ address: expect.any(String) as string })]),
		);
		const one = await look('localhost', open, false);
		expect(one).toEqual({
			address: expect.any(String) as string,
			family: expect.any(Number) as number,
		});
	});

	it('passes on that a name does not exist', async () => {
		expect(await look('does-not-exist.invalid', open, true)).toContain('does-not-exist.invalid');
	});
});
