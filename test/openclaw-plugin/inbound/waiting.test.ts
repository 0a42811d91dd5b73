import { waitFor } from '../../../testbed/waitFor';
import { HOOK_TOKEN, inboundGateway, type InboundGateway } from './support/inboundGateway';
import { DONE } from './support/standInRuns';

let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway();
});

afterEach(async () => {
	await gateway.remove();
});

const ALERT = { title: 'Disk', severity: 'high' };

it('answers with the reply, what it cost and how long it took', async () => {
	gateway.runs.answerBy(() => ({ reply: '好的' }));
	const answer = await gateway.post('alert?wait=30', ALERT);
	expect(answer.status).toBe(200);
	expect(answer.json).toMatchObject({
		ok: true,
		runId: expect.stringMatching(/^run_/) as unknown,
		agentId: 'alert-handler',
		reply: { text: '好的' },
		usage: { inputTokens: 100, outputTokens: 22, cacheReadTokens: 11 },
		durationMs: expect.any(Number) as unknown,
	});
	expect(answer.headers.get('preference-applied')).toBe('wait=30');
});

it('answers 202 when the time is over, and the run goes on', async () => {
	gateway.runs.answerBy(() => ({ hang: true }));
	const answer = await gateway.post('alert', ALERT, { prefer: 'wait=1' });
	expect(answer.status).toBe(202);
	expect(answer.json.reply).toBeUndefined();
	gateway.runs.finish(String(answer.json.runId), 'Later');
	await waitFor('the reply', () => gateway.messages.find(String(answer.json.runId))?.result);
	expect(gateway.signals.waitingCount).toBe(0);
});

it('says that the agent failed, in a way that nobody repeats', async () => {
	gateway.runs.answerBy(() => ({ fail: 'LLM request failed' }));
	const headers = { prefer: 'wait=5', 'idempotency-key': 'k' };
	const answer = await gateway.post('alert', ALERT, headers);
	expect(answer).toMatchObject({
		status: 424,
		json: {
			ok: false,
			runId: expect.stringMatching(/^run_/) as unknown,
			agentId: 'alert-handler',
			error: { code: 'agent-failed', message: 'LLM request failed' },
		},
	});
	expect((await gateway.post('alert', ALERT, headers)).json).toEqual(answer.json);
	expect(gateway.runs.starts).toHaveLength(1);
});

it('waits on while the gateway puts the run off for a moment', async () => {
	gateway.runs.answerBy(() =>
		gateway.runs.starts.length < 2
			? { refuse: { message: 'agent unavailable', code: 'UNAVAILABLE' } }
			: DONE,
	);
	expect(await gateway.post('alert', ALERT, { prefer: 'wait=20' })).toMatchObject({ status: 200 });
});

it('stops waiting when who asked has gone', async () => {
	gateway.runs.answerBy(() => ({ hang: true }));
	const gone = new AbortController();
	const asked = fetch(`${gateway.url}/webhooks/inbound/alert?wait=300`, {
		method: 'POST',
		headers: { authorization: `Bearer ${HOOK_TOKEN}`, 'content-type': 'application/json' },
		body: '{"title":1}',
		signal: gone.signal,
	}).catch((error: unknown) => error);
	await waitFor('the wait', () => gateway.signals.waitingCount === 1);
	gone.abort();
	await asked;
	await waitFor('the end of the wait', () => gateway.signals.waitingCount === 0);
});

it('lets several requests wait for the same run', async () => {
	gateway.runs.answerBy(() => ({ hang: true }));
	const headers = { prefer: 'wait=20', 'idempotency-key': 'k' };
	const answers = [1, 2, 3].map(async () => gateway.post('alert', ALERT, headers));
	await waitFor('the waits', () => gateway.signals.waitingCount === 3);
	gateway.runs.finish(gateway.runs.starts[0]?.runId ?? '', 'To all');
	for (const answer of answers) {
		expect(await answer).toMatchObject({ status: 200, json: { reply: { text: 'To all' } } });
	}
	expect(gateway.runs.starts).toHaveLength(1);
});
