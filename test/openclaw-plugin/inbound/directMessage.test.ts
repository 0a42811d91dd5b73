import { HOOK_TOKEN, inboundGateway, type InboundGateway } from './support/inboundGateway';

let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway();
});

afterEach(async () => {
	await gateway.remove();
});

const WAIT = { prefer: 'wait=5' };
const MESSAGE = { agentId: 'support-bot', message: 'Hello' };

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
	const model = await gateway.post('', { ...MESSAGE, model: 'fake/fake-2' }, headers);
	const alert = await gateway.post('alert', { title: 'Disk' }, headers);
	expect(again.json.runId).toBe(first.json.runId);
	expect(other).toMatchObject({ status: 422, json: { error: { code: 'idempotency-key-reused' } } });
	expect(model.status).toBe(422);
	expect(alert.status).toBe(200);
	expect(gateway.runs.starts).toHaveLength(2);
});

it('is the same when only the time differs that its sender wrote into it', async () => {
	const headers = { 'idempotency-key': 'k' };
	const send = async (text: string, now?: string) =>
		await gateway.post(
			'',
			{ ...MESSAGE, message: text, ...(now === undefined ? {} : { now }) },
			headers,
		);
	const [first, second] = ['2026-03-14T10:30:00.000Z', '2026-03-14T10:30:01.000Z'] as const;
	const accepted = await send(`Report of ${first}`, first);
	const again = await send(`Report of ${second}`, second);
	expect(again.status).toBe(202);
	expect(again.json).toEqual(accepted.json);
	expect(again.headers.get('idempotency-replayed')).toBe('true');
	expect((await send(`Report of ${second}`)).status).toBe(422);
	expect((await send(`Alarm of ${second}`, second)).status).toBe(422);
	expect(gateway.runs.starts).toHaveLength(1);
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
	const answer = await gateway.post(
		'',
		MESSAGE,
		gateway.bearer({ scopes: ['inbound', 'endpoints'] }),
	);
	expect(answer).toMatchObject({ status: 403, json: { error: { code: 'wrong-scope' } } });
	expect((await gateway.post('', MESSAGE, gateway.bearer({ scopes: ['agents'] }))).status).toBe(
		202,
	);
	const hooks = { authorization: `Bearer ${HOOK_TOKEN}` };
	expect((await gateway.post('', MESSAGE, hooks)).status).toBe(202);
	const bound = gateway.bearer({ endpoints: ['alert'] });
	expect(await gateway.post('', MESSAGE, bound)).toMatchObject({ status: 403 });
});
