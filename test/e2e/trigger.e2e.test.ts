import { createHmac } from 'node:crypto';
import { gzipSync, deflateSync } from 'node:zlib';
import { createEventId, EVENT_TYPES, signEvent, type OpenClawEvent } from '../../index';
import { capturedEvent, capturedEvents } from '../../testbed/capturedEvents';
import { CREDENTIAL_TYPE } from '../../testbed/n8n/openclawNodes';
import { sendRaw, type Delivery } from '../../testbed/sendEvent';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { environment } from './support/environment';
import { publishTrigger, TRIGGER, type TriggerWorkflow } from './support/triggerWorkflow';

const { n8n } = environment();
const RECEIVED = { received: true };

describe('an event that is accepted', () => {
	let hook: TriggerWorkflow;
	const arrived = new Map<unknown, unknown>();

	beforeAll(async () => {
		hook = await publishTrigger(n8n);
	});

	/** Sends, then waits for the item of this event. */
	async function itemOf(event: OpenClawEvent, delivery: Partial<Delivery> = {}): Promise<unknown> {
		const { status, json } = await hook.send({ event, ...delivery });
		expect({ status, json }).toEqual({ status: 200, json: RECEIVED });
		return await waitFor('the item', async () => {
			for (const execution of await hook.executions(arrived.size + 1)) {
				for (const { meta, ...item } of execution.json('Arrived')) {
					expect(meta).toMatchObject({ keyIndex: 0, unsigned: { attempt: 1 } });
					arrived.set(item.id, item);
				}
			}
			return arrived.get(event.id);
		});
	}

	test.each([...EVENT_TYPES])('may be %s, as a real gateway reports it', async (type) => {
		for (const event of capturedEvents().filter((captured) => captured.type === type)) {
			expect(await itemOf(event)).toEqual(event);
		}
	});

	test('may be in Chinese, with emoji and with whatever else is text', async () => {
		const content =
			'服务器着火了 🚒🔥 \u0000\u2028\u2029 \ud83d\ude00 "\\" </script> {{ $json.id }} ${x}';
		const event = capturedEvent('message.received', { message: { role: 'user', content } });
		expect(await itemOf(event)).toEqual(event);
	});

	test('may have 200 KB', async () => {
		const content = 'Ünï©ødé '.repeat(20_000);
		const event = capturedEvent('message.received', { message: { role: 'user', content } });
		expect(await itemOf(event)).toEqual(event);
	});

	test.each([
		['gzip', gzipSync],
		['deflate', deflateSync],
	])('may come compressed by %s', async (encoding, compress) => {
		const event = capturedEvent('tool.completed');
		const sentBody = compress(JSON.stringify(event));
		const headers = { 'content-encoding': encoding };
		expect(await itemOf(event, { sentBody, headers })).toEqual(event);
	});

	test('may be written with odd white space', async () => {
		const event = capturedEvent('session.created');
		const body = `\r\n\t ${JSON.stringify(event, null, '\t').replaceAll('\n', '\r\n \n')} \n\n`;
		expect(await itemOf(event, { body })).toEqual(event);
	});

	test('may name a key twice: the last one counts, as in JSON.parse', async () => {
		const event = capturedEvent('session.ended');
		const body = JSON.stringify(event).replace('{"id":', '{"id":"evt_first","id":');
		expect(await itemOf(event, { body })).toEqual(event);
	});

	test.each(['text/plain', 'application/octet-stream', 'application/json; charset=latin1'])(
		'may claim to be %s',
		async (contentType) => {
			const event = capturedEvent('message.received', { message: { content: '好' } });
			expect(await itemOf(event, { headers: { 'content-type': contentType } })).toEqual(event);
		},
	);

	test('may have fields and a type that no one knows yet', async () => {
		const event = {
			...capturedEvent('message.sent'),
			type: 'memory.updated',
			sequence: 7,
			nested: { a: [null, 1.5, -0.1, 1e21, true] },
		};
		expect(await itemOf(event)).toEqual(event);
	});
});

describe('a request that is refused', () => {
	let hook: TriggerWorkflow;
	const now = () => Math.floor(Date.now() / 1000);
	const digest = 'a'.repeat(64);

	beforeAll(async () => {
		hook = await publishTrigger(n8n);
	});

	afterAll(async () => {
		expect(await hook.executionsSoFar()).toEqual([]);
	});

	test.each<[string, () => Partial<Delivery>]>([
		['without signature', () => ({ headers: { 'x-openclaw-signature': undefined } })],
		['without timestamp', () => ({ headers: { 'x-openclaw-timestamp': undefined } })],
		['with another secret', () => ({ secret: 'whsec_another' })],
		['that is stale', () => ({ timestamp: now() - 301 })],
		['from the future', () => ({ timestamp: now() + 330 })],
		['with letters in the timestamp', () => ({ headers: { 'x-openclaw-timestamp': `${now()}a` } })],
		[
			'with a fraction in the timestamp',
			() => ({ headers: { 'x-openclaw-timestamp': `${now()}.5` } }),
		],
		['under another timestamp', () => ({ headers: { 'x-openclaw-timestamp': String(now() - 5) } })],
		[
			'with upper-case hex',
			() => ({ headers: { 'x-openclaw-signature': `sha256=${digest.toUpperCase()}` } }),
		],
		[
			'with truncated hex',
			() => ({ headers: { 'x-openclaw-signature': `sha256=${digest.slice(1)}` } }),
		],
		['with a bare digest', () => ({ headers: { 'x-openclaw-signature': digest } })],
		[
			'with two signature headers',
			() => ({ headers: { 'x-openclaw-signature': [`sha256=${digest}`, `sha256=${digest}`] } }),
		],
		[
			'with two timestamp headers',
			() => ({ headers: { 'x-openclaw-timestamp': [String(now()), String(now())] } }),
		],
		[
			'with too many signatures',
			() => ({ headers: { 'x-openclaw-signature': Array(6).fill(`sha256=${digest}`).join(',') } }),
		],
	])('is answered with 401 and no more: %s', async (_name, delivery) => {
		const answer = await hook.send({ event: capturedEvent('message.sent'), ...delivery() });
		expect({ status: answer.status, json: answer.json }).toEqual({
			status: 401,
			json: { received: false, message: 'The request could not be verified' },
		});
	});

	test('is answered with 401 when one byte of it has changed', async () => {
		const event = capturedEvent('message.sent');
		const text = JSON.stringify(event);
		const sentBody = text.replace('"message.sent"', '"message.Sent"');
		expect(sentBody).not.toBe(text);
		expect(await hook.send({ event, sentBody })).toMatchObject({ status: 401 });
	});

	test('is answered with 401 when a valid signature stands in one of two headers', async () => {
		const event = capturedEvent('message.sent');
		const body = JSON.stringify(event);
		const valid = signEvent({ id: event.id, body, secret: hook.secret })['X-OpenClaw-Signature'];
		const headers = { 'x-openclaw-signature': [valid ?? '', `sha256=${digest}`] };
		expect(await hook.send({ event, body, headers })).toMatchObject({ status: 401 });
	});

	test.each([
		['an array', '[]', 'application/json', 400],
		['a text', '"event"', 'application/json', 400],
		['null', 'null', 'application/json', 400],
		['an object that is no event', '{"hello":"world"}', 'application/json', 400],
		[
			'an event without id',
			JSON.stringify({ ...capturedEvent('message.sent'), id: '' }),
			'application/json',
			400,
		],
		['no JSON', 'not json', 'text/plain', 400],
		['empty', '', 'application/octet-stream', 400],
		['broken JSON', '{"id":', 'application/json', 422],
		['a form', 'a=1', 'multipart/form-data; boundary=x', 400],
		[
			'a form with a field',
			'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
			'multipart/form-data; boundary=x',
			415,
		],
		['mixed parts', '--x--', 'multipart/mixed; boundary=x', 415],
	])('is answered with 4xx although it is signed: %s', async (_name, body, contentType, status) => {
		const answer = await hook.send({ body, headers: { 'content-type': contentType } });
		expect(answer.status).toBe(status);
	});

	test.each(['application/octet-stream', 'application/vnd.openclaw+json'])(
		'is answered with 4xx when its body, %s, is broken or too large',
		async (contentType) => {
			const event = capturedEvent('message.sent');
			const gzip = { 'content-type': contentType, 'content-encoding': 'gzip' };
			expect(await hook.send({ event, headers: gzip })).toMatchObject({ status: 400 });
			const truncated = gzipSync(JSON.stringify(event)).subarray(0, 40);
			expect(await hook.send({ event, sentBody: truncated, headers: gzip })).toMatchObject({
				status: 400,
			});
			const large = JSON.stringify({ ...event, padding: 'x'.repeat(17 * 1024 * 1024) });
			// Otherwise the connection may be closed before the sender has read the answer.
			const headers = { 'content-type': contentType, connection: 'keep-alive' };
			const answer = await hook.send({ body: large, headers });
			expect(answer.status).toBe(413);
			const bomb = await hook.send({ event, sentBody: gzipSync(large), headers: gzip });
			expect(bomb.status).toBe(413);
		},
	);

	test.each(['application/json', 'text/plain'])(
		'leaves no execution when n8n itself, which parses %s, cannot read it',
		async (contentType) => {
			const event = capturedEvent('message.sent');
			const headers = { 'content-type': contentType, connection: 'keep-alive' };
			const broken = await hook.send({
				event,
				headers: { ...headers, 'content-encoding': 'gzip' },
			});
			const large = JSON.stringify({ ...event, padding: 'x'.repeat(17 * 1024 * 1024) });
			const oversize = await hook.send({ body: large, headers });
			expect(Math.min(broken.status, oversize.status)).toBeGreaterThanOrEqual(400);
		},
	);

	test('is one of another method', async () => {
		for (const method of ['GET', 'PUT', 'DELETE']) {
			expect((await sendRaw(hook.url, { method })).status).toBe(404);
		}
	});
});

describe('without a secret', () => {
	const withSecret = (signingSecret: string) =>
		credentialData('http://127.0.0.1:9', { accessToken: '', signingSecret });

	test('a workflow cannot be published', async () => {
		await expect(publishTrigger(n8n, {}, '  ')).rejects.toThrow(
			"The 'Signing Secret' of the credential is empty",
		);
	});

	test('a published workflow refuses everything', async () => {
		const hook = await publishTrigger(n8n);
		await n8n.updateCredential(hook.credential, CREDENTIAL_TYPE, withSecret(''));
		const send = async (secret: string) => {
			const event = { ...capturedEvent('message.sent'), id: createEventId() };
			return (await hook.send({ event, secret })).status;
		};
		await waitFor('the secret to be gone', async () => (await send(hook.secret)) === 401);
		const event = capturedEvent('message.sent');
		const timestamp = String(Math.floor(Date.now() / 1000));
		const hmac = createHmac('sha256', '').update(`${timestamp}.${JSON.stringify(event)}`);
		const headers = {
			'x-openclaw-timestamp': timestamp,
			'x-openclaw-signature': `sha256=${hmac.digest('hex')}`,
		};
		expect((await hook.send({ event, headers })).status).toBe(401);
		const before = await n8n.executions(hook.workflow);
		expect(await send(hook.secret)).toBe(401);
		expect(await send('undefined')).toBe(401);
		await n8n.updateCredential(hook.credential, CREDENTIAL_TYPE, withSecret(hook.secret));
		await waitFor('the secret to be back', async () => (await send(hook.secret)) === 200);
		expect(await hook.executions(before.length + 1)).toHaveLength(before.length + 1);
	});
});

test('a header of the sender cannot reach into the item unasked', async () => {
	const hook = await publishTrigger(n8n);
	const event = capturedEvent('message.sent');
	await hook.send({
		event,
		headers: { 'x-openclaw-attempt': 'DROP', 'x-openclaw-delivery': 'dlv' },
	});
	const [execution] = await hook.executions(1);
	expect(execution?.json(TRIGGER)[0]).toMatchObject({ meta: { unsigned: { delivery: 'dlv' } } });
	expect(execution?.json(TRIGGER)[0]).not.toHaveProperty('headers');
});
