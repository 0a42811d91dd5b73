import { createRedactor } from '../../../openclaw-plugin/src/delivery/redact';

const ENDPOINT = {
	secrets: ['whsec_c2VjcmV0IG9uZQ', 'an older secret'],
	headers: { Authorization: 'Bearer abc.def.ghi', 'X-Short': 'on', 'X-API-Key': 'key-$&-1' },
};
const redact = createRedactor(
	ENDPOINT,
	new URL('https://user:p%40ssword@crm.example/hook?token=q%20secret&v=2'),
);

it.each([
	['secrets', 'got whsec_c2VjcmV0IG9uZQ and an older secret', 'got [redacted] and [redacted]'],
	['a secret without its prefix', 'c2VjcmV0IG9uZQ', '[redacted]'],
	['values of headers', '{"authorization":"Bearer abc.def.ghi"}', '{"authorization":"[redacted]"}'],
	['tokens of headers', 'token abc.def.ghi is bad', 'token [redacted] is bad'],
	['values with special characters', 'key-$&-1!', '[redacted]!'],
	['the password of the URL', 'p@ssword p%40ssword', '[redacted] [redacted]'],
	['the query of the URL', 'q secret, q%20secret, 2', '[redacted], [redacted], 2'],
	['signatures', `sha256=${'a'.repeat(64)},v1,${'B'.repeat(43)}=`, '[redacted],[redacted]'],
	['nothing else', 'The value on is fine', 'The value on is fine'],
])('takes out %s', (_, text, expected) => {
	expect(redact(text)).toBe(expected);
});

it('copes with URLs that are not well written', () => {
	const url = new URL('https://user:100%secret@crm.example/?q=%E0%A4%A');
	expect(createRedactor(ENDPOINT, url)('100%secret')).toBe('[redacted]');
});

it('keeps 2 KB', () => {
	expect(redact(`${'x'.repeat(2047)}👍`)).toBe('x'.repeat(2047));
	expect(redact('y'.repeat(5000))).toHaveLength(2048);
	expect(redact(' \n')).toBeUndefined();
});

it('leaves no part of a secret at the cut', () => {
	expect(redact(`${'x'.repeat(2040)}an older secret`)).toBe(`${'x'.repeat(2040)}[redacte`);
});
