import { createSecret } from '../../protocol/secret';

describe('createSecret', () => {
	it('makes secrets of 32 bytes, each another', () => {
		const secret = createSecret();
		expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
		expect(createSecret()).not.toBe(secret);
	});
});
