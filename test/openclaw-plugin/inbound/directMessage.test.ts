import { issueToken } from '../../../openclaw-plugin/src/tokens/tokens';
import { inboundGateway, type InboundGateway } from './support/inboundGateway';

let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway();
});

afterEach(async () => {
	await gateway.remove();
});

const WAIT = { prefer: 'wait=5' };
const MESSAGE = { agentId: 'support-bot', message: 'Hello' };

function bearer(scopes: Parameters<typeof issueToken>[1]['scopes']) {
	const { token } = issueToken(gateway.database, { name: 'n8n', scopes });
	return { authorization: `Bearer ${token}` };
}

it('goes to the agent that it names, marked as coming from outside', async () => {
	const answer = await gateway.post('', MESSAGE, WAIT);
	expect(answer).toMatchObject({
		status: 200,
		json: { ok: true, agentId: 'support-bot', message: 'Hello', reply: { text: 'Done' } },
	});
	expect(gateway.runs.starts).toMatchObject([
		{ sessionKey: 'agent:support-bot:webhook', message: '<external>Hello</external>' },
	]);
	expect(gateway.runs.starts[0]).not.toHaveProperty('model');
});

it('is queued without a wait, in the session that it asks for, with its model', async () => {
	const message = { ...MESSAGE, agentId: 'Support-Bot', model: 'fake/fake-2' };
	const headers = { 'x-openclaw-session-key': 'ticket-7', ...WAIT };
	expect((await gateway.post('', { ...message, message: 'Later' })).status).toBe(202);
	await gateway.post('', message, headers);
	expect(gateway.runs.starts.at(-1)).toMatchObject({
		sessionKey: 'agent:support-bot:ticket-7',
		model: 'fake/fake-2',
	});
});

it('runs once under one key, apart from the keys of endpoints', async () => {
	const headers = { 'idempotency-key': 'k', ...WAIT };
	const first = await gateway.post('', MESSAGE, headers);
	const again = await gateway.post('', MESSAGE, headers);
	const other = await gateway.post('', { ...MESSAGE, message: 'Other' }, headers);
	const alert = await gateway.post('alert', { title: 'Disk' }, headers);
	expect(again.json.runId).toBe(first.json.runId);
	expect(other).toMatchObject({ status: 422, json: { error: { code: 'idempotency-key-reused' } } });
	expect(alert.status).toBe(200);
	expect(gateway.runs.starts).toHaveLength(2);
});

it('answers 424 when the run fails', async () => {
	gateway.runs.answerBy(() => ({ fail: 'LLM request failed' }));
	const answer = await gateway.post('', MESSAGE, WAIT);
	expect(answer).toMatchObject({ status: 424, json: { error: { code: 'agent-failed' } } });
});

it.each([
	[{ ...MESSAGE, agentId: 'nobody' }, 400, 'unknown-agent', 'unknown agentId "nobody"'],
	[{ ...MESSAGE, agentId: 'private' }, 403, 'agent-not-allowed', 'hooks.allowedAgentIds'],
	[{ agentId: 'support-bot' }, 400, 'invalid-message', 'message required'],
	[{ message: 'x' }, 400, 'invalid-message', 'agentId'],
	[{ ...MESSAGE, model: 7 }, 400, 'invalid-message', 'model'],
	[{ ...MESSAGE, deliver: true }, 400, 'invalid-message', 'nothing else'],
	[[MESSAGE], 400, 'invalid-message', 'object'],
])('refuses %j', async (body, status, code, text) => {
	const answer = await gateway.post('', body);
	expect(answer).toMatchObject({ status, json: { error: { code } } });
	expect(JSON.stringify(answer.json.error)).toContain(JSON.stringify(text).slice(1, -1));
	expect(gateway.runs.starts).toEqual([]);
});

it('needs a token with the scope agents, or the hook token of the gateway', async () => {
	const answer = await gateway.post('', MESSAGE, bearer(['inbound', 'endpoints']));
	expect(answer).toMatchObject({ status: 403, json: { error: { code: 'wrong-scope' } } });
	expect((await gateway.post('', MESSAGE, bearer(['agents']))).status).toBe(202);
	expect((await gateway.post('', MESSAGE)).status).toBe(202);
});
