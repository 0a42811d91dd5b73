import CryptoJS from 'crypto-js';
import { createStandardWebhookKeys, describeSecretFault } from '../../protocol';
import { createSecret, deriveSecret } from '../../protocol/secret';

describe('createSecret', () => {
	it('makes secrets of 32 bytes, each another', () => {
		const secret = createSecret();
		expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
		expect(createSecret()).not.toBe(secret);
	});
});

describe('deriveSecret', () => {
	it('makes the same secret of the same key and purpose, and of no others', () => {
		const secret = deriveSecret('key', 'callback');
		expect(secret).toBe(deriveSecret('key', 'callback'));
		expect(secret).toBe(
			`whsec_${CryptoJS.HmacSHA256('callback', 'key').toString(CryptoJS.enc.Base64)}`,
		);
		expect(deriveSecret('key', 'other')).not.toBe(secret);
		expect(deriveSecret('other', 'callback')).not.toBe(secret);
	});
});

describe('a secret that is written in another way', () => {
	const key = Buffer.from('>>>???>>>');
	const [standard, url] = [key.toString('base64'), key.toString('base64url')];

	it.each([`whsec_${standard}`, `v1,whsec_${standard}`, `whsec_${url}`, `v1,whsec_${url}`])(
		'is the key that it stands for: %s',
		(secret) => {
			expect(standard).not.toBe(url);
			expect(createStandardWebhookKeys(secret)[0]?.export()).toEqual(key);
			expect(describeSecretFault(secret)).toBeUndefined();
		},
	);

	it.each(['plain', 'new old', 'whsec_b2xk whsec_bmV3', 'v1,whsec_b2xk whsec_bmV3', ''])(
		'may be %j',
		(secret) => {
			expect(describeSecretFault(secret)).toBeUndefined();
		},
	);

	it.each([
		['whsec_!!!!', 'not Base64'],
		['v1,whsec_ä', 'not Base64'],
		['whsec_', 'not Base64'],
		['whsec_a+b-', 'not Base64'],
		['whsec_b2xk b2xk', 'a blank inside'],
	])('is refused where it is not sure: %j', (secret, fault) => {
		expect(describeSecretFault(secret)).toContain(fault);
	});
});
