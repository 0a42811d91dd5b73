import { checkConfig } from '../../protocol';

const PLACE = 'inbound.endpoints.a.auth';

/** Issues of an `auth`, and what it is read as. */
function read(auth: unknown): { readonly auth: unknown; readonly issues: readonly string[] } {
	const checked = checkConfig({
		inbound: { endpoints: { a: { agentId: 'main', template: '{{body.a}}', auth } } },
	});
	if (!checked.ok) return { auth: undefined, issues: checked.issues.map(({ message }) => message) };
	return { auth: checked.config.inbound?.endpoints.a?.auth, issues: [] };
}

describe("an inbound endpoint's auth", () => {
	it.each(['github', 'gitlab', 'shopify'])('can be %s', (type) => {
		expect(read({ type, secret: 'two words' })).toEqual({
			auth: { type, secrets: ['two words'] },
			issues: [],
		});
	});

	it('may refer to secrets that the gateway keeps elsewhere', () => {
		const reference = { source: 'env', provider: 'default', id: 'NEW_SECRET' };
		expect(read({ type: 'github', secret: reference })).toEqual({
			auth: { type: 'github', secrets: [], unresolved: [reference] },
			issues: [],
		});
		expect(read({ type: 'hmac', header: 'X', secret: ['old', reference] }).auth).toMatchObject({
			secrets: ['old'],
			unresolved: [reference],
		});
		const { issues } = read({ type: 'github', secret: [{ source: 'env', key: 'A' }] });
		expect(issues).toEqual([
			`'${PLACE}.secret[0].key' is not a known key. Possible here: source, provider, id`,
			`'${PLACE}.secret[0].id' is missing`,
		]);
	});

	it.each(['stripe', 'slack', 'standard-webhooks'])('can be %s, with a tolerance', (type) => {
		expect(read({ type, secret: ['a', 'b'] }).auth).toEqual({
			type,
			secrets: ['a', 'b'],
			toleranceSeconds: 300,
		});
		expect(read({ type, secret: 'a', toleranceSeconds: 60 }).auth).toMatchObject({
			toleranceSeconds: 60,
		});
	});

	it('can be a digest in any header', () => {
		expect(read({ type: 'hmac', secret: 'a', header: 'X-Sig' }).auth).toEqual({
			type: 'hmac',
			secrets: ['a'],
			header: 'x-sig',
			algorithm: 'sha256',
			encoding: 'hex',
			prefix: '',
			signed: '{body}',
			toleranceSeconds: 300,
		});
		const all = {
			type: 'hmac',
			secret: '${A}',
			header: 'X-Sig',
			algorithm: 'sha512',
			encoding: 'base64',
			prefix: 'v1=',
			signed: 'v1:{timestamp}:{body}',
			timestampHeader: 'X-Time',
			toleranceSeconds: 3600,
			deliveryId: 'headers.x-id',
		};
		expect(read(all).auth).toEqual({
			type: 'hmac',
			secrets: ['${A}'],
			header: 'x-sig',
			algorithm: 'sha512',
			encoding: 'base64',
			prefix: 'v1=',
			signed: 'v1:{timestamp}:{body}',
			timestampHeader: 'x-time',
			toleranceSeconds: 3600,
			deliveryId: 'headers.x-id',
		});
	});

	it('signs the usual where nothing is said', () => {
		const hmac = { type: 'hmac', secret: 'a', header: 'X-Sig' };
		expect(read({ ...hmac, timestampHeader: 'T' }).auth).toMatchObject({
			signed: '{timestamp}.{body}',
		});
		expect(read({ ...hmac, signed: 'body' }).auth).toMatchObject({ signed: '{body}' });
		expect(read({ ...hmac, signed: 'a-{body}' }).auth).toMatchObject({ signed: 'a-{body}' });
	});

	it('can be the secret in any header', () => {
		const token = { type: 'token', secret: 'a', header: 'X-Key' };
		expect(read(token).auth).toEqual({ type: 'token', secrets: ['a'], header: 'x-key' });
		expect(read({ ...token, deliveryId: 'body.id' }).auth).toMatchObject({ deliveryId: 'body.id' });
	});

	const hmac = { type: 'hmac', secret: 'a', header: 'X-Sig' };
	it.each<[string, unknown, readonly string[]]>([
		['no object', 'github', [`'${PLACE}' must be an object`]],
		['nothing', null, [`'${PLACE}' must be an object`]],
		['without a type', { secret: 'a' }, [`'${PLACE}.type' is missing`]],
		[
			'of a type that is misspelt',
			{ type: 'githb', secret: 'a' },
			[`'${PLACE}.type' is not a kind of sender. Did you mean 'github'?`],
		],
		[
			'of an unknown type',
			{ type: 'xyz', secret: 'a' },
			[
				`'${PLACE}.type' is not a kind of sender. Possible here: github, gitlab, stripe, slack, standard-webhooks, shopify, hmac, token`,
			],
		],
		['without a secret', { type: 'github' }, [`'${PLACE}.secret' is missing`]],
		[
			'with an empty secret',
			{ type: 'github', secret: '' },
			[`'${PLACE}.secret' must not be empty`],
		],
		['with a number', { type: 'github', secret: 7 }, [`'${PLACE}.secret' must be a text`]],
		[
			'with a line break at its end',
			{ type: 'github', secret: 'a\n' },
			[
				`'${PLACE}.secret' begins or ends with a blank or a line break. Remove it, in the environment variable where it comes from one`,
			],
		],
		[
			'with an empty secret among others',
			{ type: 'slack', secret: ['a', ''] },
			[`'${PLACE}.secret[1]' must not be empty`],
		],
		[
			'with no secrets',
			{ type: 'slack', secret: [] },
			[`'${PLACE}.secret' must have from 1 to 5 secrets`],
		],
		[
			'with six',
			{ type: 'slack', secret: Array(6).fill('a') },
			[`'${PLACE}.secret' must have from 1 to 5 secrets`],
		],
		[
			'with a key that is misspelt',
			{ type: 'github', secert: 'a' },
			[
				`'${PLACE}.secert' is not a known key. Did you mean 'secret'?`,
				`'${PLACE}.secret' is missing`,
			],
		],
		[
			'with a key of another type',
			{ type: 'github', secret: 'a', header: 'X' },
			[`'${PLACE}.header' is not a known key. Possible here: type, secret`],
		],
		[
			'with a tolerance of a day',
			{ type: 'stripe', secret: 'a', toleranceSeconds: 86_400 },
			[`'${PLACE}.toleranceSeconds' must be a whole number from 1 to 3600`],
		],
		[
			'as a digest without a header',
			{ type: 'hmac', secret: 'a' },
			[`'${PLACE}.header' is missing`],
		],
		[
			'as a token without a header',
			{ type: 'token', secret: 'a' },
			[`'${PLACE}.header' is missing`],
		],
		[
			'with a header that cannot be',
			{ ...hmac, header: 'X Sig' },
			[`'${PLACE}.header' is not a possible header name`],
		],
		[
			'with an algorithm that is misspelt',
			{ ...hmac, algorithm: 'sha-256' },
			[`'${PLACE}.algorithm' is not known. Did you mean 'sha256'?`],
		],
		[
			'with an unknown encoding',
			{ ...hmac, encoding: 'utf8' },
			[`'${PLACE}.encoding' is not known. Possible here: hex, base64`],
		],
		[
			'with an encoding that is no text',
			{ ...hmac, encoding: 1 },
			[`'${PLACE}.encoding' must be a text`],
		],
		['with nothing signed', { ...hmac, signed: '' }, [`'${PLACE}.signed' must not be empty`]],
		[
			'with a time that is signed and nowhere',
			{ ...hmac, signed: '{timestamp}.{body}' },
			[`'${PLACE}.timestampHeader' is missing: 'signed' has {timestamp}`],
		],
		[
			'with a time that is not signed',
			{ ...hmac, signed: 'body', timestampHeader: 'T' },
			[`'${PLACE}.signed' must have {timestamp}: a time that is not signed proves nothing`],
		],
		[
			'with a path that is none',
			{ ...hmac, deliveryId: 'id' },
			[`'${PLACE}.deliveryId' must be a path such as 'body.title'`],
		],
		[
			'with a header in capitals',
			{ ...hmac, deliveryId: 'headers.X-Id' },
			[`'${PLACE}.deliveryId' must have the header's name in small letters: 'headers.x-id'`],
		],
	])('cannot be %s', (_, auth, issues) => {
		expect(read(auth).issues).toEqual(issues);
	});

	it.each(['{body', '{body}.', '{body}{body}', '{id}.{body}', '{timestamp}{timestamp}{body}', 'x'])(
		'cannot sign %s',
		(signed) => {
			expect(read({ ...hmac, signed, timestampHeader: 'T' }).issues).toEqual([
				`'${PLACE}.signed' must be 'body' or a text such as '{timestamp}.{body}' that ends with it`,
			]);
		},
	);
});
