import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import CryptoJS from 'crypto-js';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';

import type { BenchResult } from './result';
import { measureRounds } from './rounds';
import type { Measured, Operation } from './rounds';
import { loadShippedSignature } from './shippedProtocol';
import type { SignatureModule } from './shippedProtocol';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SIZES = [
	{ label: '700 B', bytes: 700, target: 0.9 },
	{ label: '10 KB', bytes: 10_240, target: 0.95 },
	{ label: '256 KB', bytes: 262_144, target: 0.95 },
] as const;
const ROUNDS = 41;
const RAW = 'createHmac with a KeyObject, digest()';
const BY_HAND = 'createHmac and timingSafeEqual by hand, headers unchecked';
const RAW_HEX = "createHmac with a KeyObject, digest('hex')";
const OURS = 'verifyEvent';
const LIBRARIES = ['@octokit/webhooks-methods', 'stripe', 'standardwebhooks', 'svix', 'crypto-js'];

/** What all variants verify. */
interface Request {
	readonly body: Buffer;
	readonly timestamp: string;
	readonly headers: Record<string, string>;
	/** The hex digest in the signature header. */
	readonly digest: string;
}

/**
 * `verifyEvent` beside a bare HMAC over the same bytes, with nothing checked and nothing compared, and
 * beside the libraries that verify webhooks. Each library verifies a request signed in its own
 * format, as its documentation shows.
 */
export async function run(): Promise<BenchResult> {
	const result: BenchResult = { name: 'Signature verification', rows: [], targets: [] };
	const signature = await loadShippedSignature();
	for (const { label, bytes, target } of SIZES) {
		const request = createRequest(bytes, signature);
		const own = await measure(createOwnVariants(request, signature));
		// Apart from the others: the garbage some libraries leave is collected at anyone's cost.
		const libraries = await measure(await createLibraryVariants(request, signature));
		const ours = own.get(OURS)?.ratio ?? NaN;
		for (const [name, { perSecond, ratio }] of own) {
			result.rows.push({ label: `${label}: ${name}`, value: perSecond, unit: '1/s', ratio });
		}
		const ratios = LIBRARIES.map((name) => libraries.get(name)?.ratio ?? NaN);
		for (const name of LIBRARIES) {
			const { perSecond = NaN, ratio = NaN } = libraries.get(name) ?? {};
			const row = { label: `${label}: ${name}`, value: perSecond, unit: '1/s' };
			result.rows.push({ ...row, ratio: ratio * ours });
		}
		const lead = 1 / Math.max(...ratios);
		result.targets.push(
			{
				label: `${label}: of a bare HMAC`,
				target: `≥ ${String(target)}`,
				actual: ours,
				met: ours >= target,
			},
			{
				label: `${label}: times the fastest library`,
				target: '> 1',
				actual: lead,
				met: lead > 1,
			},
		);
	}
	return result;
}

async function measure(
	variants: ReadonlyMap<string, Operation>,
): Promise<ReadonlyMap<string, Measured>> {
	for (const [name, operation] of variants) {
		const outcome = await operation();
		if (outcome === false || (isVerdict(outcome) && !outcome.ok)) {
			throw new Error(`${name} did not accept the request`);
		}
	}
	return measureRounds(variants, ROUNDS);
}

function createRequest(bytes: number, { signEvent }: SignatureModule): Request {
	const body = createBody(bytes);
	const signed = signEvent({ id: 'evt_1', body, secret: SECRET });
	const headers = Object.fromEntries(
		Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]),
	);
	return {
		body,
		timestamp: headers['x-openclaw-timestamp'] ?? '',
		headers,
		digest: (headers['x-openclaw-signature'] ?? '').slice('sha256='.length),
	};
}

/** A JSON body of the given size; text in it is not ASCII only, as in chats. */
function createBody(bytes: number): Buffer {
	const event = {
		id: 'evt_01kb0x5v1m3q8z6t0w9y2r4c7d',
		type: 'message.received',
		timestamp: '2026-03-14T10:30:00Z',
		instanceId: 'node-1',
		data: { agentId: 'main', message: { role: 'user', content: '你好 👋 ' } },
	};
	const missing = bytes - Buffer.byteLength(JSON.stringify(event));
	event.data.message.content += 'x'.repeat(missing);
	return Buffer.from(JSON.stringify(event));
}

function createOwnVariants(
	{ body, timestamp, headers, digest }: Request,
	{ createSigningKeys, verifyEvent }: SignatureModule,
): ReadonlyMap<string, Operation> {
	const key = createSecretKey(SECRET, 'utf8');
	const keys = createSigningKeys(SECRET);
	const hmac = (): ReturnType<typeof createHmac> =>
		createHmac('sha256', key).update(`${timestamp}.`).update(body);
	return new Map<string, Operation>([
		[RAW, () => hmac().digest()],
		[RAW_HEX, () => hmac().digest('hex')],
		[BY_HAND, () => timingSafeEqual(hmac().digest(), Buffer.from(digest, 'hex'))],
		[OURS, () => verifyEvent({ headers, body, secret: SECRET })],
		[`${OURS} (keys made once)`, () => verifyEvent({ headers, body, secret: keys })],
	]);
}

/** Receivers get bytes: what takes text only has to decode them each time. */
async function createLibraryVariants(
	{ body, timestamp, headers, digest }: Request,
	{ verifyEvent }: SignatureModule,
): Promise<ReadonlyMap<string, Operation>> {
	const standard = new StandardWebhook(SECRET);
	const { Webhook: SvixWebhook } = await import('svix');
	const svix = new SvixWebhook(SECRET);
	const octokit = await importOctokit();
	const octokitSignature = await octokit.sign(SECRET, body.toString());
	const stripe = new Stripe('sk_test_unused').webhooks;
	const stripeHeader = stripe.generateTestHeaderString({
		payload: body.toString(),
		secret: SECRET,
		timestamp: Number(timestamp),
	});
	return new Map<string, Operation>([
		[OURS, () => verifyEvent({ headers, body, secret: SECRET })],
		['@octokit/webhooks-methods', () => octokit.verify(SECRET, body.toString(), octokitSignature)],
		['stripe', () => stripe.signature?.verifyHeader(body, stripeHeader, SECRET)],
		['standardwebhooks', () => standard.verify(body, headers, { jsonParse: false })],
		[
			'svix',
			() => {
				svix.verify(body, headers);
			},
		],
		[
			'crypto-js',
			() => CryptoJS.HmacSHA256(`${timestamp}.${body.toString()}`, SECRET).toString() === digest,
		],
	]);
}

interface Octokit {
	sign(secret: string, payload: string): Promise<string>;
	verify(secret: string, payload: string, signature: string): Promise<boolean>;
}

/** The package's types are only found by resolvers that read `exports`. */
async function importOctokit(): Promise<Octokit> {
	const name = '@octokit/webhooks-methods';
	return (await import(name)) as Octokit;
}

function isVerdict(value: unknown): value is { ok: boolean } {
	return typeof value === 'object' && value !== null && 'ok' in value;
}
