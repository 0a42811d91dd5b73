import { createSecret, isSecret, secretId } from '../../../openclaw-plugin/src/endpoints/secret';

describe('secrets', () => {
	it('are made in the form that is asked for', () => {
		const made = Array.from({ length: 100 }, createSecret);
		expect(made.every(isSecret)).toBe(true);
		expect(new Set(made).size).toBe(100);
	});

	it.each([
		'whsec_',
		'whsec_AAAA',
		`whsec_${Buffer.alloc(23).toString('base64')}`,
		`whsec_${Buffer.alloc(65).toString('base64')}`,
		`${createSecret()} `,
		createSecret().slice(6),
		createSecret().replace('=', ''),
		createSecret().replace(/.=$/, '-='),
	])('%j is none', (text) => {
		expect(isSecret(text)).toBe(false);
	});

	it('have a name that tells them apart and does not tell them', () => {
		const secret = createSecret();
		expect(secretId(secret)).toMatch(/^[0-9a-f]{16}$/);
		expect(secretId(secret)).toBe(secretId(secret));
		expect(secretId(secret)).not.toBe(secretId(createSecret()));
	});
});
