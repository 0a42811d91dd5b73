import CryptoJS from 'crypto-js';
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
