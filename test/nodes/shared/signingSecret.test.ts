import { checkSigningSecret } from '../../../nodes/shared/signingSecret';

test.each([undefined, '', '  ', 'whsec_abc', 'whsec_old whsec_new', 'any words, too', 'a,b'])(
	'lets %j pass',
	(secret) => {
		expect(checkSigningSecret(secret)).toBeUndefined();
	},
);

test.each([
	['${N8N_SECRET}', 'placeholder'],
	['whsec_a ${OTHER}', 'placeholder'],
	['{{ $vars.secret }}', 'placeholder'],
	['"whsec_abc"', 'quotation marks'],
	["whsec_abc'", 'quotation marks'],
	['whsec_a,whsec_b', 'commas'],
	['whsec_a, whsec_b', 'commas'],
])('says what is wrong with %j, without repeating it', (secret, word) => {
	const reason = checkSigningSecret(secret);
	expect(reason?.message).toContain(word);
	expect(reason?.message).not.toContain('whsec_');
});
