import { at } from '../../../testbed/json';
import { parseGatewayDirectory } from '../../../protocol/gateway';
import { inboundGateway, TOKEN, type InboundGateway } from './support/inboundGateway';

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
	const authorized = { authorization: `Bearer ${TOKEN}` };

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

	it('tells who has one what there is', async () => {
		const answer = await ask('/webhooks/inbound', { headers: authorized });
		const parsed = parseGatewayDirectory(await answer.json());
		expect(parsed).toMatchObject({
			ok: true,
			directory: {
				endpoints: [{ name: 'alert' }, { name: 'deploy' }, { name: 'ticket-update' }],
				agents: [{ id: 'support-bot', name: 'Support' }, { id: 'private' }],
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
		['body', {}, { ...DEPLOY, status: '失败' }],
		['session', { 'x-openclaw-session-key': 'other' }, DEPLOY],
	])('cannot be used for another %s', async (_, headers, body) => {
		const key = { 'idempotency-key': 'k' };
		await gateway.post('deploy', DEPLOY, key);
		const answer = await gateway.post('deploy', body, { ...key, ...headers });
		expect(answer).toMatchObject({
			status: 422,
			json: { error: { code: 'idempotency-key-reused', path: 'Idempotency-Key' } },
		});
	});

	it('counts for one endpoint', async () => {
		const key = { 'idempotency-key': 'k' };
		const session = { 'x-openclaw-session-key': 'one' };
		const alert = await gateway.post('alert', DEPLOY, { ...key, ...session });
		const deploy = await gateway.post('deploy', DEPLOY, key);
		expect([alert.status, deploy.status]).toEqual([202, 202]);
		expect(alert.json.runId).not.toBe(deploy.json.runId);
	});

	it('has at most 256 characters', async () => {
		const post = async (length: number) =>
			(await gateway.post('alert', DEPLOY, { 'idempotency-key': 'k'.repeat(length) })).status;
		expect(await post(256)).toBe(202);
		expect(await post(257)).toBe(400);
	});
});
