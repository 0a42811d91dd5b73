import { parseEvent } from '../../../protocol/event';
import { waitFor } from '../../../testbed/waitFor';
import { inboundGateway, type InboundGateway } from './support/inboundGateway';

let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway();
});

afterEach(async () => {
	await gateway.remove();
});

const CALLBACK = 'https://n8n.example/webhook-waiting/7?token=x';
const ALERT = { title: 'Disk', severity: 'high' };

const deliveries = () =>
	gateway.database
		.prepare(
			`SELECT p.name AS endpoint, s.name AS signer, d.url, e.body
			FROM deliveries d JOIN events e ON e.seq = d.event_seq
			JOIN endpoints p ON p.id = d.endpoint_id JOIN endpoints s ON s.id = d.signer_id`,
		)
		.all();

async function callback(url = CALLBACK) {
	const { status, json } = await gateway.post('alert', ALERT, { 'x-openclaw-callback-url': url });
	expect(status).toBe(202);
	const [row] = await waitFor('the callback', () => {
		const rows = deliveries();
		return rows.length > 0 && rows;
	});
	return { runId: json.runId, row, event: parseEvent(JSON.parse(String(row?.body))) };
}

it('brings the reply to the URL, signed as events to that origin are', async () => {
	const { runId, row, event } = await callback();
	expect(row).toMatchObject({
		endpoint: 'callbacks to https://n8n.example',
		signer: 'n8n',
		url: CALLBACK,
	});
	expect(event).toMatchObject({
		ok: true,
		event: {
			type: 'inbound.completed',
			instanceId: 'node-1',
			data: {
				agentId: 'alert-handler',
				sessionKey: 'agent:alert-handler:webhook:alert',
				runId,
				endpoint: 'alert',
				ok: true,
				reply: { text: 'Done' },
				usage: { inputTokens: 100, outputTokens: 22, cacheReadTokens: 11 },
				durationMs: expect.any(Number) as unknown,
			},
		},
	});
});

it('tells of a failure, too', async () => {
	gateway.runs.answerBy(() => ({ fail: 'LLM request failed' }));
	const { event } = await callback();
	expect(event).toMatchObject({
		event: {
			data: {
				ok: false,
				error: { message: 'LLM request failed', code: 'agent-failed', source: 'inbound' },
			},
		},
	});
});

it('is written with the result, or not at all', async () => {
	gateway.database.exec(`CREATE TRIGGER no_settling BEFORE UPDATE OF result ON inbound_messages
		BEGIN SELECT RAISE(ABORT, 'not now'); END`);
	const headers = { 'x-openclaw-callback-url': CALLBACK };
	await gateway.post('alert', ALERT, headers);
	await waitFor('the failure', () => gateway.log.some((line) => line.includes('not now')));
	expect(deliveries()).toEqual([]);
});

it('comes once, whatever else is going on in the session', async () => {
	gateway.runs.answerBy(() => ({ hang: true }));
	const headers = { 'x-openclaw-callback-url': CALLBACK };
	const { json } = await gateway.post('alert', ALERT, headers);
	for (let index = 0; index < 5; index += 1) await gateway.post('alert', ALERT);
	gateway.runs.finish(String(json.runId), 'Once');
	await waitFor('the next run', () => gateway.runs.starts.length === 2);
	expect(deliveries()).toHaveLength(1);
});

it('comes once for a message that was sent twice', async () => {
	const headers = { 'x-openclaw-callback-url': CALLBACK, 'idempotency-key': 'k', prefer: 'wait=5' };
	await gateway.post('alert', ALERT, headers);
	await gateway.post('alert', ALERT, headers);
	expect(deliveries()).toHaveLength(1);
});

it.each([
	['https://elsewhere.example/', 'callback-not-allowed'],
	['https://unknown.example/x', 'callback-unsigned'],
	['https://off.example/x', 'callback-unsigned'],
])('does not go to %s', async (url, code) => {
	const answer = await gateway.post('alert', ALERT, { 'x-openclaw-callback-url': url });
	expect(answer).toMatchObject({ status: 400, json: { error: { code, path: 'callbackUrl' } } });
	expect(gateway.runs.starts).toEqual([]);
});
