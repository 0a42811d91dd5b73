import { createHmac, createSecretKey } from 'node:crypto';
import CryptoJS from 'crypto-js';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { createSigningKeys, signEvent, verifyEvent } from '../protocol';
import type { BenchResult } from './result';
import { measureRounds } from './rounds';
import type { Operation } from './rounds';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SIZES = [
	{ label: '700 B', bytes: 700, target: 0.8 },
	{ label: '10 KB', bytes: 10_240, target: 0.95 },
	{ label: '256 KB', bytes: 262_144, target: 0.95 },
] as const;
const ROUNDS = 41;
const RAW = 'createHmac with a KeyObject, digest()';
const RAW_HEX = "createHmac with a KeyObject, digest('hex')";
const OURS = 'verifyEvent';
const LIBRARIES = ['@octokit/webhooks-methods', 'stripe', 'standardwebhooks', 'svix', 'crypto-js'];

/**
 * `verifyEvent` beside a bare HMAC over the same bytes, with nothing checked and nothing compared, and beside the libraries that verify webhooks.
 * Each library verifies a request signed in its own format, as its documentation shows.
 */
export async function run(): Promise<BenchResult> {
	const result: BenchResult = { name: 'Signature verification', rows: [], targets: [] };
	for (const { label, bytes, target } of SIZES) {
		const variants = await createVariants(createBody(bytes));
		const measured = await measureRounds(variants, ROUNDS);
		for (const [name, { perSecond, ratio }] of measured) {
			result.rows.push({ label: `${label}: ${name}`, value: perSecond, unit: '1/s', ratio });
		}
		const ratios = new Map([...measured].map(([name, { ratio }]) => [name, ratio]));
		const ours = ratios.get(OURS) ?? NaN;
		const fastestOther = Math.max(...LIBRARIES.map((name) => ratios.get(name) ?? NaN));
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
				actual: ours / fastestOther,
				met: ours > fastestOther,
			},
		);
	}
	return result;
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

async function createVariants(body: Buffer): Promise<ReadonlyMap<string, Operation>> {
	const timestamp = Math.floor(Date.now() / 1000);
	const headers = toLowerCase(signEvent({ id: 'evt_1', body, secret: SECRET, timestamp }));
	const key = createSecretKey(SECRET, 'utf8');
	const signedPrefix = `${String(timestamp)}.`;
	const keys = createSigningKeys(SECRET);

	const standard = new StandardWebhook(SECRET);
	const { Webhook: SvixWebhook } = await import('svix');
	const svix = new SvixWebhook(SECRET);
	const octokit = await importOctokit();
	const text = body.toString();
	const octokitSignature = await octokit.sign(SECRET, text);
	const stripe = new Stripe('sk_test_unused');
	const stripeHeader = stripe.webhooks.generateTestHeaderString({
		payload: text,
		secret: SECRET,
		timestamp,
	});
	const digest = (headers['x-openclaw-signature'] ?? '').slice('sha256='.length);

	// Receivers get bytes: what takes text only has to decode them each time.
	const variants = new Map<string, Operation>([
		[RAW, () => createHmac('sha256', key).update(signedPrefix).update(body).digest()],
		[RAW_HEX, () => createHmac('sha256', key).update(signedPrefix).update(body).digest('hex')],
		[OURS, () => verifyEvent({ headers, body, secret: SECRET })],
		[`${OURS} (keys made once)`, () => verifyEvent({ headers, body, secret: keys })],
		['@octokit/webhooks-methods', () => octokit.verify(SECRET, body.toString(), octokitSignature)],
		['stripe', () => stripe.webhooks.signature?.verifyHeader(body, stripeHeader, SECRET)],
		['standardwebhooks', () => standard.verify(body, headers, { jsonParse: false })],
		[
			'svix',
			() => {
				svix.verify(body, headers);
				return true;
			},
		],
		[
			'crypto-js',
			() =>
				CryptoJS.HmacSHA256(`${String(timestamp)}.${body.toString()}`, SECRET).toString() ===
				digest,
		],
	]);
	for (const [name, operation] of variants) {
		const outcome = await operation();
		if (outcome === false || (isVerdict(outcome) && !outcome.ok)) {
			throw new Error(`${name} did not accept the request`);
		}
	}
	return variants;
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

function toLowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
	);
}

function isVerdict(value: unknown): value is { ok: boolean } {
	return typeof value === 'object' && value !== null && 'ok' in value;
}
