import { REDACTED, redactSecrets } from '../../../openclaw-plugin/src/events/redactSecrets';

describe('keys of secrets', () => {
	it.each([
		'password',
		'PASSWORD',
		'db_password',
		'passwd',
		'pwd',
		'passphrase',
		'secret',
		'client-secret',
		'clientSecret',
		'token',
		'access_token',
		'refreshToken',
		'tokens',
		'apiKey',
		'api_key',
		'X-API-Key',
		'OPENAI_API_KEY',
		'authorization',
		'Proxy-Authorization',
		'auth',
		'bearer',
		'credentials',
		'private_key',
		'AWS_SECRET_ACCESS_KEY',
		'accessKey',
		'cookie',
		'Set-Cookie',
	])('%s', (key) => {
		expect(redactSecrets({ [key]: 'hidden' })).toEqual({ [key]: REDACTED });
	});
});

describe('other keys', () => {
	it.each(['path', 'key', 'author', 'keyword', 'authority', 'compass', 'cwd', 'pass'])(
		'%s',
		(key) => {
			expect(redactSecrets({ [key]: 'shown' })).toEqual({ [key]: 'shown' });
		},
	);

	it.each([
		['maxTokens', 4096],
		['tokenCount', 0],
		['useToken', true],
		['isSecret', false],
		['token', null],
		['password', ''],
	])('%s: %j', (key, value) => {
		expect(redactSecrets({ [key]: value })).toEqual({ [key]: value });
	});
});

it('replaces whatever stands under such a key', () => {
	expect(redactSecrets({ password: 1234, credentials: { user: 'u' }, tokens: ['a'] })).toEqual({
		password: REDACTED,
		credentials: REDACTED,
		tokens: REDACTED,
	});
});

it('looks into objects and lists', () => {
	const params = { steps: [{ env: { API_TOKEN: 't', HOME: '/' } }, 'text', 5, null] };

	expect(redactSecrets(params)).toEqual({
		steps: [{ env: { API_TOKEN: REDACTED, HOME: '/' } }, 'text', 5, null],
	});
});

it('replaces the value of a pair that names a secret', () => {
	const headers = [
		{ name: 'Authorization', value: 'Bearer t' },
		{ key: 'X-Api-Key', Value: 'k' },
		{ name: 'Accept', value: 'text/html' },
		{ name: 'maxTokens', value: 5 },
	];

	expect(redactSecrets(headers)).toEqual([
		{ name: 'Authorization', value: REDACTED },
		{ key: 'X-Api-Key', Value: REDACTED },
		{ name: 'Accept', value: 'text/html' },
		{ name: 'maxTokens', value: 5 },
	]);
});

it('leaves the original as it is', () => {
	const params = { nested: { token: 't' } };
	redactSecrets(params);

	expect(params).toEqual({ nested: { token: 't' } });
});

it('writes the same JSON where there is no secret', () => {
	const params = {
		text: 'x',
		list: [1, [2]],
		at: new Date(0),
		bytes: Buffer.from('b'),
		none: undefined,
		['__proto__']: 1,
	};

	expect(JSON.stringify(redactSecrets(params))).toBe(JSON.stringify(params));
	expect(JSON.stringify(redactSecrets(JSON.parse('{"__proto__":{"token":"t"}}')))).toBe(
		'{"__proto__":{"token":"[redacted]"}}',
	);
});

it('keeps what is no object', () => {
	expect([undefined, null, 'token', 5, true].map(redactSecrets)).toEqual([
		undefined,
		null,
		'token',
		5,
		true,
	]);
});

it('ends with cycles', () => {
	const params: Record<string, unknown> = { token: 't' };
	params.self = params;
	const copy = redactSecrets(params) as typeof params;

	expect(copy.self).toBe(copy);
	expect(copy.token).toBe(REDACTED);
});

it('lets nothing out that is too deep to be looked through', () => {
	let params: unknown = { token: 'deep' };
	for (let depth = 0; depth < 200; depth += 1) params = { inner: params };

	expect(JSON.stringify(redactSecrets(params))).not.toContain('deep');
});

describe('JSON within a text', () => {
	it.each([
		['{"user":"u","password":"p\\"x"}', '{"user":"u","password":"[redacted]"}'],
		[
			'[\n  { "apiKey" : "k", "id": 12345678901234567890 }\n]',
			'[\n  { "apiKey" : "[redacted]", "id": 12345678901234567890 }\n]',
		],
		[
			'Answer: {"credentials":{"a":["]}",{"b":1}]},"n":1} done',
			'Answer: {"credentials":"[redacted]","n":1} done',
		],
		['{"pwd":1234,"maxTokens":4096,"next":1}', '{"pwd":"[redacted]","maxTokens":4096,"next":1}'],
		['{"token":null,"secret":"","isSecret":true}', '{"token":null,"secret":"","isSecret":true}'],
		['{"token":"cut off', '{"token":"[redacted]"'],
		['{"token":"cut off\\', '{"token":"[redacted]"'],
		['{"secret":["cut off', '{"secret":"[redacted]"'],
		['{"access\\u005ftoken":"k"}', '{"access\\u005ftoken":"[redacted]"}'],
		['the password is "x": no', 'the password is "x": no'],
	])('%s', (text, expected) => {
		expect(redactSecrets({ content: [{ type: 'text', text }] })).toEqual({
			content: [{ type: 'text', text: expected }],
		});
	});

	it('takes time by the length of the text, whatever is in it', () => {
		const texts = ['\\"', '"', '"token":', '{"secret":[', '"a":"b",'].map(
			(piece) => `token ${piece.repeat(300_000)}`,
		);
		const begin = performance.now();
		for (const text of texts) redactSecrets(text);
		expect(performance.now() - begin).toBeLessThan(5000);
	});
});
