import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import {
	createStandardWebhookKeys,
	signEvent,
	signStandardWebhook,
	verifyStandardWebhook,
} from '../../protocol';
import type { VerifyStandardWebhookInput } from '../../protocol';

// The vector that the Standard Webhooks and Svix libraries test themselves with.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const TIMESTAMP = 1_614_265_330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const OTHER = 'v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=';

const HEADERS = {
	'webhook-id': ID,
	'webhook-timestamp': String(TIMESTAMP),
	'webhook-signature': SIGNATURE,
};

function verify(
	overrides: Partial<VerifyStandardWebhookInput> = {},
): ReturnType<typeof verifyStandardWebhook> {
	return verifyStandardWebhook({
		headers: HEADERS,
		body: Buffer.from(BODY),
		secret: SECRET,
		now: TIMESTAMP,
		...overrides,
	});
}

function verifyHeaders(
	changes: Readonly<Record<string, string | readonly string[] | undefined>>,
): ReturnType<typeof verifyStandardWebhook> {
	return verify({ headers: { ...HEADERS, ...changes } });
}

describe('signStandardWebhook', () => {
	it('makes the published signature', () => {
		const keys = createStandardWebhookKeys(SECRET);
		expect(signStandardWebhook(ID, TIMESTAMP, BODY, keys)).toBe(SIGNATURE);
		expect(signStandardWebhook(ID, TIMESTAMP, Buffer.from(BODY), keys)).toBe(SIGNATURE);
	});
});

describe('verifyStandardWebhook', () => {
	it('accepts the published signature', () => {
		expect(verify()).toEqual({ ok: true, keyIndex: 0, timestamp: TIMESTAMP });
	});

	it('passes over signatures of other versions', () => {
		const signatures = [OTHER, OTHER.replace('v1', 'v2'), SIGNATURE, OTHER].join(' ');
		expect(verifyHeaders({ 'webhook-signature': signatures })).toMatchObject({ ok: true });
	});

	it('tells which of several secrets matched', () => {
		expect(verify({ secret: `whsec_b3RoZXI= ${SECRET} ${SECRET}` })).toMatchObject({
			keyIndex: 1,
		});
		expect(verify({ secret: createStandardWebhookKeys(['other', SECRET]) })).toMatchObject({
			keyIndex: 1,
		});
	});

	it.each([
		['no id', { 'webhook-id': undefined }, 'malformed-signature'],
		['an empty id', { 'webhook-id': '' }, 'malformed-signature'],
		['no timestamp', { 'webhook-timestamp': undefined }, 'missing-timestamp'],
		['a timestamp of letters', { 'webhook-timestamp': 'hello' }, 'malformed-timestamp'],
		['no signature', { 'webhook-signature': undefined }, 'missing-signature'],
		['an empty signature', { 'webhook-signature': '' }, 'missing-signature'],
		['two signature headers', { 'webhook-signature': [SIGNATURE] }, 'malformed-signature'],
		['no Base64', { 'webhook-signature': 'v1,dawfeoifkpqwoekfpqoekf' }, 'malformed-signature'],
		['a partial signature', { 'webhook-signature': SIGNATURE.slice(0, 8) }, 'malformed-signature'],
		['no digest', { 'webhook-signature': 'v1,' }, 'malformed-signature'],
		[
			'six signatures',
			{ 'webhook-signature': Array.from({ length: 6 }, () => SIGNATURE).join(' ') },
			'too-many-signatures',
		],
		['another id', { 'webhook-id': 'msg_other' }, 'signature-mismatch'],
		['another signature', { 'webhook-signature': OTHER }, 'signature-mismatch'],
		[
			'the time in other digits',
			{ 'webhook-timestamp': `0${String(TIMESTAMP)}` },
			'signature-mismatch',
		],
	])('refuses %s', (_, changes, reason) => {
		expect(verifyHeaders(changes)).toEqual({ ok: false, reason });
	});

	it.each([
		['a changed body', { body: Buffer.from('{}') }, 'signature-mismatch'],
		['no body', { body: BODY as unknown as Uint8Array }, 'signature-mismatch'],
		['no secret', { secret: '' }, 'no-secret'],
		['an old timestamp', { now: TIMESTAMP + 301 }, 'timestamp-too-old'],
		['a timestamp from the future', { now: TIMESTAMP - 301 }, 'timestamp-in-future'],
		[
			'a timestamp beyond the given tolerance',
			{ now: TIMESTAMP + 2, toleranceSeconds: 1 },
			'timestamp-too-old',
		],
	])('refuses %s', (_, overrides, reason) => {
		expect(verify(overrides)).toEqual({ ok: false, reason });
	});

	it('reads the clock of the system unless it is given one', () => {
		const body = Buffer.from(BODY);
		const headers = signEvent({ id: 'evt_1', body, secret: SECRET });
		expect(verifyStandardWebhook({ headers, body, secret: SECRET }).ok).toBe(true);
	});

	it('accepts what the standardwebhooks library signs', () => {
		const now = new Date();
		const body = Buffer.from('{"text":"这是 👋"}');
		const signature = new Webhook(SECRET).sign('msg_1', now, body.toString());
		const seconds = Math.floor(now.getTime() / 1000);
		expect(
			verifyStandardWebhook({
				headers: {
					'webhook-id': 'msg_1',
					'webhook-timestamp': String(seconds),
					'webhook-signature': signature,
				},
				body,
				secret: SECRET,
			}),
		).toMatchObject({ ok: true });
	});
});

describe('the webhook-* headers of signEvent', () => {
	const body = '{"id":"evt_1","text":"这是 👋"}';
	const secrets = [
		['24 bytes', SECRET],
		['Base64 with padding', 'whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw=='],
		['Base64 without padding', 'whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw'],
		['the secret of the article', 'whsec_xxxxxxxxxxxxxxxx'],
	] as const;

	it.each(secrets)('are verified by the standardwebhooks library: %s', (_, secret) => {
		const headers = signEvent({ id: 'evt_1', body, secret });
		expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
	});

	it('are verified by the svix library', () => {
		const requests = secrets.map(([, secret]) => ({
			secret,
			body,
			headers: signEvent({ id: 'evt_1', body, secret }),
		}));
		const script = join(__dirname, 'support/verifyWithSvix.mjs');
		const changed = { ...requests[0], body: '{}' };
		const input = JSON.stringify([...requests, changed]);
		const verdicts: unknown = JSON.parse(
			execFileSync(process.execPath, [script, input]).toString(),
		);
		expect(verdicts).toEqual([...secrets.map(() => 'accepted'), 'No matching signature found']);
	});

	it('are verified by libraries that know one of the two secrets', () => {
		const headers = signEvent({ id: 'evt_1', body, secret: ['whsec_b2xk', SECRET] });
		for (const secret of ['whsec_b2xk', SECRET]) {
			expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
		}
		expect(() => new Webhook('whsec_b3RoZXI=').verify(body, headers)).toThrow();
	});
});

describe('createStandardWebhookKeys', () => {
	const exported = (secret: string): string =>
		createStandardWebhookKeys(secret)
			.map((key) => key.export().toString('latin1'))
			.join();

	it.each([
		['whsec_b3RoZXI=', 'other'],
		['whsec_b3RoZXI', 'other'],
		['b3RoZXI=', 'b3RoZXI='],
		['whsec_', 'whsec_'],
		['whsec_b3Ro=XI', 'whsec_b3Ro=XI'],
		['whsec_b3RoZXI==', 'whsec_b3RoZXI=='],
		['whsec_b3RoZ', 'whsec_b3RoZ'],
	])('takes %s for the bytes of %s', (secret, bytes) => {
		expect(exported(secret)).toBe(bytes);
	});
});
