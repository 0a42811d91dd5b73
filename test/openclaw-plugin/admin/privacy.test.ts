import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { at } from '../../../testbed/json';
import { adminGateway, type AdminGateway } from './support/adminGateway';

let gateway: AdminGateway;

beforeEach(async () => {
	gateway = await adminGateway();
});

afterEach(async () => {
	await gateway.remove();
});

const N8N = { url: 'https://n8n.example/webhook/1', events: ['*'], registrant: 'n8n-1' };
const CONTENT = { omit: ['data.message.content'] };
const privacyOf = (name: string) => gateway.registry.findByName(name)?.privacy;

it('stays when a receiver registers itself again, which knows nothing of it', async () => {
	await gateway.ask('PUT', '/endpoints/n8n', N8N);
	const changed = await gateway.ask('PATCH', '/endpoints/n8n', { privacy: CONTENT });
	expect(at(changed.json, 'endpoint', 'privacy')).toEqual(CONTENT);
	await gateway.ask('PUT', '/endpoints/n8n', { ...N8N, events: ['message.sent'] });
	expect(privacyOf('n8n')).toEqual(CONTENT);
	await gateway.ask('DELETE', '/endpoints/n8n');
	await gateway.ask('PUT', '/endpoints/n8n', N8N);
	expect(privacyOf('n8n')).toEqual(CONTENT);
	await gateway.ask('PUT', '/endpoints/n8n', { ...N8N, privacy: {} });
	expect(privacyOf('n8n')).toEqual({});
});

it('names the path that cannot be used', async () => {
	const privacy = { redact: ['data.sender', 'id'] };
	const answer = await gateway.ask('POST', '/endpoints', { name: 'a', ...N8N, privacy });
	expect(answer).toMatchObject({
		status: 400,
		json: {
			error: {
				code: 'invalid-endpoint',
				path: 'privacy.redact[1]',
				message: expect.stringContaining("'privacy.redact[1]' names 'id', which cannot") as unknown,
			},
		},
	});
});

it('refuses to send again what is not kept, and says why', async () => {
	const privacy = { dropBodiesAfterDelivery: true };
	await gateway.ask('POST', '/endpoints', { name: 'a', ...N8N, privacy });
	await gateway.ask('POST', '/endpoints/a/test');
	openOutbox(gateway.database, { folder: gateway.folder }).settle([
		{
			id: 1,
			generation: 0,
			attempt: { number: 1, startedAt: gateway.time, durationMs: 5, status: 200 },
			settlement: { state: 'delivered' },
		},
	]);
	const shown = await gateway.ask('GET', '/deliveries/dlv_1');
	const [delivery] = (shown.json as { deliveries: unknown[] }).deliveries;
	expect(delivery).toMatchObject({ isBodyKept: false, event: { type: 'webhook.test' } });
	expect(shown.text).not.toContain('Sent to try the endpoint');
	const replay = async (body: object) => await gateway.ask('POST', '/deliveries/replay', body);
	expect(await replay({ deliveryIds: ['dlv_1'] })).toMatchObject({
		status: 409,
		json: {
			error: {
				code: 'body-not-kept',
				message: expect.stringContaining('privacy.dropBodiesAfterDelivery') as unknown,
			},
		},
	});
	await gateway.ask('POST', '/endpoints/main-webhook/test');
	gateway.database.exec("UPDATE deliveries SET state = 'failed' WHERE id = 2");
	expect(await replay({ since: 0 })).toMatchObject({ status: 200, json: { count: 1, notKept: 1 } });
});
