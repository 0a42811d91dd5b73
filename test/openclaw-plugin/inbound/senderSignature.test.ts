import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HmacSHA1, HmacSHA256, HmacSHA512, enc } from 'crypto-js';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { createSenderCheck } from '../../../openclaw-plugin/src/inbound/senderSignature';
import type { HmacAuth, SenderAuth } from '../../../openclaw-plugin/src/protocol';

const fixture = (name: string) =>
	readFileSync(join(__dirname, '../../fixtures/senders', name), 'utf8');

type Headers = Readonly<Record<string, string | undefined>>;

/** The verdict: `ok`, or why not. */
function verdictOf(auth: SenderAuth, headers: Headers, body: string | Buffer, now = 0): string {
	const claim = createSenderCheck(auth)(headers, now);
	if (!claim.ok) return claim.reason;
	const verdict = claim.verify(Buffer.from(body));
	return verdict.ok ? 'ok' : verdict.reason;
}

/** How a sender signs in these tests, with an implementation that is not the plugin's. */
interface Sender {
	readonly auth: (...secrets: string[]) => SenderAuth;
	readonly sign: (secret: string, body: string, time: number) => Headers | Promise<Headers>;
	readonly header: string;
	/** The digest of the header with another one in its place. */
	readonly empty: string;
	readonly timeHeader?: string;
}

const NOW = 1_773_484_200;
const HMAC: Omit<HmacAuth, 'secrets'> = {
	type: 'hmac',
	header: 'x-signature',
	algorithm: 'sha512',
	encoding: 'base64',
	prefix: '',
	signed: '{body}',
	toleranceSeconds: 300,
};
const hex = (secret: string, text: string) => HmacSHA256(text, secret).toString();

const SENDERS: Readonly<Record<string, Sender>> = {
	github: {
		auth: (...secrets) => ({ type: 'github', secrets }),
		sign: (secret, body) => ({ 'x-hub-signature-256': `sha256=${hex(secret, body)}` }),
		header: 'x-hub-signature-256',
		empty: 'sha256=',
	},
	gitlab: {
		auth: (...secrets) => ({ type: 'gitlab', secrets }),
		sign: (secret) => ({ 'x-gitlab-token': secret }),
		header: 'x-gitlab-token',
		empty: ' ',
	},
	shopify: {
		auth: (...secrets) => ({ type: 'shopify', secrets }),
		sign: (secret, body) => ({
			'x-shopify-hmac-sha256': HmacSHA256(body, secret).toString(enc.Base64),
		}),
		header: 'x-shopify-hmac-sha256',
		empty: '=',
	},
	stripe: {
		auth: (...secrets) => ({ type: 'stripe', secrets, toleranceSeconds: 300 }),
		sign: (secret, payload, timestamp) => ({
			'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }),
		}),
		header: 'stripe-signature',
		empty: `t=${String(NOW)},v1=`,
	},
	slack: {
		auth: (...secrets) => ({ type: 'slack', secrets, toleranceSeconds: 300 }),
		sign: (secret, body, time) => ({
			'x-slack-signature': `v0=${hex(secret, `v0:${String(time)}:${body}`)}`,
			'x-slack-request-timestamp': String(time),
		}),
		header: 'x-slack-signature',
		empty: 'v0=',
		timeHeader: 'x-slack-request-timestamp',
	},
	'standard-webhooks': {
		auth: (...secrets) => ({ type: 'standard-webhooks', secrets, toleranceSeconds: 300 }),
		sign: (secret, body, time) => ({
			'webhook-id': 'msg_1',
			'webhook-timestamp': String(time),
			'webhook-signature': new Webhook(secret, { format: 'raw' }).sign(
				'msg_1',
				new Date(time * 1000),
				body,
			),
		}),
		header: 'webhook-signature',
		empty: 'v1,',
		timeHeader: 'webhook-timestamp',
	},
	hmac: {
		auth: (...secrets) => ({ ...HMAC, secrets }),
		sign: (secret, body) => ({ 'x-signature': HmacSHA512(body, secret).toString(enc.Base64) }),
		header: 'x-signature',
		empty: '=',
	},
	'hmac with a time': {
		auth: (...secrets) => ({
			...HMAC,
			secrets,
			algorithm: 'sha1',
			encoding: 'hex',
			prefix: 'v1=',
			signed: 'x:{timestamp}:{body}',
			timestampHeader: 'x-time',
		}),
		sign: (secret, body, time) => ({
			'x-signature': `v1=${HmacSHA1(`x:${String(time)}:${body}`, secret).toString()}`,
			'x-time': String(time),
		}),
		header: 'x-signature',
		empty: 'v1=',
		timeHeader: 'x-time',
	},
	token: {
		auth: (...secrets) => ({ type: 'token', secrets, header: 'x-api-key' }),
		sign: (secret) => ({ 'x-api-key': secret }),
		header: 'x-api-key',
		empty: ' ',
	},
};
const BODY = fixture('github-issue-opened.json');
const names = Object.keys(SENDERS);
const signing = names.filter((name) => name !== 'gitlab' && name !== 'token');
const timed = names.filter((name) => name === 'stripe' || SENDERS[name]?.timeHeader !== undefined);
const of = (name: string): Sender => {
	const sender = SENDERS[name];
	if (sender === undefined) throw new Error(name);
	return sender;
};

describe('the example that a sender publishes is genuine:', () => {
	it('of GitHub', () => {
		const auth: SenderAuth = { type: 'github', secrets: ["It's a Secret to Everybody"] };
		const headers = {
			'x-hub-signature-256':
				'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
		};
		expect(verdictOf(auth, headers, 'Hello, World!')).toBe('ok');
		expect(verdictOf(auth, headers, 'Hello, World?')).toBe('signature-mismatch');
	});

	it('of Slack', () => {
		const secrets = ['8f742231b10e8888abcd99yyyzzz85a5'];
		const auth: SenderAuth = { type: 'slack', secrets, toleranceSeconds: 300 };
		const headers = {
			'x-slack-request-timestamp': '1531420618',
			'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
		};
		const body =
			'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
		expect(verdictOf(auth, headers, body, 1_531_420_618)).toBe('ok');
	});

	it('of Standard Webhooks, under the older names too', () => {
		const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
		const auth: SenderAuth = { type: 'standard-webhooks', secrets, toleranceSeconds: 300 };
		const values = {
			id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
			timestamp: '1614265330',
			signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
		};
		for (const prefix of ['webhook', 'svix']) {
			const headers = Object.fromEntries(
				Object.entries(values).map(([name, value]) => [`${prefix}-${name}`, value]),
			);
			expect(verdictOf(auth, headers, '{"test": 2432232314}', 1_614_265_330)).toBe('ok');
		}
	});
});

describe('a call is genuine', () => {
	it.each(names)('that %s signed', async (name) => {
		const headers = await of(name).sign('s3cret', BODY, NOW);
		expect(verdictOf(of(name).auth('s3cret'), headers, BODY, NOW)).toBe('ok');
	});

	it.each(names)('of %s by any of several secrets', async (name) => {
		const auth = of(name).auth('old', 'new');
		for (const secret of ['old', 'new']) {
			expect(verdictOf(auth, await of(name).sign(secret, BODY, NOW), BODY, NOW)).toBe('ok');
		}
	});

	it.each(signing)('of %s over bytes that are no UTF-8', (name) => {
		const latin1 = Buffer.from('{"a":"\xff\xfe"}', 'latin1');
		const utf8 = latin1.toString('utf8');
		expect(latin1.equals(Buffer.from(utf8))).toBe(false);
		return Promise.resolve(of(name).sign('s3cret', utf8, NOW)).then((headers) => {
			expect(verdictOf(of(name).auth('s3cret'), headers, utf8, NOW)).toBe('ok');
			expect(verdictOf(of(name).auth('s3cret'), headers, latin1, NOW)).toBe('signature-mismatch');
		});
	});

	it('with several signatures while Stripe replaces a secret', () => {
		const part = (secret: string) => `v1=${hex(secret, `${String(NOW)}.${BODY}`)}`;
		const header = `t=${String(NOW)},${part('other')},${part('s3cret')},v0=00`;
		expect(verdictOf(of('stripe').auth('s3cret'), { 'stripe-signature': header }, BODY, NOW)).toBe(
			'ok',
		);
	});

	it('with several signatures after one another, as PagerDuty sends them', () => {
		const auth: SenderAuth = {
			...HMAC,
			algorithm: 'sha256',
			encoding: 'hex',
			prefix: 'v1=',
			secrets: ['s'],
		};
		const header = `v1=${hex('other', BODY)},v1=${hex('s', BODY).toUpperCase()}`;
		expect(verdictOf(auth, { 'x-signature': header }, BODY)).toBe('ok');
	});

	it('as Grafana signs it, with a time and without', () => {
		const body = fixture('grafana-alert.json');
		const auth: HmacAuth = {
			...HMAC,
			algorithm: 'sha256',
			encoding: 'hex',
			header: 'x-grafana-alerting-signature',
			secrets: ['s'],
		};
		expect(verdictOf(auth, { 'x-grafana-alerting-signature': hex('s', body) }, body)).toBe('ok');
		const withTime: SenderAuth = {
			...auth,
			signed: '{timestamp}:{body}',
			timestampHeader: 'x-grafana-alerting-timestamp',
		};
		const headers = {
			'x-grafana-alerting-signature': hex('s', `${String(NOW)}:${body}`),
			'x-grafana-alerting-timestamp': String(NOW),
		};
		expect(verdictOf(withTime, headers, body, NOW)).toBe('ok');
	});

	it.each([
		['in milliseconds', `${String(NOW)}123`],
		['as RFC 3339', new Date(NOW * 1000).toISOString()],
		['of another zone', '2026-03-14T11:30:00+01:00'],
	])('with its time %s', (_, time) => {
		const auth = of('hmac with a time').auth('s');
		const digest = HmacSHA1(`x:${time}:${BODY}`, 's').toString();
		const headers = { 'x-signature': `v1=${digest}`, 'x-time': time };
		expect(verdictOf(auth, headers, BODY, NOW)).toBe('ok');
		expect(verdictOf(auth, headers, BODY, NOW + 400)).toBe('timestamp-too-old');
	});

	it('with a secret beyond ASCII, as a client sends it', () => {
		const sent = Buffer.from('пароль').toString('latin1');
		const auth: SenderAuth = { type: 'token', secrets: ['пароль'], header: 'x-api-key' };
		expect(verdictOf(auth, { 'x-api-key': sent }, '')).toBe('ok');
	});
});

describe('a package of the sender itself', () => {
	/** What an ES module, which these tests cannot load, signs; `expression` knows `secret` and `body`. */
	const signBy = (source: string, expression: string, secret: string) => {
		const program = `import * as sender from '${source}'; const [, secret, body] = process.argv; console.log(${expression});`;
		const args = ['--input-type=module', '-e', program, secret, BODY];
		return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
	};

	it('signs for GitHub what is genuine here', () => {
		const secret = 'GitHub’s secret';
		const module = '@octokit/webhooks-methods';
		const signature = signBy(module, 'await sender.sign(secret, body)', secret);
		const verdict = (body: string) =>
			verdictOf(of('github').auth(secret), { 'x-hub-signature-256': signature }, body, NOW);
		expect([verdict(BODY), verdict(`${BODY}\n`)]).toEqual(['ok', 'signature-mismatch']);
	});

	it('signs for Svix what is genuine here', () => {
		const secret = `whsec_${Buffer.from('a key of at least 24 bytes').toString('base64')}`;
		const time = `new Date(${String(NOW * 1000)})`;
		const expression = `new sender.Webhook(secret).sign('msg_1', ${time}, body)`;
		const signature = signBy('svix', expression, secret);
		const verdict = (id: string) => {
			const headers = { 'svix-id': id, 'svix-timestamp': String(NOW), 'svix-signature': signature };
			return verdictOf(of('standard-webhooks').auth(secret), headers, BODY, NOW);
		};
		expect([verdict('msg_1'), verdict('msg_2')]).toEqual(['ok', 'signature-mismatch']);
	});
});

describe('whatever comes', () => {
	const bytes = fc.uint8Array({ maxLength: 200 });

	it.each(signing)('a call of %s with one other bit is refused', async (name) => {
		const { auth, sign } = of(name);
		const headers = await sign('s3cret', BODY, NOW);
		fc.assert(
			fc.property(fc.nat(Buffer.byteLength(BODY) * 8 - 1), (bit) => {
				const body = Buffer.from(BODY);
				body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7));
				return verdictOf(auth('s3cret'), headers, body, NOW) === 'signature-mismatch';
			}),
		);
	});

	it.each(names)('nothing that %s has not signed is let in, and nothing throws', (name) => {
		const { auth, header, timeHeader } = of(name);
		const value = fc.oneof(
			fc.string(),
			fc.stringMatching(/^(sha256=|v[01]=|v1,|t=)?[0-9a-f]{64}$/),
		);
		fc.assert(
			fc.property(
				value,
				fc.oneof(fc.string(), fc.constant(String(NOW))),
				bytes,
				(given, time, body) => {
					const headers = {
						[header]: given,
						'webhook-id': 'msg_1',
						...(timeHeader === undefined ? {} : { [timeHeader]: time }),
					};
					return verdictOf(auth('s3cret'), headers, Buffer.from(body), NOW) !== 'ok';
				},
			),
		);
	});
});

describe('a call is refused', () => {
	const refused = async (name: string, change: Partial<Record<'secret' | 'body', string>>) => {
		const headers = await of(name).sign(change.secret ?? 's3cret', BODY, NOW);
		return verdictOf(of(name).auth('s3cret'), headers, change.body ?? BODY, NOW);
	};

	it.each(names)('of %s by the secret of another endpoint', async (name) => {
		expect(await refused(name, { secret: 'of-another' })).toBe('signature-mismatch');
	});

	it.each(signing)('of %s with a changed body', async (name) => {
		expect(await refused(name, { body: BODY.replace('42', '43') })).toBe('signature-mismatch');
		expect(await refused(name, { body: `${BODY} ` })).toBe('signature-mismatch');
		expect(await refused(name, { body: JSON.stringify(JSON.parse(BODY), null, 1) })).toBe(
			'signature-mismatch',
		);
		expect(await refused(name, { body: '' })).toBe('signature-mismatch');
	});

	it.each(names)('of %s without its header, and with an empty one', async (name) => {
		const { auth, header, empty, sign } = of(name);
		const headers = await sign('s3cret', BODY, NOW);
		const verdict = (value: string | undefined) =>
			verdictOf(auth('s3cret'), { ...headers, [header]: value }, BODY, NOW);
		expect([verdict(undefined), verdict('')]).toEqual(['missing-signature', 'missing-signature']);
		expect(verdict(empty)).toMatch(/^(?:malformed-signature|signature-mismatch)$/);
	});

	it.each(names)('of %s with a header that came twice', async (name) => {
		const { auth, header, sign } = of(name);
		const headers = await sign('s3cret', BODY, NOW);
		const twice = `${String(headers[header])}, ${String(headers[header])}`;
		expect(verdictOf(auth('s3cret'), { ...headers, [header]: twice }, BODY, NOW)).toMatch(
			/^(?:malformed-signature|signature-mismatch)$/,
		);
		const list = { ...headers, [header]: ['a', 'b'] } as unknown as Headers;
		expect(verdictOf(auth('s3cret'), list, BODY, NOW)).toBe('malformed-signature');
	});

	it.each(names)('of %s with a huge header', async (name) => {
		const { auth, header, sign } = of(name);
		const headers = await sign('s3cret', BODY, NOW);
		const bare = String(headers[header]);
		for (const value of [bare.repeat(100), `${bare},`.repeat(100), `${bare} `.repeat(100)]) {
			expect(verdictOf(auth('s3cret'), { ...headers, [header]: value }, BODY, NOW)).not.toBe('ok');
		}
	});

	it.each(timed)('of %s that is too old, or of the future', async (name) => {
		const { auth, sign } = of(name);
		const at = async (time: number) =>
			verdictOf(auth('s3cret'), await sign('s3cret', BODY, time), BODY, NOW);
		expect(await at(NOW - 300)).toBe('ok');
		expect(await at(NOW + 300)).toBe('ok');
		expect(await at(NOW - 301)).toBe('timestamp-too-old');
		expect(await at(NOW + 301)).toBe('timestamp-in-future');
	});

	it.each(timed)('of %s with a time that was not signed', async (name) => {
		const { auth, sign, timeHeader } = of(name);
		const headers = await sign('s3cret', BODY, NOW - 5000);
		const fresh =
			timeHeader === undefined
				? {
						'stripe-signature': String(headers['stripe-signature']).replace(
							/t=\d+/,
							`t=${String(NOW)}`,
						),
					}
				: { ...headers, [timeHeader]: String(NOW) };
		expect(verdictOf(auth('s3cret'), fresh, BODY, NOW)).toBe('signature-mismatch');
	});

	it.each(timed)('of %s with a time of another form', async (name) => {
		const { auth, sign, timeHeader } = of(name);
		const headers = await sign('s3cret', BODY, NOW);
		for (const time of [
			'',
			'0x10',
			'1e9',
			'-1',
			' 1',
			`${String(NOW)}, ${String(NOW)}`,
			'99999999999999',
		]) {
			const changed =
				timeHeader === undefined
					? {
							'stripe-signature': String(headers['stripe-signature']).replace(/t=\d+/, `t=${time}`),
						}
					: { ...headers, [timeHeader]: time };
			expect(verdictOf(auth('s3cret'), changed, BODY, NOW)).toMatch(
				/^(?:missing|malformed)-(?:timestamp|signature)$/,
			);
		}
	});

	it('of Stripe with two times, or without any', () => {
		const digest = hex('s3cret', `${String(NOW)}.${BODY}`);
		const verdict = (header: string) =>
			verdictOf(of('stripe').auth('s3cret'), { 'stripe-signature': header }, BODY, NOW);
		expect(verdict(`t=${String(NOW)},t=1,v1=${digest}`)).toBe('malformed-timestamp');
		expect(verdict(`v1=${digest}`)).toBe('missing-timestamp');
		expect(verdict(`t=${String(NOW)}`)).toBe('missing-signature');
		expect(verdict(`t=${String(NOW)},v0=${digest}`)).toBe('missing-signature');
		expect(verdict(`t=${String(NOW)}${`,v1=${digest}`.repeat(6)}`)).toBe('too-many-signatures');
		expect(verdict(`t=${String(NOW)}${',v0=1'.repeat(10)},v1=${digest}`)).toBe(
			'too-many-signatures',
		);
	});

	it('with a digest of another algorithm', () => {
		const github = of('github').auth('s3cret');
		const sha1 = HmacSHA1(BODY, 's3cret').toString();
		for (const value of [`sha1=${sha1}`, `sha256=${sha1}`, sha1, `sha512=${hex('s3cret', BODY)}`]) {
			expect(verdictOf(github, { 'x-hub-signature-256': value }, BODY)).toBe('malformed-signature');
		}
		expect(verdictOf(github, { 'x-hub-signature': `sha1=${sha1}` }, BODY)).toBe(
			'missing-signature',
		);
		const stripped = HmacSHA256(BODY, 's3cret').toString(enc.Base64).slice(0, -1);
		expect(
			verdictOf(of('shopify').auth('s3cret'), { 'x-shopify-hmac-sha256': stripped }, BODY),
		).toBe('malformed-signature');
		const padded = 'A'.repeat(42) + '==';
		expect(verdictOf(of('shopify').auth('s3cret'), { 'x-shopify-hmac-sha256': padded }, BODY)).toBe(
			'malformed-signature',
		);
	});

	it('whatever there is when no secret is left', async () => {
		for (const name of names) {
			const headers = await of(name).sign('s3cret', BODY, NOW);
			expect(verdictOf(of(name).auth(), headers, BODY, NOW)).not.toBe('ok');
		}
	});
});

describe('what a repeated call is known by', () => {
	const onceOf = async (name: string, time: number, body = BODY) => {
		const headers = await of(name).sign('s3cret', body, time);
		const claim = createSenderCheck(of(name).auth('other', 's3cret'))(headers, time);
		const verdict = claim.ok ? claim.verify(Buffer.from(body)) : claim;
		return verdict.ok ? verdict.once : 'refused';
	};

	it('is there where a time or an id is signed', async () => {
		for (const name of names) {
			const isExpected = timed.includes(name);
			expect([name, (await onceOf(name, NOW)) !== undefined]).toEqual([name, isExpected]);
		}
	});

	it('cannot be changed by who repeats it, and differs for every other call', async () => {
		const first = await onceOf('hmac with a time', NOW);
		expect(first).toMatch(/^[0-9a-f]{64}$/);
		expect(await onceOf('hmac with a time', NOW)).toBe(first);
		expect(await onceOf('hmac with a time', NOW + 1)).not.toBe(first);
		expect(await onceOf('hmac with a time', NOW, `${BODY} `)).not.toBe(first);
	});
});
