import crypto, { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { deliveryHeaders } from '../../../openclaw-plugin/src/delivery/attempt';
import { verifyEvent } from '../../../openclaw-plugin/src/protocol';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const NOW = 1_800_000_000_500;
const body = '{"id":"evt_1"}';
const delivery = { id: 42, eventId: 'evt_1', eventType: 'message.sent' };

function make(given: { secrets?: readonly string[]; headers?: Record<string, string> }) {
	const endpoint = { secrets: [SECRET], ...given };
	return deliveryHeaders({
		endpoint,
		signer: endpoint,
		delivery,
		body,
		attempt: 3,
		now: NOW,
		version: '1.2.3',
	});
}

const lower = (headers: Record<string, string>) =>
	Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

it('makes the headers of the protocol', () => {
	const mac = createHmac('sha256', SECRET).update(`1800000000.${body}`).digest('hex');
	expect(make({})).toEqual({
		'Content-Type': 'application/json',
		'User-Agent': 'OpenClaw-Event-Webhooks/1.2.3',
		'X-OpenClaw-Event': 'message.sent',
		'X-OpenClaw-Delivery': 'dlv_42',
		'X-OpenClaw-Attempt': '3',
		'X-OpenClaw-Timestamp': '1800000000',
		'X-OpenClaw-Signature': `sha256=${mac}`,
		'webhook-id': 'evt_1',
		'webhook-timestamp': '1800000000',
		'webhook-signature': expect.stringMatching(/^v1,/) as string,
	});
});

it('signs so that other libraries verify it', () => {
	const now = jest.spyOn(Date, 'now').mockReturnValue(NOW);
	expect(new Webhook(SECRET).verify(body, lower(make({})))).toEqual({ id: 'evt_1' });
	now.mockRestore();
});

it('signs with every secret while one is being replaced, five at most', () => {
	const secrets = ['one', 'two', 'three', 'four', 'five', 'six'];
	const headers = lower(make({ secrets }));
	expect(headers['x-openclaw-signature']?.split(',')).toHaveLength(5);
	const verdicts = secrets.map(
		(secret) => verifyEvent({ headers, body: Buffer.from(body), secret, now: NOW / 1000 }).ok,
	);
	expect(verdicts).toEqual([true, true, true, true, true, false]);
});

it('makes keys of an endpoint once, and others when it has other secrets or headers', () => {
	const createKey = jest.spyOn(crypto, 'createSecretKey');
	const makeFor = (endpoint: Parameters<typeof make>[0] & { secrets: readonly string[] }) =>
		deliveryHeaders({
			endpoint,
			signer: endpoint,
			delivery,
			body,
			attempt: 1,
			now: NOW,
			version: '1.2.3',
		});
	const before = { secrets: [SECRET], headers: { 'X-API-Key': 'one' } };
	const first = makeFor(before);
	const count = createKey.mock.calls.length;
	expect(count).toBeGreaterThan(0);
	expect(makeFor(before)).toEqual(first);
	expect(createKey).toHaveBeenCalledTimes(count);
	const rotated = makeFor({ secrets: ['whsec_new', SECRET], headers: { 'X-API-Key': 'two' } });
	expect(rotated['X-API-Key']).toBe('two');
	expect(rotated['X-OpenClaw-Signature']?.split(',')).toEqual([
		expect.any(String),
		first['X-OpenClaw-Signature'],
	]);
	createKey.mockRestore();
});

it('does not sign without a secret', () => {
	const names = Object.keys(make({ secrets: [] }));
	expect(names.filter((name) => /signature|timestamp|webhook-id/i.test(name))).toEqual([]);
});

it("sends the endpoint's own headers, but never in the place of the protocol's", () => {
	const headers = make({
		headers: {
			'X-API-Key': 'k',
			'content-type': 'application/vnd.crm+json',
			'x-openclaw-signature': 'sha256=forged',
			'X-OPENCLAW-TIMESTAMP': '1',
			'Webhook-Id': 'evt_2',
			'X-OpenClaw-Delivery': 'dlv_1',
			'Content-Length': '1',
			'Transfer-Encoding': 'chunked',
			Connection: 'close',
		},
	});
	const { 'X-API-Key': key, 'content-type': type, ...others } = headers;
	expect({ key, type }).toEqual({ key: 'k', type: 'application/vnd.crm+json' });
	expect({ ...others, 'Content-Type': 'application/json' }).toEqual(make({}));
});
