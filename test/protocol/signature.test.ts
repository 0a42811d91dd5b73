import { createHmac, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import {
	checkSignatureHeaders,
	createEventKeys,
	createSigningKeys,
	signEvent,
	verifyEvent,
	verifySignature,
} from '../../protocol';
import type { Headers, HeaderValue, VerifyInput } from '../../protocol';

const NOW = 1_795_435_361;
const BODY = Buffer.from('{"id":"evt_1","text":"这是 👋"}');
const SECRET = 'whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw==';
const DIGEST = 'a'.repeat(64);

function sign(secret = SECRET, timestamp = NOW, body: Uint8Array = BODY): Record<string, string> {
	const hex = createHmac('sha256', secret)
		.update(`${String(timestamp)}.`)
		.update(body)
		.digest('hex');
	return { 'x-openclaw-timestamp': String(timestamp), 'x-openclaw-signature': `sha256=${hex}` };
}

function verify(overrides: Partial<VerifyInput> = {}): ReturnType<typeof verifyEvent> {
	return verifyEvent({ headers: sign(), body: BODY, secret: SECRET, now: NOW, ...overrides });
}

function check(
	signature: HeaderValue,
	timestamp: HeaderValue = String(NOW),
): ReturnType<typeof checkSignatureHeaders> {
	return checkSignatureHeaders(
		{ 'x-openclaw-signature': signature, 'x-openclaw-timestamp': timestamp },
		{ now: NOW },
	);
}

describe('checkSignatureHeaders', () => {
	it('returns the timestamp and the digests of well-formed headers', () => {
		const other = 'b'.repeat(64);
		expect(check(`sha256=${DIGEST},sha256=${other}`)).toEqual({
			ok: true,
			timestamp: NOW,
			timestampText: String(NOW),
			signatures: [DIGEST, other],
		});
	});

	it.each([
		['no signature', undefined, 'missing-signature'],
		['an empty signature', '', 'missing-signature'],
		['a bare digest', DIGEST, 'malformed-signature'],
		['upper-case hex', `sha256=${DIGEST.toUpperCase()}`, 'malformed-signature'],
		['an upper-case scheme', `SHA256=${DIGEST}`, 'malformed-signature'],
		['a truncated digest', `sha256=${DIGEST.slice(1)}`, 'malformed-signature'],
		['a digest that is too long', `sha256=${DIGEST}a`, 'malformed-signature'],
		['a letter beyond hex', `sha256=${DIGEST.slice(1)}g`, 'malformed-signature'],
		['a line feed at the end', `sha256=${DIGEST}\n`, 'malformed-signature'],
		['a comma at the end', `sha256=${DIGEST},`, 'malformed-signature'],
		[
			'two header lines joined by Node.js',
			`sha256=${DIGEST}, sha256=${DIGEST}`,
			'malformed-signature',
		],
		['a list of header lines', [`sha256=${DIGEST}`], 'malformed-signature'],
		['one good and one bad signature', `sha256=${DIGEST},md5=1`, 'malformed-signature'],
		[
			'six signatures',
			Array.from({ length: 6 }, () => `sha256=${DIGEST}`).join(','),
			'too-many-signatures',
		],
		['a thousand commas', ','.repeat(1000), 'too-many-signatures'],
	])('refuses %s', (_, signature, reason) => {
		expect(check(signature)).toEqual({ ok: false, reason });
	});

	it('accepts five signatures', () => {
		const five = Array.from({ length: 5 }, () => `sha256=${DIGEST}`).join(',');
		expect(check(five)).toMatchObject({ ok: true });
	});

	it.each([
		['no timestamp', undefined, 'missing-timestamp'],
		['an empty timestamp', '', 'missing-timestamp'],
		['a timestamp with letters', `${String(NOW)}abc`, 'malformed-timestamp'],
		['a fraction', `${String(NOW)}.5`, 'malformed-timestamp'],
		['a sign', `-${String(NOW)}`, 'malformed-timestamp'],
		['a blank', ` ${String(NOW)}`, 'malformed-timestamp'],
		['twelve digits', '100000000000', 'malformed-timestamp'],
		['digits of another script', '١٧٩٥٤٣٥٣٦١', 'malformed-timestamp'],
		['two header lines', [String(NOW), String(NOW)], 'malformed-timestamp'],
		['milliseconds', '99999999999', 'timestamp-in-future'],
	])('refuses %s', (_, timestamp, reason) => {
		const headers: Record<string, HeaderValue> = { 'x-openclaw-signature': `sha256=${DIGEST}` };
		if (timestamp !== undefined) headers['x-openclaw-timestamp'] = timestamp;
		expect(checkSignatureHeaders(headers, { now: NOW })).toEqual({ ok: false, reason });
	});

	it.each([
		[-301, 'timestamp-too-old'],
		[301, 'timestamp-in-future'],
	])('refuses a timestamp that is %i seconds off', (difference, reason) => {
		expect(check(`sha256=${DIGEST}`, String(NOW + difference))).toEqual({ ok: false, reason });
	});

	it.each([-300, 0, 300])('accepts a timestamp that is %i seconds off', (difference) => {
		expect(check(`sha256=${DIGEST}`, String(NOW + difference))).toMatchObject({ ok: true });
	});

	it('follows the tolerance it is given', () => {
		const headers = sign(SECRET, NOW - 11);
		expect(checkSignatureHeaders(headers, { now: NOW, toleranceSeconds: 10 })).toEqual({
			ok: false,
			reason: 'timestamp-too-old',
		});
		expect(checkSignatureHeaders(headers, { now: NOW, toleranceSeconds: 11 }).ok).toBe(true);
	});

	it.each([
		{ now: NaN },
		{ now: NOW, toleranceSeconds: NaN },
		{ now: String(NOW) as unknown as number },
		{ now: NOW, toleranceSeconds: '300' as unknown as number },
	])('trusts no timestamp by a clock that is no number: %j', (options) => {
		expect(checkSignatureHeaders(sign(), options)).toEqual({
			ok: false,
			reason: 'timestamp-too-old',
		});
	});

	it('finds headers in another spelling, but refuses two spellings of one', () => {
		const { 'x-openclaw-signature': signature = '', 'x-openclaw-timestamp': timestamp = '' } =
			sign();
		const spelled = { 'X-OpenClaw-Signature': signature, 'X-OPENCLAW-TIMESTAMP': timestamp };
		expect(checkSignatureHeaders(spelled, { now: NOW }).ok).toBe(true);
		const twice = { ...spelled, 'X-Openclaw-Signature': `sha256=${DIGEST}` };
		expect(checkSignatureHeaders(twice, { now: NOW })).toEqual({
			ok: false,
			reason: 'malformed-signature',
		});
	});

	it.each([undefined, null, 'x-openclaw-signature', 7])(
		'finds no headers in %j, which is no object',
		(headers) => {
			const checked = checkSignatureHeaders(headers as unknown as Headers, { now: NOW });
			expect(checked).toEqual({ ok: false, reason: 'missing-signature' });
		},
	);
});

describe('verifyEvent', () => {
	it('accepts what the owner of the secret signed', () => {
		expect(verify()).toEqual({ ok: true, keyIndex: 0, timestamp: NOW });
	});

	it('accepts the example signature made independently with openssl', () => {
		expect(
			verifyEvent({
				headers: {
					'x-openclaw-timestamp': '1710400200',
					'x-openclaw-signature':
						'sha256=72efd2c3247d7634da7f995434b2d61fe0fa19ccaf29adbcf911b20cfcfcae97',
				},
				body: Buffer.from('{"id":"evt_abc123def456"}'),
				secret: 'whsec_xxxxxxxxxxxxxxxx',
				now: 1710400200,
			}),
		).toMatchObject({ ok: true });
	});

	it.each([
		['a changed byte', { body: Buffer.from(BODY.toString().replace('evt_1', 'evt_2')) }],
		['an added byte', { body: Buffer.concat([BODY, Buffer.from(' ')]) }],
		['a removed byte', { body: BODY.subarray(1) }],
		['an empty body', { body: new Uint8Array(0) }],
		['another secret', { secret: 'whsec_other' }],
		['a longer secret', { secret: `${SECRET}=` }],
		['another timestamp', { headers: { ...sign(), 'x-openclaw-timestamp': String(NOW + 1) } }],
		[
			'the same time in other digits',
			{ headers: { ...sign(), 'x-openclaw-timestamp': `0${String(NOW)}` } },
		],
	])('refuses %s', (_, overrides) => {
		expect(verify(overrides)).toEqual({ ok: false, reason: 'signature-mismatch' });
	});

	it('refuses bytes that only look alike once decoded', () => {
		const invalid = Buffer.from([0xff]);
		const replacement = Buffer.from('\ufffd');
		expect(verify({ headers: sign(SECRET, NOW, replacement), body: invalid })).toEqual({
			ok: false,
			reason: 'signature-mismatch',
		});
	});

	it.each([['', '   ', [], [''], [' ']]].flat().map((secret) => [secret]))(
		'refuses everything without a secret: %j',
		(secret) => {
			expect(verify({ headers: sign('x'), secret })).toEqual({ ok: false, reason: 'no-secret' });
		},
	);

	it('tells which of several secrets matched', () => {
		expect(verify({ secret: `new ${SECRET}` })).toMatchObject({ ok: true, keyIndex: 1 });
		expect(verify({ secret: ['new', 'newer', SECRET] })).toMatchObject({ ok: true, keyIndex: 2 });
		expect(verify({ secret: createSigningKeys(`${SECRET}\n${SECRET}`) })).toMatchObject({
			ok: true,
			keyIndex: 0,
		});
	});

	it('tries every signature with every secret', () => {
		const headers = sign();
		headers['x-openclaw-signature'] = [
			`sha256=${DIGEST}`,
			headers['x-openclaw-signature'] ?? '',
			`sha256=${DIGEST}`,
		].join(',');
		expect(verify({ headers, secret: ['other', SECRET] })).toMatchObject({ ok: true, keyIndex: 1 });
	});

	it('takes the secrets of a list whole, white space included', () => {
		expect(verify({ headers: sign('two words'), secret: ['two words'] })).toMatchObject({
			ok: true,
		});
		expect(verify({ headers: sign('two words'), secret: 'two words' })).toMatchObject({
			ok: false,
		});
	});

	it('notices when the secret changes between two calls', () => {
		expect(verify().ok).toBe(true);
		expect(verify({ secret: 'rotated' }).ok).toBe(false);
		expect(verify().ok).toBe(true);
	});

	it('reads the clock of the system unless it is given one', () => {
		const headers = sign(SECRET, Math.floor(Date.now() / 1000));
		expect(verifyEvent({ headers, body: BODY, secret: SECRET }).ok).toBe(true);
	});

	it('refuses what is no body', () => {
		for (const body of [undefined, null, BODY.toString(), { length: 3 }, [1, 2, 3]]) {
			expect(verify({ body: body as unknown as Uint8Array })).toEqual({
				ok: false,
				reason: 'signature-mismatch',
			});
		}
	});

	it.each([undefined, null, 7, { secret: SECRET }])(
		'has no secret in %j, which is no text and no list',
		(secret) => {
			expect(verify({ secret: secret as unknown as string })).toEqual({
				ok: false,
				reason: 'no-secret',
			});
		},
	);

	it('refuses when it is given nothing at all', () => {
		expect(verifyEvent(undefined as unknown as VerifyInput).ok).toBe(false);
	});

	it('refuses keys that cannot make a signature', () => {
		const { publicKey } = generateKeyPairSync('ed25519');
		expect(verify({ secret: [publicKey] })).toEqual({ ok: false, reason: 'signature-mismatch' });
		const mixed = [...createSigningKeys('other'), SECRET] as unknown as readonly string[];
		expect(verify({ secret: mixed })).toEqual({ ok: false, reason: 'signature-mismatch' });
	});
});

describe('verifySignature', () => {
	it('refuses without keys', () => {
		const timestampText = String(NOW);
		const checked = { ok: true, timestamp: NOW, timestampText, signatures: [DIGEST] } as const;
		expect(verifySignature(BODY, checked, [])).toEqual({ ok: false, reason: 'no-secret' });
	});
});

describe('signEvent', () => {
	it('makes headers that verifyEvent accepts', () => {
		const headers = signEvent({ id: 'evt_1', body: BODY, secret: SECRET });
		expect(verifyEvent({ headers, body: BODY, secret: SECRET }).ok).toBe(true);
	});

	it('signs with every secret, separated by bare commas', () => {
		const headers = signEvent({ id: 'evt_1', body: BODY, secret: 'old new', timestamp: NOW });
		const [first, second] = [sign('old'), sign('new')].map((one) => one['x-openclaw-signature']);
		expect(headers).toMatchObject({
			'X-OpenClaw-Timestamp': String(NOW),
			'X-OpenClaw-Signature': `${String(first)},${String(second)}`,
			'webhook-id': 'evt_1',
			'webhook-timestamp': String(NOW),
		});
		expect(verify({ headers, secret: 'new' })).toMatchObject({ ok: true });
	});

	it('signs a text as its UTF-8 bytes', () => {
		const input = { id: 'evt_1', secret: SECRET, timestamp: NOW };
		expect(signEvent({ ...input, body: BODY.toString() })).toEqual(
			signEvent({ ...input, body: BODY }),
		);
	});

	it('signs with keys made before as with their secrets', () => {
		const input = { id: 'evt_1', body: BODY, timestamp: NOW };
		const secret = [SECRET, 'plain'];
		const keys = createEventKeys(secret);
		expect(signEvent({ ...input, secret: keys })).toEqual(signEvent({ ...input, secret }));
	});

	it.each([
		['without a key', { secret: createEventKeys(' ') }],
		['with more keys than receivers accept', { secret: createEventKeys('1 2 3 4 5 6') }],
		['without a secret', { secret: ' ' }],
		['with more secrets than receivers accept', { secret: '1 2 3 4 5 6' }],
		['with a fraction of a second', { timestamp: 1.5 }],
		['with a negative timestamp', { timestamp: -1 }],
		['with a timestamp of twelve digits', { timestamp: 100_000_000_000 }],
	])('refuses to sign %s', (_, overrides) => {
		const input = { id: 'evt_1', body: BODY, secret: SECRET, ...overrides };
		expect(() => signEvent(input)).toThrow(RangeError);
	});

	it('shows the secret in no key and no header', () => {
		const headers = signEvent({ id: 'evt_1', body: BODY, secret: 'topsecret', timestamp: NOW });
		expect(JSON.stringify(headers)).not.toContain('topsecret');
		expect(inspect(createSigningKeys('topsecret'))).not.toContain('topsecret');
		expect(inspect(createEventKeys('topsecret'), { depth: 5 })).not.toContain('topsecret');
	});
});
