import { listRefusals } from '../../../openclaw-plugin/src/inbound/inboundCalls';
import { at, textAt } from '../../../testbed/json';
import { waitFor } from '../../../testbed/waitFor';
import { parseGatewayDirectory } from '../../../protocol/gateway';
import { HOOK_TOKEN, inboundGateway, type InboundGateway } from './support/inboundGateway';

let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway();
});

afterEach(async () => {
	await gateway.remove();
});

const DEPLOY = { repo: 'my-app', branch: 'main', status: '成功', commit: 'abc123' };
const rows = () =>
	Number(gateway.database.prepare('SELECT count(*) AS n FROM inbound_messages').get()?.n);

describe('a message to an inbound endpoint', () => {
	it('is filled into the template and answered with 202', async () => {
		const answer = await gateway.post('deploy', DEPLOY);
		expect(answer.status).toBe(202);
		expect(answer.json).toEqual({
			ok: true,
			runId: expect.stringMatching(/^run_[0-9a-z]{26}$/) as unknown,
			agentId: 'devops-agent',
			message: 'my-app 的 main 分支部署成功',
			missingPaths: [],
		});
		const stored = gateway.messages.find(String(answer.json.runId));
		expect(stored).toMatchObject({
			sessionKey: 'agent:devops-agent:webhook:deploy',
			message: 'my-app 的 main 分支部署成功',
		});
	});

	it('tells which values were missing', async () => {
		const answer = await gateway.post('alert', { title: 'Disk' });
		expect(answer.json).toMatchObject({
			message: '收到告警:Disk - 严重级别:',
			missingPaths: ['body.severity'],
		});
	});

	it('reaches the agent marked as coming from outside', async () => {
		const { json } = await gateway.post(
			'alert',
			{ title: 'x', severity: 'high' },
			{ prefer: 'wait=5' },
		);
		expect(json).toMatchObject({ reply: { text: 'Done' } });
		expect(gateway.runs.starts).toEqual([
			{
				runId: json.runId,
				sessionKey: 'agent:alert-handler:webhook:alert',
				message: '<external>收到告警:x - 严重级别:high</external>',
				deliver: false,
			},
		]);
	});

	it('may use headers, query and time, but no secret ones', async () => {
		await gateway.remove();
		const template =
			'{{headers.x-event}}|{{query.a}}|{{query.b}}|{{now}}|{{headers.authorization}}|{{headers.cookie}}';
		gateway = await inboundGateway({
			inbound: { endpoints: { all: { agentId: 'main', template } } },
		});
		const { json } = await gateway.post(
			'all?a=1&b=2&b=3',
			{},
			{ 'x-event': 'push', cookie: 'c=1' },
		);
		expect(json.message).toMatch(/^push\|1\|\["2","3"\]\|\d{4}-\d\d-\d\dT[\d:.]+Z\|\|$/);
	});

	it('takes the longest body there may be, and nothing longer', async () => {
		const fits = JSON.stringify({ title: 'x'.repeat(262_144 - 12) });
		expect(Buffer.byteLength(fits)).toBe(262_144);
		// The template around it makes a message of more than 256 KiB.
		expect(await gateway.post('alert', fits)).toMatchObject({ status: 413 });
		const title = JSON.stringify({ title: 'x'.repeat(250_000), severity: 1 });
		expect(await gateway.post('alert', title)).toMatchObject({ status: 202 });
		expect(await gateway.post('alert', `${fits} `)).toMatchObject({
			status: 413,
			json: { ok: false, error: { code: 'body-too-large' } },
		});
		expect(rows()).toBe(1);
	});

	it('is refused when nothing is left of it', async () => {
		await gateway.remove();
		gateway = await inboundGateway({
			inbound: { endpoints: { a: { agentId: 'main', template: ' {{body.x}}\n' } } },
		});
		const answer = await gateway.post('a', { x: ' ' });
		expect(answer).toMatchObject({ status: 400, json: { error: { code: 'empty-message' } } });
		expect(at(answer.json, 'error', 'message')).toMatch(/^message required/);
	});

	it('is refused when the request has nothing for the template, and told what was looked for', async () => {
		const answer = await gateway.post('alert', { titel: 'Disk', severty: null });
		expect(answer).toMatchObject({
			status: 422,
			json: { error: { code: 'missing-values', paths: ['body.title', 'body.severity'] } },
		});
		expect(at(answer.json, 'error', 'message')).toContain('body.title, body.severity');
		expect(rows()).toBe(0);
	});

	it('needs what its endpoint says that it needs', async () => {
		await gateway.remove();
		const template = 'At {{now}}: {{body.title}} {{body.severity}} {{body.links[0].url}}';
		const usable = { kind: 'usable', agentId: 'main', template } as const;
		gateway = await inboundGateway({
			endpoints: {
				strict: { ...usable, required: ['body.title', 'body.links[0].url', 'headers.x-id'] },
				lenient: { ...usable, required: [] },
				usual: usable,
				fixed: { ...usable, template: 'Good morning at {{now}}' },
			},
		});
		const links = [{ url: 'https://a.example' }];
		const post = async (name: string, body: unknown, headers = {}) => {
			const { status, json } = await gateway.post(name, body, headers);
			return status === 422 ? at(json, 'error', 'paths') : status;
		};
		expect(await post('strict', { title: 'x', links }, { 'x-id': '7' })).toBe(202);
		expect(await post('strict', { title: ' ', links }, { 'x-id': '7' })).toEqual(['body.title']);
		expect(await post('strict', { severity: 'x', links: [] })).toEqual([
			'body.title',
			'body.links[0].url',
			'headers.x-id',
		]);
		expect(await post('lenient', {})).toBe(202);
		// The time alone tells nothing.
		expect(await post('usual', {})).toEqual(['body.title', 'body.severity', 'body.links[0].url']);
		expect(await post('usual', { severity: 0 })).toBe(202);
		expect(await post('fixed', {})).toBe(202);
	});

	it('has numbers with the digits that were sent', async () => {
		await gateway.remove();
		const template = '{{body.order.id}} {{body.amount}} {{body.n}} {{body.order}} {{body.count}}';
		gateway = await inboundGateway({
			inbound: { endpoints: { order: { agentId: 'main', template } } },
		});
		const body =
			'{"order":{"id":8202522731445525542,"list":[1.0]},"amount":1.10,"n":1e21,"count":7}';
		const { json } = await gateway.post('order', body);
		expect(json.message).toBe(
			'8202522731445525542 1.10 1e21 {"id":8202522731445525542,"list":[1.0]} 7',
		);
	});

	it('says where its JSON is broken', async () => {
		const answer = await gateway.post('alert', '{\n"title": oops\n}');
		expect(answer).toMatchObject({ status: 400, json: { error: { code: 'invalid-json' } } });
		expect(at(answer.json, 'error', 'message')).toContain('line 2, column 10');
		expect(await gateway.post('alert', 'a=b', { 'content-type': 'text/plain' })).toMatchObject({
			status: 415,
		});
	});
});

describe('the door', () => {
	const ask = async (path: string, init: RequestInit = {}) => await fetch(gateway.url + path, init);
	const authorized = { authorization: `Bearer ${HOOK_TOKEN}` };

	it('is the same for everything without a token', async () => {
		const answers = await Promise.all([
			ask('/webhooks/inbound'),
			ask('/webhooks/inbound/alert', { method: 'POST', body: '{' }),
			ask('/webhooks/inbound/nothing', { method: 'POST', body: 'x'.repeat(300_000) }),
			ask('/webhooks/inbound/alert', { method: 'DELETE' }),
			ask('/webhooks/inbound/%zz'),
			ask('/webhooks/inbound/alert', {
				method: 'POST',
				headers: { authorization: 'Bearer wrong', 'content-type': 'text/plain' },
				body: 'x',
			}),
		]);
		const seen = await Promise.all(
			answers.map(async (answer) => `${String(answer.status)} ${await answer.text()}`),
		);
		expect(new Set(seen).size).toBe(1);
		expect(seen[0]).toMatch(/^401 /);
	});

	it('lets no message in without one', async () => {
		const wrong = { authorization: 'Bearer wrong' };
		expect(await gateway.post('alert', { title: 'a' }, wrong)).toMatchObject({ status: 401 });
		expect(await gateway.post('alert', { title: 'b' })).toMatchObject({ status: 202 });
		expect(rows()).toBe(1);
	});

	it('asks for the hook token of the gateway with each request', async () => {
		const post = async (token: string) =>
			(await gateway.post('alert', { title: 'a' }, { authorization: `Bearer ${token}` })).status;
		expect(await post(HOOK_TOKEN)).toBe(202);
		gateway.hooks = { ...gateway.hooks, token: 'rotated' };
		expect([await post(HOOK_TOKEN), await post('rotated')]).toEqual([401, 202]);
		gateway.hooks = { ...gateway.hooks, isEnabled: false };
		expect(await post('rotated')).toBe(401);
	});

	it('asks for the allowed agents with each request', async () => {
		const post = async () =>
			(await gateway.post('', { agentId: 'private', message: 'Hello' })).status;
		expect(await post()).toBe(403);
		gateway.hooks = { ...gateway.hooks, allowedAgentIds: undefined };
		expect(await post()).toBe(202);
	});

	it('shows a token for one endpoint that one alone', async () => {
		const deploy = gateway.bearer({ endpoints: ['deploy'] });
		const { json } = await gateway.get('', deploy);
		expect(json.endpoints).toMatchObject([{ name: 'deploy' }]);
		expect((await gateway.post('deploy', DEPLOY, deploy)).status).toBe(202);
		expect(await gateway.post('alert', { title: 'a' }, deploy)).toMatchObject({
			status: 404,
			json: { error: { code: 'unknown-endpoint' } },
		});
	});

	it('says that an endpoint has faulty settings, not which, while others work', async () => {
		await gateway.remove();
		const reason = "'template' has the secret ${API_KEY} in it";
		gateway = await inboundGateway({ endpoints: { broken: { kind: 'faulty', reason } } });
		const answer = await gateway.post('broken', { title: 'a' });
		expect(answer).toMatchObject({ status: 503, json: { error: { code: 'endpoint-faulty' } } });
		expect(JSON.stringify(answer.json)).not.toContain('API_KEY');
		expect(at((await gateway.get('')).json, 'endpoints')).toHaveLength(3);
		expect((await gateway.post('alert', { title: 'a' })).status).toBe(202);
		const stranger = await gateway.post('broken', {}, { authorization: 'Bearer x' });
		expect(stranger.status).toBe(401);
	});

	it('lets a sender no further than the sessions of its endpoint', async () => {
		const sender = gateway.bearer({ scopes: ['inbound'] });
		const query = 'sessionKey=agent:alert-handler:telegram:direct:777';
		const ask = async (path: string) => await gateway.post(path, { title: 'a' }, sender);
		expect(await ask(`alert?${query}&deliver=true&wait=60`)).toMatchObject({
			status: 403,
			json: { error: { code: 'session-not-allowed', path: 'sessionKey' } },
		});
		expect(await ask('alert?deliver=true')).toMatchObject({
			status: 403,
			json: { error: { code: 'deliver-not-allowed', path: 'deliver' } },
		});
		expect((await ask('alert?sessionKey=webhook:alert:7')).status).toBe(202);
		expect((await gateway.post(`alert?${query}`, { title: 'a' })).status).toBe(202);
		await gateway.remove();
		gateway = await inboundGateway({ sessionKeys: ['agent:alert-handler:telegram:'] });
		const other = gateway.bearer({ scopes: ['inbound'] });
		expect((await gateway.post(`alert?${query}`, { title: 'a' }, other)).status).toBe(202);
	});

	it('tells who has one what there is', async () => {
		const answer = await ask('/webhooks/inbound', { headers: authorized });
		const parsed = parseGatewayDirectory(await answer.json());
		expect(parsed).toMatchObject({
			ok: true,
			directory: {
				endpoints: [{ name: 'alert' }, { name: 'deploy' }, { name: 'ticket-update' }],
				agents: expect.arrayContaining([
					{ id: 'support-bot', name: 'Support' },
					{ id: 'private' },
				]) as unknown,
				channels: [{ id: 'telegram' }],
			},
		});
	});

	it('knows which methods go with which path', async () => {
		const wrong = await ask('/webhooks/inbound/alert', { headers: authorized });
		expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
		const list = await ask('/webhooks/inbound/', { method: 'PUT', headers: authorized });
		expect([list.status, list.headers.get('allow')]).toEqual([405, 'GET, POST']);
	});

	it.each(['nothing', 'constructor', '__proto__', 'alert/deeper', '%zz', 'ALERT'])(
		'has nothing behind %s',
		async (name) => {
			const answer = await gateway.post(name, {});
			expect(answer).toMatchObject({ status: 404, json: { error: { code: 'unknown-endpoint' } } });
		},
	);

	it('is shut while inbound is switched off', async () => {
		await gateway.remove();
		gateway = await inboundGateway({ inbound: { enabled: false } });
		expect((await ask('/webhooks/inbound')).status).toBe(401);
		expect(await gateway.post('alert', {})).toMatchObject({
			status: 404,
			json: { error: { code: 'inbound-off' } },
		});
	});

	it('is not for other paths', async () => {
		expect((await ask('/webhooks/inbound2')).status).toBe(418);
	});

	it('takes no more when ten thousand messages wait', async () => {
		await gateway.runner.stop();
		gateway.database.exec(`
			WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000)
			INSERT INTO inbound_messages (run_id, endpoint, agent_id, session_key, message, prompt,
				missing_paths, state, created_at, next_at)
			SELECT 'run_' || n, 'alert', 'a', 's', 'm', 'p', '[]', 'queued', 0, 0 FROM numbers
		`);
		const answer = await gateway.post('alert', { title: 'a' });
		expect(answer).toMatchObject({ status: 503, json: { error: { code: 'queue-full' } } });
		expect(answer.headers.get('retry-after')).toBe('30');
		// A hundred places are each endpoint's own, whoever has filled the queue.
		expect(await gateway.post('deploy', DEPLOY)).toMatchObject({ status: 202 });
		gateway.database.exec("UPDATE inbound_messages SET endpoint = 'deploy' WHERE seq <= 99");
		expect(await gateway.post('deploy', DEPLOY)).toMatchObject({ status: 503 });
	});

	it('says so when a message cannot be stored', async () => {
		gateway.database.exec('PRAGMA query_only = ON');
		const answer = await gateway.post('alert', { title: 'a' });
		expect(answer).toMatchObject({ status: 503, json: { error: { code: 'not-stored' } } });
		expect(answer.headers.get('retry-after')).toBe('10');
		expect(gateway.log.join()).toContain('readonly');
	});
});

describe('an idempotency key', () => {
	it('makes a repeated message one', async () => {
		const headers = { 'idempotency-key': 'ticket-1042' };
		const first = await gateway.post('deploy', DEPLOY, headers);
		const second = await gateway.post('deploy', DEPLOY, headers);
		expect(second.status).toBe(202);
		expect(second.json).toEqual(first.json);
		expect(first.headers.get('idempotency-replayed')).toBeNull();
		expect(second.headers.get('idempotency-replayed')).toBe('true');
		expect(rows()).toBe(1);
	});

	it('makes one of many that come at once', async () => {
		const headers = { 'idempotency-key': 'k' };
		const answers = await Promise.all(
			Array.from({ length: 20 }, async () => gateway.post('deploy', DEPLOY, headers)),
		);
		expect(new Set(answers.map(({ json }) => json.runId)).size).toBe(1);
		expect(rows()).toBe(1);
	});

	it('gives the reply again without a second run', async () => {
		const headers = { 'idempotency-key': 'k', prefer: 'wait=5' };
		const first = await gateway.post('deploy', DEPLOY, headers);
		const second = await gateway.post('deploy', DEPLOY, headers);
		expect(first).toMatchObject({ status: 200, json: { reply: { text: 'Done' } } });
		expect(second.json).toEqual(first.json);
		expect(gateway.runs.starts).toHaveLength(1);
	});

	it.each([
		['text', '', {}, { ...DEPLOY, status: '失败' }],
		['session', '', { 'x-openclaw-session-key': 'other' }, DEPLOY],
		['delivery', '?deliver=true', {}, DEPLOY],
		['callback', '', { 'x-openclaw-callback-url': 'https://n8n.example/x' }, DEPLOY],
	])('cannot be used for another %s', async (_, query, headers, body) => {
		const key = { 'idempotency-key': 'k' };
		const first = await gateway.post('deploy', DEPLOY, key);
		const answer = await gateway.post(`deploy${query}`, body, { ...key, ...headers });
		expect(answer).toMatchObject({
			status: 422,
			json: {
				runId: first.json.runId,
				error: { code: 'idempotency-key-reused', path: 'Idempotency-Key' },
			},
		});
	});

	it('is for everything that the message is made of, and nothing else of the request', async () => {
		await gateway.remove();
		const template = 'Order {{query.order}}, step {{headers.x-step}}: {{body.status}} at {{now}}';
		gateway = await inboundGateway({
			inbound: { endpoints: { order: { agentId: 'main', template } } },
		});
		const post = async (query: string, step: string, body: unknown) =>
			await gateway.post(`order?${query}`, body, { 'idempotency-key': 'k', 'x-step': step });
		const first = await post('order=2001', '1', { status: 'paid', attempt: 1 });
		// The time in the text is another one, and what the template does not use may be.
		const again = await post('order=2001&trace=7', '1', { attempt: 2, status: 'paid' });
		expect(again.status).toBe(202);
		expect(again.json).toEqual(first.json);
		expect(again.headers.get('idempotency-replayed')).toBe('true');
		expect((await post('order=2002', '1', { status: 'paid' })).status).toBe(422);
		expect((await post('order=2001', '2', { status: 'paid' })).status).toBe(422);
		expect(rows()).toBe(1);
	});

	it('counts for one token', async () => {
		const key = { 'idempotency-key': 'k' };
		const first = await gateway.post('deploy', DEPLOY, key);
		const other = { ...key, ...gateway.bearer({ name: 'ci' }) };
		const second = await gateway.post('deploy', { ...DEPLOY, repo: 'other' }, other);
		expect([first.status, second.status]).toEqual([202, 202]);
		expect(second.json.runId).not.toBe(first.json.runId);
	});

	it('counts for one endpoint', async () => {
		const key = { 'idempotency-key': 'k' };
		const session = { 'x-openclaw-session-key': 'one' };
		const alert = await gateway.post('alert', { title: 'a' }, { ...key, ...session });
		const deploy = await gateway.post('deploy', DEPLOY, key);
		expect([alert.status, deploy.status]).toEqual([202, 202]);
		expect(alert.json.runId).not.toBe(deploy.json.runId);
	});

	it('has at most 256 characters', async () => {
		const post = async (length: number) =>
			(await gateway.post('deploy', DEPLOY, { 'idempotency-key': 'k'.repeat(length) })).status;
		expect(await post(256)).toBe(202);
		expect(await post(257)).toBe(400);
	});
});

describe('an earlier run', () => {
	const WAIT = 'wait=20';
	const run = async (path: string, headers = {}) => await gateway.get(`runs/${path}`, headers);

	it('is told about while it waits, runs, and when it has ended', async () => {
		gateway.runs.answerBy(() => ({ hang: true }));
		const { json } = await gateway.post('deploy', DEPLOY);
		const runId = String(json.runId);
		await waitFor('the run', () => gateway.runs.starts.length === 1);
		expect(await run(runId)).toMatchObject({
			status: 202,
			json: { ok: true, runId, agentId: 'devops-agent', endpoint: 'deploy', state: 'running' },
		});
		const waiting = run(`${runId}?${WAIT}`);
		await waitFor('the wait', () => gateway.signals.waitingCount === 1);
		gateway.runs.finish(runId, 'Deployed');
		const answer = await waiting;
		expect(answer).toMatchObject({
			status: 200,
			json: {
				state: 'done',
				message: 'my-app 的 main 分支部署成功',
				missingPaths: [],
				reply: { text: 'Deployed' },
				durationMs: expect.any(Number) as unknown,
			},
		});
		expect(answer.headers.get('preference-applied')).toBe(WAIT);
		expect((await run(runId)).json).toEqual(answer.json);
	});

	it('that failed says why', async () => {
		gateway.runs.answerBy(() => ({ fail: 'LLM request failed' }));
		const message = { agentId: 'support-bot', message: 'Hello' };
		const { json } = await gateway.post('', message);
		const answer = await run(`${String(json.runId)}?${WAIT}`);
		expect(answer).toMatchObject({
			status: 424,
			json: {
				ok: false,
				runId: json.runId,
				agentId: 'support-bot',
				state: 'failed',
				error: { code: 'agent-failed', message: 'LLM request failed' },
				durationMs: expect.any(Number) as unknown,
			},
		});
		expect(answer.json).not.toHaveProperty('endpoint');
		expect(answer.json).not.toHaveProperty('reply');
	});

	it('is for its caller, and for tokens that may write to any agent', async () => {
		const [ours, others] = ['a', 'b'].map((name) => gateway.bearer({ name, scopes: ['inbound'] }));
		const bound = gateway.bearer({ endpoints: ['deploy'] });
		const { json } = await gateway.post('alert', { title: 'Disk' }, ours);
		const path = `${String(json.runId)}?${WAIT}`;
		expect((await run(path, ours)).status).toBe(200);
		expect((await run(path)).status).toBe(200);
		expect((await run(path, { authorization: `Bearer ${HOOK_TOKEN}` })).status).toBe(200);
		const unknown = await run('run_0000000000000000000000000z', others);
		for (const token of [others, bound]) {
			const answer = await run(path, token);
			expect(answer.status).toBe(404);
			expect(answer.json).toEqual(unknown.json);
		}
		expect((await run(path, { authorization: 'Bearer x' })).status).toBe(401);
	});

	it('is asked for with GET, and does not hide an endpoint of that name', async () => {
		await gateway.remove();
		gateway = await inboundGateway({
			inbound: { endpoints: { runs: { agentId: 'main', template: '{{body.x}}' } } },
		});
		const { status, json } = await gateway.post('runs', { x: 'Hello' });
		expect(status).toBe(202);
		expect((await run(String(json.runId))).status).toBe(200);
		expect((await gateway.post(`runs/${String(json.runId)}`, {})).status).toBe(405);
		expect(await run('x?wait=forever')).toMatchObject({
			status: 400,
			json: { error: { code: 'invalid-wait' } },
		});
	});
});

describe('what was refused', () => {
	it('is logged when it goes round in a circle, once a minute', async () => {
		const headers = { 'x-openclaw-hops': '8', 'x-openclaw-source': 'n8n:1f3a5c7e:xk2LmWQ0' };
		for (let call = 0; call < 3; call += 1) {
			expect((await gateway.post('alert', { title: 'x' }, headers)).status).toBe(508);
		}
		await gateway.post('alrt', {});

		expect(gateway.log).toEqual([
			expect.stringMatching(/of 'n8n:1f3a5c7e:xk2LmWQ0' goes round in a circle: 8 runs/),
		]);
		expect(listRefusals(gateway.database)).toMatchObject([
			{ code: 'unknown-endpoint', count: 1 },
			{ code: 'loop-detected', endpoint: 'alert', status: 508 },
		]);
	});

	it('is kept with who, which and why, and without body or token', async () => {
		const secret = 'ocw_secret-of-somebody';
		const alert = { title: 'private-content' };
		await gateway.post('alert', '{"title": private-content', {});
		await gateway.post('alert', 'title=private-content', { 'content-type': 'text/plain' });
		await gateway.post('alert', alert, { authorization: `Bearer ${secret}` });
		await gateway.post('alrt', alert);
		await gateway.post('alert', { title: 'x'.repeat(300_000) });
		await gateway.post('alert', {});
		await gateway.post('deploy', DEPLOY, { 'idempotency-key': 'k' });
		await gateway.post('deploy', { ...DEPLOY, repo: 'b' }, { 'idempotency-key': 'k' });
		await gateway.post('', { agentId: 'private', message: 'private-content' });
		const kept = listRefusals(gateway.database);
		expect(kept.map(({ endpoint, status, code }) => [endpoint, status, code]).reverse()).toEqual([
			['alert', 400, 'invalid-json'],
			['alert', 415, 'not-json'],
			['alert', 401, 'unauthorized'],
			['alrt', 404, 'unknown-endpoint'],
			['alert', 413, 'body-too-large'],
			['alert', 422, 'missing-values'],
			['deploy', 422, 'idempotency-key-reused'],
			['', 403, 'agent-not-allowed'],
		]);
		for (const { address, count, at: time } of kept) {
			expect([address, count]).toEqual(['127.0.0.1', 1]);
			expect(Math.abs(Date.now() - time)).toBeLessThan(60_000);
		}
		expect(JSON.stringify(kept)).not.toMatch(/private-content|ocw_secret/);
	});

	it('changes no answer when it cannot be kept', async () => {
		gateway.database.exec('DROP TABLE inbound_refusals');
		expect((await gateway.post('nothing', {})).status).toBe(404);
		expect((await gateway.post('alert', { title: 'a' })).status).toBe(202);
	});
});

describe('what the gateway can tell in advance', () => {
	let own: InboundGateway;

	beforeEach(async () => {
		own = await inboundGateway({
			inbound: {
				endpoints: {
					lost: { agentId: 'nobody', template: '{{body.title}}' },
					first: { agentId: 'Main', template: '{{body.title}}' },
				},
			},
			isSessionThere: (sessionKey) => sessionKey !== 'agent:Main:gone',
		});
	});

	afterEach(async () => {
		await own.remove();
	});

	const codeOf = async (path: string) => {
		const { status, json } = await own.post(path, { title: 'Disk' });
		return [status, textAt(json, 'error', 'code')];
	};

	it('is that there is no such agent: its owner reads which, the sender tries again later', async () => {
		expect(await codeOf('lost')).toEqual([503, 'endpoint-faulty']);
		const [refusal] = listRefusals(own.database);
		expect(refusal).toMatchObject({
			endpoint: 'lost',
			reason: "The gateway has no agent 'nobody'",
		});
		expect(await codeOf('first')).toEqual([202, '']);
	});

	it('is that there is nobody to deliver to', async () => {
		const refused = await codeOf('first?sessionKey=gone&deliver=true');
		expect(refused).toEqual([422, 'no-conversation']);
		expect(await codeOf('first?sessionKey=gone')).toEqual([202, '']);
		expect(await codeOf('first?sessionKey=there&deliver=true')).toEqual([202, '']);
	});
});
