import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyEvent } from '../../protocol/signature';
import { childEnvironment } from '../../testbed/childEnvironment';
import { run } from '../../testbed/command';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { startHttpSink, type HttpSink, type ReceivedRequest } from '../../testbed/httpSink';
import { at, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import {
	startScriptedModel,
	type ModelRequest,
	type ScriptedModel,
} from '../../testbed/scriptedModel';
import { waitFor } from '../../testbed/waitFor';
import { ARTICLE_ENDPOINTS, startArticleGateway } from './pluginInboundSetup';
import { createToken, listRefused, removeToken } from './support/tokens';
import { itSince2026_9_2 } from './support/openclawVersion';

const SECRET = 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';
const GITHUB_SECRET = "It's a Secret to Everybody";
const SENDER_SECRET = 'kept-in-the-environment';
const reference = (id: string) => ({ source: 'env', provider: 'default', id });
let model: ScriptedModel & { stop(): Promise<void> };
let gateway: Gateway;
let sink: HttpSink;

beforeAll(async () => {
	[model, sink] = await Promise.all([startScriptedModel(), startHttpSink()]);
	gateway = await startArticleGateway(
		model.url,
		{
			endpoints: [
				{
					name: 'watch',
					url: `${sink.url}/events`,
					secret: SECRET,
					events: ['error.occurred'],
					allowPrivateHosts: true,
				},
			],
			inbound: {
				enabled: true,
				basePath: '/webhooks/inbound',
				endpoints: {
					...ARTICLE_ENDPOINTS,
					plain: { agentId: 'main', template: '{{body.text}}' },
					nobody: { agentId: 'no-such-agent', template: 'Hello' },
					issues: {
						agentId: 'devops-agent',
						template: 'Issue #{{body.issue.number}}: {{body.issue.title}}',
						auth: { type: 'github', secret: GITHUB_SECRET },
						when: { path: 'body.action', equals: 'opened' },
					},
					referred: {
						agentId: 'main',
						template: '{{body.text}}',
						auth: {
							type: 'github',
							secret: ['an older one', reference('SENDER_SECRET')],
						},
					},
					single: {
						agentId: 'main',
						template: '{{body.text}}',
						auth: { type: 'github', secret: reference('SENDER_SECRET') },
					},
					lost: {
						agentId: 'main',
						template: '{{body.text}}',
						auth: { type: 'github', secret: reference('NO_SUCH_SENDER_SECRET') },
					},
					alerts: {
						agentId: 'main',
						map: 'body.alerts',
						template: 'Alert {{item.annotations.summary}}',
					},
					unset: {
						agentId: 'main',
						template: '{{body.text}}',
						auth: { type: 'github', secret: '${NO_SUCH_GITHUB_SECRET}' },
					},
				},
				callbackOrigins: [sink.url],
			},
		},
		{ SENDER_SECRET },
	);
});

beforeEach(async () => {
	sink.clear();
	await model.clear();
});

afterAll(async () => {
	await gateway.remove();
	await Promise.all([sink.stop(), model.stop()]);
});

interface Answer {
	readonly status: number;
	readonly json: JsonObject;
	readonly ms: number;
}

async function post(
	path: string,
	body: unknown,
	headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
	const start = performance.now();
	const response = await fetch(`${gateway.url}/webhooks/inbound/${path}`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${GATEWAY_TOKENS.hooks}`,
			'content-type': 'application/json',
			...headers,
		},
		body: typeof body === 'string' ? body : JSON.stringify(body),
	});
	const json = (await response.json()) as JsonObject;
	return { status: response.status, json, ms: performance.now() - start };
}

/** Runs curl with the arguments of a shell command line and returns status and JSON. */
async function curl(...args: readonly string[]): Promise<{ status: string; json: unknown }> {
	const env = childEnvironment();
	const output = await run({
		command: 'curl',
		args: ['-s', '-w', '\n%{http_code}', ...args],
		cwd: gateway.folder,
		env,
	});
	const [body = '', status = ''] = output.split(/\n(?=\d{3}$)/);
	return { status, json: tryParseJson(body) };
}

const turn = async (text: string) =>
	await model.waitForRequest(({ message }) => message.includes(text));

async function turnsAbout(text: string): Promise<readonly ModelRequest[]> {
	return (await model.requests()).filter(({ userTexts }) =>
		userTexts.some((userText) => userText.includes(text)),
	);
}

const fixture = (name: string) =>
	readFileSync(join(__dirname, '../fixtures/senders', name), 'utf8');

const eventsOf = (type: string) => (request: ReceivedRequest) =>
	textAt(request.json, 'type') === type;

function isGenuine({ headers, body }: ReceivedRequest): boolean {
	return verifyEvent({ headers, body, secret: SECRET }).ok;
}

describe('the endpoints of the article', () => {
	it.each([
		['alert', { title: '磁盘将满', severity: '高' }, '收到告警:磁盘将满 - 严重级别:高'],
		['ticket-update', { ticketId: 1042, status: '已解决' }, '工单 #1042 状态已更新为:已解决'],
	])('%s tells its agent, marked as coming from outside', async (name, body, message) => {
		const answer = await post(name, body);
		expect(answer).toMatchObject({ status: 202, json: { ok: true, message, missingPaths: [] } });
		const request = await turn(message);
		expect(request.message).toBe(message);
		expect(request.agentId).toBe(answer.json.agentId);
		expect(request.userText).toContain('EXTERNAL, UNTRUSTED');
		expect(request.userText).toContain('<<<EXTERNAL_UNTRUSTED_CONTENT');
	});

	it('tell numbers with the digits that were sent', async () => {
		await post('ticket-update', '{"ticketId":8202522731445525542,"status":[1.10,1e21]}');
		const { message } = await turn('8202522731445525542');
		expect(message).toBe('工单 #8202522731445525542 状态已更新为:[1.10,1e21]');
	});

	it('deploy works with the command of the article and a token', async () => {
		const { status, json } = await curl(
			'-X',
			'POST',
			`${gateway.url}/webhooks/inbound/deploy`,
			'-H',
			'Content-Type: application/json',
			'-H',
			`Authorization: Bearer ${GATEWAY_TOKENS.hooks}`,
			'-d',
			'{\n    "repo": "my-app",\n    "branch": "main",\n    "status": "成功",\n    "commit": "abc123"\n  }',
		);
		expect(status).toBe('202');
		expect(json).toMatchObject({ ok: true, message: 'my-app 的 main 分支部署成功' });
		const request = await turn('my-app');
		expect(request).toMatchObject({
			agentId: 'devops-agent',
			message: 'my-app 的 main 分支部署成功',
		});
	});
});

describe('what is refused', () => {
	it('is everything without a token, in the same words', async () => {
		const answers = await Promise.all([
			curl('-d', '{}', `${gateway.url}/webhooks/inbound/deploy`),
			curl('-d', '{}', `${gateway.url}/webhooks/inbound/nothing`),
			curl('-d', 'x', '-H', 'Authorization: Bearer wrong', `${gateway.url}/webhooks/inbound/alert`),
			curl(
				'-H',
				`Authorization: Bearer ${GATEWAY_TOKENS.operator}`,
				`${gateway.url}/webhooks/inbound`,
			),
		]);
		for (const answer of answers) expect(answer).toEqual(answers[0]);
		expect(answers[0]).toMatchObject({ status: '401', json: { error: { code: 'unauthorized' } } });
	});

	it.each([
		['nothing', '{}', 404, 'unknown-endpoint'],
		['alert', '{"title": }', 400, 'invalid-json'],
		['plain', '{"text": " "}', 400, 'empty-message'],
		['alert?wait=forever', '{"title": 1}', 400, 'invalid-wait'],
		['alert', '{"titel": 1}', 422, 'missing-values'],
		['alert?sessionKey=agent:alert-handler:main', '{"title": 1}', 403, 'session-not-allowed'],
	])('is %s with %s', async (path, body, status, code) => {
		expect(await post(path, body)).toMatchObject({ status, json: { ok: false, error: { code } } });
	});

	it('is a body of 300 KB, whether its length is told or not', async () => {
		const file = join(gateway.folder, 'large.json');
		await writeFile(file, JSON.stringify({ text: 'x'.repeat(300_000) }));
		const args = [
			...['-H', 'Content-Type: application/json'],
			...['-H', `Authorization: Bearer ${GATEWAY_TOKENS.hooks}`],
			...['--data-binary', `@${file}`, `${gateway.url}/webhooks/inbound/plain`],
		];
		expect(await curl(...args)).toMatchObject({ status: '413' });
		expect(await curl('-H', 'Transfer-Encoding: chunked', ...args)).toMatchObject({
			status: '413',
		});
		await rm(file);
	});

	it('is a GET of an endpoint', async () => {
		const response = await fetch(`${gateway.url}/webhooks/inbound/alert`, {
			headers: { authorization: `Bearer ${GATEWAY_TOKENS.hooks}` },
		});
		expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
	});
});

describe('a message', () => {
	it('brings the reply to who waits for it', async () => {
		const { status, json } = await post('plain?wait=60', { text: 'Weather? [[reply:Sunny]]' });
		expect(status).toBe(200);
		expect(json).toMatchObject({
			ok: true,
			reply: { text: 'Sunny' },
			usage: { inputTokens: 100, outputTokens: 22, cacheReadTokens: 11 },
		});
	});

	it('brings the whole of a long reply, to who waits and to who asks later', async () => {
		const long = `Beginning ${'0123456789 '.repeat(700)}end`;
		const { status, json } = await post('plain?wait=60', { text: `Long [[reply:${long}]]` });
		expect(status).toBe(200);
		expect(json.reply).toEqual({ text: long });
		const response = await fetch(`${gateway.url}/webhooks/inbound/runs/${String(json.runId)}`, {
			headers: { authorization: `Bearer ${GATEWAY_TOKENS.hooks}` },
		});
		expect(await response.json()).toMatchObject({ state: 'done', reply: { text: long } });
	});

	it('is accepted before the agent has taken its time', async () => {
		const headers = { 'x-openclaw-session-key': 'webhook:plain:slow' };
		const { status, json } = await post('plain', { text: 'Slow [[slow:10000]]' }, headers);
		const response = await fetch(`${gateway.url}/webhooks/inbound/runs/${String(json.runId)}`, {
			headers: { authorization: `Bearer ${GATEWAY_TOKENS.hooks}` },
		});
		expect([status, response.status]).toEqual([202, 202]);
	});

	it('is run once when it is sent again', async () => {
		const headers = { 'idempotency-key': 'ticket-7' };
		const first = await post('plain', { text: 'Once and no more' }, headers);
		const second = await post('plain', { text: 'Once and no more' }, headers);
		expect(second).toMatchObject({ status: 202, json: first.json });
		const waited = await post('plain?wait=60', { text: 'Once and no more' }, headers);
		expect(waited).toMatchObject({ status: 200, json: { runId: first.json.runId } });
		expect(await turnsAbout('Once and no more')).toHaveLength(1);
		expect(await post('plain', { text: 'Another' }, headers)).toMatchObject({ status: 422 });
	});

	it('that makes the agent fail says so, and one event tells of it', async () => {
		const answer = await post('plain?wait=60', { text: 'Fail please [[400]]' });
		expect(answer).toMatchObject({
			status: 424,
			json: { ok: false, error: { code: 'agent-failed' } },
		});
		await sink.waitForRequest(eventsOf('error.occurred'));
		await post('plain?wait=60', { text: 'Came after it' });
		const told = sink.requests.filter(eventsOf('error.occurred'));
		expect(told).toHaveLength(1);
		expect(told.every(isGenuine)).toBe(true);
	});

	it('to an agent that does not exist is refused at once, and its owner can see why', async () => {
		const answer = await post('nobody', {});
		expect(answer).toMatchObject({ status: 503, json: { error: { code: 'endpoint-faulty' } } });
		expect(listRefused(gateway)).toContainEqual(
			expect.objectContaining({ reason: "The gateway has no agent 'no-such-agent'" }),
		);
	});

	it('calls back with the reply, signed, until it is taken', async () => {
		const callback = `${sink.url}/webhook-waiting/7`;
		sink.answerBy(({ path, index }) =>
			path === '/webhook-waiting/7' && index === 0 ? { status: 409 } : {},
		);
		const { json } = await post(
			'plain',
			{ text: 'Call me [[reply:Called]]' },
			{
				'x-openclaw-callback-url': callback,
			},
		);
		const isTaken = () => sink.requests.filter(({ path }) => path === '/webhook-waiting/7')[1];
		const taken = await waitFor('the callback', isTaken);
		expect(taken.json).toMatchObject({
			type: 'inbound.completed',
			data: { runId: json.runId, ok: true, reply: { text: 'Called' } },
		});
		expect(sink.requests.every(isGenuine)).toBe(true);
	});
});

describe('a token of the plugin', () => {
	it('opens the inbound endpoints until it is revoked', async () => {
		const token = createToken(gateway, { scopes: ['inbound'] });
		const headers = { authorization: `Bearer ${token}` };
		expect(await post('plain', { text: 'With a token' }, headers)).toMatchObject({ status: 202 });
		removeToken(gateway, token);
		expect(await post('plain', { text: 'Without' }, headers)).toMatchObject({ status: 401 });
	});
});

describe('a call that GitHub has signed', () => {
	const opened = fixture('github-issue-opened.json');
	const deliver = async (
		path: string,
		body: string,
		secret = GITHUB_SECRET,
		headers: Readonly<Record<string, string>> = {},
	) => {
		const signature = createHmac('sha256', secret).update(body).digest('hex');
		const response = await fetch(`${gateway.url}/webhooks/inbound/${path}`, {
			method: 'POST',
			headers: {
				'content-type': 'application/json',
				'x-github-event': 'issues',
				'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
				'x-hub-signature-256': `sha256=${signature}`,
				...headers,
			},
			body,
		});
		return { status: response.status, json: (await response.json()) as JsonObject };
	};

	it('starts the agent once, however often it is sent', async () => {
		const first = await deliver('issues', opened);
		expect(first).toMatchObject({ status: 202, json: { ok: true } });
		const request = await turn('Issue #42');
		expect(request.agentId).toBe('devops-agent');
		expect(request.message).toBe('Issue #42: Checkout fails with “500” for carts over €1,000');
		expect(request.userText).toContain('EXTERNAL, UNTRUSTED');
		expect(await deliver('issues', opened)).toEqual(first);
		// The session has one turn after the other: a second one would come before this.
		await post('issues?wait=60', { action: 'opened', issue: { number: 43, title: 'Last' } });
		expect((await model.requests()).filter(({ message }) => message.includes('#42'))).toHaveLength(
			1,
		);
	});

	it('is let in by a secret that the settings only refer to, and by none that is not there', async () => {
		for (const path of ['referred', 'single']) {
			const text = `By ${path}`;
			const answer = await deliver(path, JSON.stringify({ text }), SENDER_SECRET);
			expect(answer).toMatchObject({ status: 202 });
			expect((await turn(text)).message).toBe(text);
		}
		for (const secret of ['', 'NO_SUCH_SENDER_SECRET', '[object Object]']) {
			expect((await deliver('lost', '{"text":"x"}', secret)).status).toBe(401);
		}
		const log = await gateway.log();
		expect(log).toContain("auth.secret' refers to 'NO_SUCH_SENDER_SECRET'");
		expect(log).not.toContain(SENDER_SECRET);
	});

	it('may be a form', async () => {
		const body = new URLSearchParams({ payload: opened.replace('#42', '') }).toString();
		const answer = await deliver('issues', body, GITHUB_SECRET, {
			'content-type': 'application/x-www-form-urlencoded',
			'x-github-delivery': 'sent-as-a-form',
		});
		expect(answer).toMatchObject({ status: 202, json: { ok: true } });
		await turn('Issue #42');
	});

	it('is refused when it is forged or its secret is not there, and filtered when it is not wanted', async () => {
		const forged = await deliver('issues', opened, 'another secret');
		expect(forged).toMatchObject({ status: 401, json: { error: { code: 'unauthorized' } } });
		const unset = await deliver('unset', opened, '${NO_SUCH_GITHUB_SECRET}');
		expect(unset).toEqual(forged);
		expect(await deliver('issues', opened.replace('"opened"', '"closed"'))).toEqual({
			status: 200,
			json: { ok: true, status: 'filtered' },
		});
		expect(listRefused(gateway)).toEqual(
			expect.arrayContaining([
				expect.objectContaining({
					endpoint: 'issues',
					status: 401,
					reason: expect.stringContaining('Not from github (signature-mismatch)') as unknown,
				}),
				expect.objectContaining({
					endpoint: 'issues',
					code: 'filtered',
					reason: expect.stringContaining("'body.action' is not 'opened'") as unknown,
				}),
			]),
		);
		expect((await model.requests()).map(({ message }) => message)).toEqual([]);
		const log = await gateway.log();
		expect(log).toContain(
			"'inbound.endpoints.unset.auth.secret' refers to 'NO_SUCH_GITHUB_SECRET'",
		);
		expect(log).not.toContain(GITHUB_SECRET);
	});
});

it('a call of Alertmanager becomes a message for each of its alerts', async () => {
	const { status, json } = await post('alerts', fixture('alertmanager.json'));
	expect([status, json.runIds]).toEqual([202, [json.runId, expect.any(String) as unknown]]);
	for (const name of ['db-1', 'db-2']) {
		expect((await turn(`Alert ${name}`)).message).toBe(`Alert ${name} does not answer`);
	}
});

describe('a message that was accepted', () => {
	/** Asks for the outcome: with the same key nothing is started anew. */
	const outcome = async (key: string, text: string) =>
		await waitFor(
			'the outcome',
			async () => {
				const answer = await post('plain?wait=60', { text }, { 'idempotency-key': key });
				return answer.status === 200 && answer.json;
			},
			{ timeoutMs: 120_000 },
		);

	it('reaches the agent once when the gateway is killed right after', async () => {
		const text = 'Killed at once [[reply:Survived]]';
		const answer = await post('plain', { text }, { 'idempotency-key': 'k1' });
		await gateway.kill();
		expect(answer.status).toBe(202);
		await gateway.start();
		const result = await outcome('k1', text);
		expect(result).toMatchObject({ runId: answer.json.runId, reply: { text: 'Survived' } });
		const told = await turnsAbout('Killed at once');
		expect(told.filter(({ message }) => message.includes('Killed at once'))).toHaveLength(1);
	});

	it('is not given to the agent anew when the gateway is killed in the middle', async () => {
		const text = 'Killed while thinking [[slow:4000]] [[reply:Resumed]]';
		const answer = await post('plain', { text }, { 'idempotency-key': 'k2' });
		await turn('Killed while thinking');
		await gateway.kill();
		await gateway.start();
		const result = await outcome('k2', text);
		expect(result).toMatchObject({ runId: answer.json.runId, reply: { text: 'Resumed' } });
		// The gateway itself resumes the turn; nobody posts the message a second time.
		const turns = await turnsAbout('Killed while thinking');
		expect(turns).toHaveLength(2);
		const copies = turns.at(-1)?.userTexts.join().split('Killed while thinking').length;
		expect(copies).toBe(2);
	});

	it('waits out an orderly restart', async () => {
		const text = 'During the restart [[slow:2000]] [[reply:Done]]';
		const answer = await post('plain', { text }, { 'idempotency-key': 'k3' });
		await gateway.stop();
		await gateway.start();
		expect(await outcome('k3', text)).toMatchObject({
			runId: answer.json.runId,
			reply: { text: 'Done' },
		});
		expect(await turnsAbout('During the restart')).toHaveLength(1);
	});

	itSince2026_9_2('is followed over a reload of the plugin', async () => {
		const text = 'During the reload [[slow:4000]] [[reply:Still here]]';
		const answer = await post('plain', { text }, { 'idempotency-key': 'k4' });
		await turn('During the reload');
		await gateway.openclaw(['plugins', 'reload', 'event-webhooks']);
		expect(await outcome('k4', text)).toMatchObject({
			runId: answer.json.runId,
			reply: { text: 'Still here' },
		});
		expect(await turnsAbout('During the reload')).toHaveLength(1);
		const after = await post('plain?wait=60', { text: 'After the reload' });
		expect(after).toMatchObject({ status: 200 });
	});
});

describe('the API for endpoints', () => {
	it('sets an endpoint up, tries it and takes it away', async () => {
		const token = createToken(gateway, { scopes: ['endpoints'] });
		const ask = async (method: string, path: string, body?: unknown) => {
			const response = await fetch(`${gateway.url}/plugins/event-webhooks/api/endpoints/${path}`, {
				method,
				headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
			});
			return { status: response.status, json: (await response.json()) as JsonObject };
		};
		const settings = { url: `${sink.url}/n8n`, events: ['*'], filter: { agentIds: ['nobody'] } };
		expect(await ask('PUT', 'n8n', settings)).toMatchObject({
			status: 400,
			json: { error: { code: 'private-host' } },
		});
		const allowed = { ...settings, allowPrivateHosts: true };
		const created = await ask('PUT', 'n8n', allowed);
		expect(created.status).toBe(201);
		const secret = textAt(created.json, 'secret');

		expect(await ask('POST', 'n8n/test')).toMatchObject({ status: 202 });
		const event = await sink.waitForRequest(eventsOf('webhook.test'));
		expect(event.path).toBe('/n8n');
		expect(verifyEvent({ headers: event.headers, body: event.body, secret }).ok).toBe(true);
		expect(at(event.json, 'data', 'test')).toBe(true);

		expect(await ask('DELETE', 'n8n')).toMatchObject({ status: 200, json: { deleted: true } });
		expect(await ask('POST', 'n8n/test')).toMatchObject({ status: 404 });
	});
});

it('never logs a token, a secret or a message', async () => {
	const log = await gateway.log();
	expect(log).not.toContain(GATEWAY_TOKENS.hooks);
	expect(log).not.toContain(SECRET);
	expect(log).not.toMatch(/ocw_[0-9a-z]{10}_/);
});
