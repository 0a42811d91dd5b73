import { checkHost, guardedLookup } from '../../../openclaw-plugin/src/delivery/hostGuard';
import type { GuardedHost } from '../../../openclaw-plugin/src/delivery/hostGuard';
import { TEST_HOST_RULES } from './support/hostRules';

const closed: GuardedHost = { endpoint: 'crm', allowPrivateHosts: false };
const open: GuardedHost = { endpoint: 'crm', allowPrivateHosts: true };

function check(url: string, guarded: GuardedHost): string {
	try {
		checkHost(new URL(url), guarded, TEST_HOST_RULES);
		return 'allowed';
	} catch (error) {
		return error instanceof Error ? error.message : '';
	}
}

async function look(hostname: string, guarded: GuardedHost, all: boolean): Promise<unknown> {
	return await new Promise((resolve) => {
		guardedLookup(guarded, TEST_HOST_RULES)(hostname, { all }, (error, address, family) => {
			resolve(error === null ? (all ? address : { address, family }) : error.message);
		});
	});
}

describe('checkHost', () => {
	it('names the setting that allows a private host', () => {
		expect(check('http://127.0.0.1:5678/hook', closed)).toBe(
			"'127.0.0.1' is in a private network or reserved, so nothing was sent. If it is yours, set allowPrivateHosts: true for the endpoint 'crm'",
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
