import { listInbound, showInbound } from '../../../openclaw-plugin/src/inbound/inboundCalls';
import { revokeToken } from '../../../openclaw-plugin/src/tokens/tokens';
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

async function post(name: string, body: unknown, headers = {}): Promise<string> {
	const { json } = await gateway.post(`${name}?wait=20`, body, headers);
	return String(json.runId);
}

const list = (query?: Parameters<typeof listInbound>[1]) => listInbound(gateway.database, query);

it('lists the accepted calls, the newest first, with what became of them', async () => {
	const title = `Disk ${'x'.repeat(300)}`;
	gateway.runs.answerBy(() => ({ reply: `${'y'.repeat(300)} all is well` }));
	const alert = await post('alert', { title }, gateway.bearer({ name: 'grafana' }));
	gateway.runs.answerBy(() => ({ fail: 'LLM request failed' }));
	const direct = await post(
		'',
		{ agentId: 'support-bot', message: 'Hello' },
		{ authorization: `Bearer ${HOOK_TOKEN}` },
	);
	const [newest, oldest] = list();
	expect(newest).toEqual({
		runId: direct,
		createdAt: expect.any(Number) as unknown,
		endedAt: expect.any(Number) as unknown,
		caller: 'hooks.token',
		agentId: 'support-bot',
		sessionKey: 'agent:support-bot:webhook',
		state: 'failed',
		message: 'Hello',
		error: { code: 'agent-failed', message: 'LLM request failed' },
	});
	expect(oldest).toMatchObject({
		runId: alert,
		caller: 'grafana',
		endpoint: 'alert',
		agentId: 'alert-handler',
		state: 'done',
	});
	expect(oldest?.message).toMatch(/^收到告警:Disk x+…$/);
	expect(oldest?.reply).toMatch(/^…y+ all is well$/);
});

it('lists those of an endpoint, of a state, and page by page', async () => {
	gateway.runs.answerBy(({ sessionKey }) =>
		sessionKey.includes('deploy') ? { fail: 'no' } : DONE,
	);
	const alerts = [];
	for (const title of ['a', 'b', 'c']) alerts.unshift(await post('alert', { title }));
	const deploy = await post('deploy', { repo: 'app' });
	const runIds = (query: Parameters<typeof listInbound>[1]) =>
		list(query).map(({ runId }) => runId);
	expect(runIds({ endpoint: 'alert' })).toEqual(alerts);
	expect(runIds({ state: 'failed' })).toEqual([deploy]);
	expect(runIds({ limit: 2 })).toEqual([deploy, alerts[0]]);
	expect(runIds({ limit: 2, before: alerts[0] ?? '' })).toEqual(alerts.slice(1));
	expect(runIds({ endpoint: 'nothing' })).toEqual([]);
});

it('shows one whole, without secrets', async () => {
	const secret = `whsec_${'A'.repeat(32)}`;
	const reply = 'z'.repeat(3000);
	gateway.runs.answerBy(() => ({ reply }));
	const runId = await post(
		'alert',
		{ title: 'Disk' },
		{
			'x-openclaw-callback-url': 'https://n8n.example/webhook-waiting/7?signature=abc',
			'x-openclaw-callback-secret': secret,
			'x-openclaw-deliver': 'true',
		},
	);
	const shown = showInbound(gateway.database, runId);
	expect(shown).toMatchObject({
		runId,
		reply,
		missingPaths: ['body.severity'],
		tries: 0,
		isDelivered: true,
		callback: 'https://n8n.example',
	});
	expect(JSON.stringify(shown)).not.toMatch(/whsec_|signature/);
	expect(showInbound(gateway.database, 'run_x')).toBeUndefined();
});

it('goes on to list calls of a token that was revoked', async () => {
	const runId = await post('alert', { title: 'a' }, gateway.bearer({ name: 'ci' }));
	revokeToken(gateway.database, 'ci');
	expect(list()[0]?.runId).toBe(runId);
	expect(list()[0]).not.toHaveProperty('caller');
});

it('lists calls that wait', async () => {
	gateway.runs.answerBy(() => ({ hang: true }));
	await gateway.post('alert', { title: 'a' });
	await gateway.post('alert', { title: 'b' });
	await waitFor('the run', () => gateway.runs.starts.length === 1);
	expect(list().map(({ state }) => state)).toEqual(['queued', 'running']);
});
