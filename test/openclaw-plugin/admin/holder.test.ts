import { parseEvent } from '../../../protocol/event';
import { verifyEvent } from '../../../protocol/signature';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { at, textAt } from '../../../testbed/json';
import { waitFor } from '../../../testbed/waitFor';
import { adminGateway, type AdminGateway } from './support/adminGateway';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const WHO = { registrant: 'n8n:1f3a5c7e', secret: SECRET, allowPrivateHosts: true };

let gateway: AdminGateway;
let n8n: HttpSink;

beforeEach(async () => {
	gateway = await adminGateway();
	n8n = await startHttpSink();
});

afterEach(async () => {
	await gateway.remove();
	await n8n.stop();
});

const register = async (url: string, more: object = {}) =>
	gateway.ask('PUT', '/endpoints/n8n', { ...WHO, url, events: ['*'], ...more });
const endpoint = () => gateway.registry.findByName('n8n');
const codeOf = (json: unknown) => at(json, 'error', 'code');

describe('a webhook of an n8n whose database was copied', () => {
	beforeEach(async () => {
		expect((await register(`${n8n.url}/webhook/a`)).status).toBe(201);
	});

	/** Answers as a trigger does that finds itself at this URL. */
	const isAt = (url: string) => {
		n8n.answerBy(() => ({ body: { received: true, status: 'checked', url } }));
	};

	it('is not taken over while the first n8n answers for it', async () => {
		isAt(`${n8n.url}/webhook/a`);
		const refused = await register('https://copy.example/webhook/a', { events: ['tool.called'] });
		expect(refused.status).toBe(409);
		expect(codeOf(refused.json)).toBe('other-registrant');
		expect(textAt(refused.json, 'error', 'message')).toContain(`${n8n.url}/webhook/a`);
		expect(endpoint()).toMatchObject({ url: `${n8n.url}/webhook/a`, events: ['*'] });

		const [check] = n8n.requests;
		expect(parseEvent(check?.json)).toMatchObject({ ok: true, event: { type: 'webhook.check' } });
		const verdict = verifyEvent({
			headers: check?.headers ?? {},
			body: check?.body ?? Buffer.of(),
			secret: SECRET,
		});
		expect(verdict).toMatchObject({ ok: true });
	});

	it('is not removed by the copy either', async () => {
		isAt(`${n8n.url}/webhook/a`);
		const path = `/endpoints/n8n?url=${encodeURIComponent('https://copy.example/webhook/a')}`;
		const refused = await gateway.ask('DELETE', path);
		expect([refused.status, codeOf(refused.json)]).toEqual([409, 'other-registrant']);
		expect(endpoint()).toMatchObject({ lifecycle: { state: 'active' } });
		const own = `/endpoints/n8n?url=${encodeURIComponent(`${n8n.url}/webhook/a`)}`;
		expect(await gateway.ask('DELETE', own)).toMatchObject({
			status: 200,
			json: { deleted: true },
		});
	});

	it.each([
		['answers at the old address, too, as another one', { received: true, url: 'https://new/a' }],
		['is at the old address no more', 'Not here'],
		['has something else at the old address', []],
	])('follows an n8n that has moved and %s', async (_, body) => {
		n8n.answerBy(() => ({ body }));
		const moved = await register('https://new.example/webhook/a');
		expect(moved).toMatchObject({ status: 200, json: { created: false } });
		expect(endpoint()).toMatchObject({ url: 'https://new.example/webhook/a' });
	});

	it('follows an n8n whose old address answers nobody', async () => {
		await n8n.stop();
		expect(await register('https://new.example/webhook/a')).toMatchObject({ status: 200 });
	});

	it('is asked nothing when its own n8n registers it again', async () => {
		expect(await register(`${n8n.url}/webhook/a`, { events: ['tool.called'] })).toMatchObject({
			status: 200,
		});
		expect(n8n.requests).toEqual([]);
	});
});

describe('a connection of an n8n whose database was copied', () => {
	const described = (consumer: string, more: object = {}) => ({
		...WHO,
		allowPrivateHosts: undefined,
		kind: 'connection',
		events: ['*'],
		consumer,
		replaces: [],
		...more,
	});
	const put = async (body: object) => gateway.ask('PUT', '/endpoints/n8n', body);

	it('keeps the settings of the n8n that fetches', async () => {
		expect((await put(described('a'))).status).toBe(201);
		expect(
			(await gateway.ask('POST', '/endpoints/n8n/fetch', { consumer: 'a', waitSeconds: 0 })).status,
		).toBe(200);
		const refused = await put(described('b', { events: ['tool.called'] }));
		expect(refused.status).toBe(409);
		expect(refused.json).toMatchObject({
			since: gateway.time,
			address: '127.0.0.1',
			error: { code: 'another-consumer' },
		});
		expect(endpoint()).toMatchObject({ events: ['*'], secrets: [SECRET] });
		// The same one after a restart, or under another name.
		expect(await put(described('c', { replaces: ['a'] }))).toMatchObject({ status: 200 });
		await waitFor('its place', async () => {
			gateway.elapsed += 10_000;
			return (await put(described('b'))).status === 200;
		});
	});
});
