import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { listInbound, listRefusals } from '../../../openclaw-plugin/src/inbound/inboundCalls';
import { observedTroubles } from '../../../openclaw-plugin/src/health/troubles';
import { readSettings } from '../../../openclaw-plugin/src/settings/settings';
import { textAt, type JsonObject } from '../../../testbed/json';
import { inboundGateway, type Answer, type InboundGateway } from './support/inboundGateway';

const SECRET = "It's a Secret to Everybody";
const ISSUE = readFileSync(
	join(__dirname, '../../fixtures/senders/github-issue-opened.json'),
	'utf8',
);
const ENDPOINTS = {
	issues: {
		agentId: 'triage',
		template: '#{{body.issue.number}} {{body.issue.title}}',
		auth: { type: 'github', secret: SECRET },
		when: [
			{ path: 'headers.x-github-event', equals: 'issues' },
			{ path: 'body.action', in: ['opened', 'reopened'] },
		],
	},
	other: {
		agentId: 'triage',
		template: '{{body.issue.title}}',
		auth: { type: 'github', secret: 'another secret' },
	},
	slack: {
		agentId: 'support-bot',
		template: '{{body.event.text}} {{headers.x-slack-retry-num}}',
		auth: { type: 'slack', secret: 'slack secret' },
	},
	commands: {
		agentId: 'support-bot',
		template: '{{body.user_name}}: {{body.text}}',
		auth: { type: 'slack', secret: 'slack secret' },
		when: { path: 'body.command', equals: '/ask' },
	},
	gitlab: {
		agentId: 'triage',
		template: '{{body.a}}|{{headers.x-gitlab-token}}|{{headers.x-gitlab-event}}',
		auth: { type: 'gitlab', secret: ['first', 'second'] },
	},
	keyed: {
		agentId: 'triage',
		template: '{{body.a}} {{now}}',
		auth: { type: 'token', secret: 's', header: 'X-Api-Key', deliveryId: 'body.id' },
	},
	timed: {
		agentId: 'triage',
		template: '{{body.a}}',
		auth: { type: 'hmac', secret: 's', header: 'X-Sig', timestampHeader: 'X-Time' },
	},
	open: { agentId: 'triage', template: '{{body.a}}' },
} as const;

let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway({ inbound: { endpoints: ENDPOINTS } });
});

afterEach(async () => {
	await gateway.remove();
});

const hmac = (secret: string, text: string) =>
	createHmac('sha256', secret).update(text).digest('hex');

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Calls as GitHub does: without an access token. */
async function github(
	body: string,
	{ secret = SECRET, path = 'issues', ...headers }: Readonly<Record<string, string>> = {},
): Promise<Answer> {
	return await call(path, body, {
		'x-github-event': 'issues',
		'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
		'x-hub-signature-256': `sha256=${hmac(secret, body)}`,
		...headers,
	});
}

async function call(
	path: string,
	body: string,
	headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
	const response = await fetch(`${gateway.url}/webhooks/inbound/${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body,
	});
	const json = (await response.json()) as JsonObject;
	return { status: response.status, headers: response.headers, json };
}

const calls = () => listInbound(gateway.database);
const refusals = () => listRefusals(gateway.database);
const codeOf = (answer: Answer) => textAt(answer.json, 'error', 'code');

describe('a call that its sender has signed', () => {
	it('becomes a message in the session of its endpoint', async () => {
		const answer = await github(ISSUE);
		expect(answer).toMatchObject({ status: 202, json: { ok: true } });
		// The text is the owner's: the answer is shown to the sender's users.
		expect(Object.keys(answer.json)).toEqual(['ok', 'runId']);
		expect(calls()).toMatchObject([
			{
				runId: answer.json.runId,
				caller: 'github',
				endpoint: 'issues',
				sessionKey: 'agent:triage:webhook:issues',
				message: '#42 Checkout fails with “500” for carts over €1,000',
			},
		]);
	});

	it('is one message when its sender tries again, whatever has changed around it', async () => {
		const first = await github(ISSUE);
		const again = await github(ISSUE, { 'user-agent': 'GitHub-Hookshot/2' });
		expect(again).toMatchObject({ status: 202, json: first.json });
		expect(again.headers.get('idempotency-replayed')).toBe('true');
		const next = await github(ISSUE, { 'x-github-delivery': 'another' });
		expect(next.json.runId).not.toBe(first.json.runId);
		expect(calls()).toHaveLength(2);
	});

	it.each([
		['the secret of another endpoint', { secret: 'another secret' }],
		['a forged signature', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
		['no signature', { 'x-hub-signature-256': '' }],
		['a signature of the old kind', { 'x-hub-signature-256': `sha1=${'0'.repeat(40)}` }],
	])('is refused with %s, in the words for everybody', async (_, headers) => {
		const stranger = await call('open', ISSUE);
		const answer = await github(ISSUE, headers);
		expect(answer.status).toBe(401);
		expect(answer.json).toEqual(stranger.json);
		expect(calls()).toEqual([]);
	});

	it('is refused visibly, with the reason, and without a secret', async () => {
		await github(ISSUE, { secret: 'another secret' });
		const [refusal] = refusals();
		expect(refusal).toMatchObject({ endpoint: 'issues', status: 401, code: 'unauthorized' });
		expect(refusal?.reason).toMatch(/^Not from github \(signature-mismatch\): .*another secret/);
		expect(JSON.stringify(refusals())).not.toContain(SECRET);
	});

	it('opens its own endpoint and nothing else', async () => {
		const paths = ['other', 'open', 'nothing', '', 'issues/deeper', 'runs/run_1'];
		for (const path of paths) expect((await github(ISSUE, { path })).status).toBe(401);
		const headers = { 'x-hub-signature-256': `sha256=${hmac(SECRET, '')}` };
		for (const method of ['GET', 'PUT', 'DELETE']) {
			const url = `${gateway.url}/webhooks/inbound/issues`;
			expect((await fetch(url, { method, headers })).status).toBe(401);
		}
	});

	it.each([
		['sessionKey=agent:triage:telegram:1', {}],
		['sessionKey=webhook:issues:1', {}],
		['deliver=true', {}],
		['callbackUrl=https://n8n.example/', {}],
		['wait=60', {}],
		['', { 'x-openclaw-session-key': 'agent:triage:telegram:1' }],
		['', { 'x-openclaw-deliver': 'true' }],
		['', { 'x-openclaw-callback-url': 'https://n8n.example/' }],
	])('cannot ask for %s %j', async (query, headers) => {
		const answer = await github(ISSUE, { path: `issues?${query}`, ...headers });
		expect([answer.status, codeOf(answer)]).toEqual([403, 'option-not-allowed']);
		expect(calls()).toEqual([]);
	});

	it('that goes round in a circle is refused like any other', async () => {
		const answer = await github(ISSUE, { 'x-openclaw-hops': '9' });
		expect([answer.status, codeOf(answer)]).toEqual([508, 'loop-detected']);
	});

	it('is answered as others are when it cannot be used', async () => {
		const broken = await github('{"a":');
		expect([broken.status, codeOf(broken)]).toEqual([400, 'invalid-json']);
		const parts = await github('payload=1', { 'content-type': 'multipart/form-data; boundary=x' });
		expect([parts.status, codeOf(parts)]).toEqual([415, 'not-json']);
		const form = await github('payload=%FF', FORM);
		expect([form.status, codeOf(form)]).toEqual([400, 'invalid-form']);
		const large = await github(JSON.stringify('x'.repeat(262_144)));
		expect([large.status, codeOf(large)]).toEqual([413, 'body-too-large']);
	});

	it('may be a form: its bytes are signed, and its payload is the event', async () => {
		const body = new URLSearchParams({ payload: ISSUE }).toString();
		expect(await github(body, FORM)).toMatchObject({ status: 202 });
		expect(calls()).toMatchObject([
			{ message: '#42 Checkout fails with “500” for carts over €1,000' },
		]);
		const sameFields = body.replaceAll('+', '%20');
		const signature = `sha256=${hmac(SECRET, body)}`;
		const rewritten = await github(sameFields, { ...FORM, 'x-hub-signature-256': signature });
		expect(rewritten.status).toBe(401);
		// Nobody else may send one.
		const byToken = await gateway.post('issues', body, FORM);
		expect([byToken.status, codeOf(byToken)]).toEqual([415, 'not-json']);
	});

	it('has its bytes signed, not what they mean', async () => {
		const signature = `sha256=${hmac(SECRET, ISSUE)}`;
		const rewritten = JSON.stringify(JSON.parse(ISSUE)).replaceAll('“', '\\u201c');
		const answer = await github(rewritten, { 'x-hub-signature-256': signature });
		expect(answer.status).toBe(401);
	});

	it('has its signature once', async () => {
		const signature = `sha256=${hmac(SECRET, ISSUE)}`;
		const status = await new Promise((resolve, reject) => {
			const url = `${gateway.url}/webhooks/inbound/issues`;
			httpRequest(url, {
				method: 'POST',
				headers: { 'x-hub-signature-256': [signature, signature], 'x-github-event': 'issues' },
			})
				.on('response', (response) => {
					response.resume();
					resolve(response.statusCode);
				})
				.on('error', reject)
				.end(ISSUE);
		});
		expect(status).toBe(401);
	});
});

describe('an access token at such an endpoint', () => {
	const headers = { 'x-github-event': 'issues' };

	it('opens it, with all that tokens may ask for', async () => {
		const answer = await gateway.post('issues?wait=5', ISSUE, headers);
		expect(answer).toMatchObject({ status: 200, json: { reply: { text: 'Done' } } });
		const bound = gateway.bearer({ endpoints: ['issues'] });
		expect((await gateway.post('issues', ISSUE, { ...headers, ...bound })).status).toBe(202);
	});

	it('is told what is wrong with it where there is no signature', async () => {
		const scopeless = gateway.bearer({ scopes: ['events'] });
		expect(codeOf(await gateway.post('issues', ISSUE, { ...headers, ...scopeless }))).toBe(
			'wrong-scope',
		);
		const expired = gateway.bearer({ expiresAt: 1 });
		expect(codeOf(await gateway.post('issues', ISSUE, { ...headers, ...expired }))).toBe(
			'token-expired',
		);
	});

	it('that is wrong does no harm to a call that is signed', async () => {
		expect((await github(ISSUE, { authorization: 'Bearer wrong' })).status).toBe(202);
		expect((await github(ISSUE, { authorization: 'Basic eDp5', secret: 'x' })).status).toBe(401);
	});

	it('has keys of its own', async () => {
		const key = '72d3162e-cc78-11e3-81ab-4c9367dc0958';
		const signed = await github(ISSUE);
		const byToken = await gateway.post('issues', ISSUE, { ...headers, 'idempotency-key': key });
		expect(byToken.json.runId).not.toBe(signed.json.runId);
	});
});

describe('a condition', () => {
	it('that is not met makes no message, and can be looked up', async () => {
		const closed = ISSUE.replace('"opened"', '"closed"');
		const answer = await github(closed);
		expect(answer).toMatchObject({ status: 200, json: { ok: true, status: 'filtered' } });
		const ping = await github('{"zen":"Keep it logically awesome."}', { 'x-github-event': 'ping' });
		expect(ping).toMatchObject({ status: 200, json: { status: 'filtered' } });
		expect(calls()).toEqual([]);
		expect(refusals().map(({ code, reason }) => [code, reason])).toEqual([
			['filtered', "No message was made of it: 'headers.x-github-event' is not 'issues'"],
			['filtered', "No message was made of it: 'body.action' is none of 'opened', 'reopened'"],
		]);
	});

	it('is no trouble', async () => {
		await github(ISSUE.replace('"opened"', '"closed"'));
		const sources = { database: gateway.database, settings: readSettings({}) };
		const troubles = () =>
			observedTroubles({ ...sources, now: Date.now() }).map(({ code }) => code);
		expect(troubles()).not.toContain('inbound-refused');
		await github(ISSUE, { secret: 'wrong' });
		expect(troubles()).toContain('inbound-refused');
	});

	it('is for callers with a token, too, and after nobody else', async () => {
		expect(await gateway.post('issues', ISSUE)).toMatchObject({ json: { status: 'filtered' } });
		expect((await github(ISSUE, { secret: 'wrong', 'x-github-event': 'ping' })).status).toBe(401);
	});
});

describe('Slack', () => {
	const post = async (body: unknown, headers: Readonly<Record<string, string>> = {}) => {
		const text = JSON.stringify(body);
		const time = String(Math.floor(Date.now() / 1000));
		return await call('slack', text, {
			'x-slack-request-timestamp': time,
			'x-slack-signature': `v0=${hmac('slack secret', `v0:${time}:${text}`)}`,
			...headers,
		});
	};
	const challenge = { type: 'url_verification', token: 'x', challenge: '3eZbrw1aBm2rZgRNFdxV' };

	it('hears its challenge back once it has signed it', async () => {
		expect(await post(challenge)).toMatchObject({
			status: 200,
			json: { challenge: '3eZbrw1aBm2rZgRNFdxV' },
		});
		const forged = await post(challenge, { 'x-slack-signature': `v0=${'0'.repeat(64)}` });
		expect([forged.status, JSON.stringify(forged.json)]).toEqual([
			401,
			expect.not.stringContaining('3eZbrw1aBm2rZgRNFdxV') as unknown,
		]);
		expect(calls()).toEqual([]);
		// To nobody but Slack.
		const byToken = await gateway.post('slack', challenge);
		expect(byToken.status).toBe(422);
	});

	it('is heard once, though its tries have other times and headers', async () => {
		const event = { type: 'event_callback', event_id: 'Ev123', event: { text: 'Hello' } };
		const first = await post(event);
		const again = await post(event, { 'x-slack-retry-num': '1' });
		expect(again).toMatchObject({ status: 202, json: first.json });
		expect(calls()).toHaveLength(1);
	});
});

describe('a slash command of Slack', () => {
	const command = async (fields: Readonly<Record<string, string>>) => {
		const text = new URLSearchParams(fields).toString();
		const time = String(Math.floor(Date.now() / 1000));
		const response = await fetch(`${gateway.url}/webhooks/inbound/commands`, {
			method: 'POST',
			headers: {
				...FORM,
				'x-slack-request-timestamp': time,
				'x-slack-signature': `v0=${hmac('slack secret', `v0:${time}:${text}`)}`,
			},
			body: text,
		});
		return [response.status, await response.text()];
	};

	it('is a message, and its answer shows nothing to who has typed it', async () => {
		const fields = { command: '/ask', text: 'Where is #42?', user_name: 'ada', trigger_id: '1' };
		expect(await command(fields)).toEqual([200, '']);
		expect(await command({ ...fields, command: '/other' })).toEqual([200, '']);
		expect(calls().map(({ message }) => message)).toEqual(['ada: Where is #42?']);
	});

	it('is one message however often the same bytes come', async () => {
		const time = String(Math.floor(Date.now() / 1000));
		const text = 'command=%2Fask&text=Again&user_name=ada';
		const headers = {
			...FORM,
			'x-slack-request-timestamp': time,
			'x-slack-signature': `v0=${hmac('slack secret', `v0:${time}:${text}`)}`,
		};
		const url = `${gateway.url}/webhooks/inbound/commands`;
		for (const body of [text, text]) await fetch(url, { method: 'POST', headers, body });
		expect(calls()).toHaveLength(1);
	});
});

describe('what a repeated call is known by', () => {
	it('is the Idempotency-Key of GitLab, whose secret no template sees', async () => {
		const headers = { 'x-gitlab-token': 'second', 'x-gitlab-event': 'Push Hook' };
		const first = await call('gitlab', '{"a":1}', { ...headers, 'idempotency-key': 'k' });
		const again = await call('gitlab', '{"a":1}', { ...headers, 'idempotency-key': 'k' });
		expect(again.json).toEqual(first.json);
		await call('gitlab', '{"a":1}', headers);
		await call('gitlab', '{"a":1}', headers);
		expect(calls()).toHaveLength(3);
		expect(calls()[0]?.message).toBe('1||Push Hook');
		const byToken = await gateway.post('gitlab', '{"a":1}', headers);
		expect(byToken.json.message).toBe('1||Push Hook');
	});

	it('can be said, and is no excuse for another message', async () => {
		const headers = { 'x-api-key': 's' };
		const first = await call('keyed', '{"id":7,"a":1}', headers);
		const again = await call('keyed', '{"id":7,"a":1}', headers);
		expect(again.json).toEqual(first.json);
		const other = await call('keyed', '{"id":7,"a":2}', headers);
		expect([other.status, codeOf(other)]).toEqual([422, 'idempotency-key-reused']);
		const long = JSON.stringify({ id: 'x'.repeat(5000), a: 1 });
		const third = await call('keyed', long, headers);
		expect((await call('keyed', long, headers)).json).toEqual(third.json);
		expect(calls()).toHaveLength(2);
	});

	it('is what was signed where a time is in it and the sender names nothing', async () => {
		const time = String(Math.floor(Date.now() / 1000));
		const post = async (body: string) =>
			await call('timed', body, { 'x-time': time, 'x-sig': hmac('s', `${time}.${body}`) });
		const first = await post('{"a":1}');
		expect((await post('{"a":1}')).json).toEqual(first.json);
		await post('{"a":2}');
		expect(calls()).toHaveLength(2);
	});
});

describe('an endpoint whose secret is not there', () => {
	it.each([
		['is not set', '${GITHUB_SECRET}', 'needs GITHUB_SECRET'],
		['is empty', '', 'must not be empty'],
		['is blank', '  ', 'must not be empty'],
		['has one missing of two', ['right', '${OLD_SECRET}'], 'needs OLD_SECRET'],
		['is a list of none', [], 'must have from 1 to 5 secrets'],
		['is missing', undefined, 'is missing'],
	])('because it %s answers nobody', async (_, secret, message) => {
		await gateway.remove();
		const auth = { type: 'github', ...(secret === undefined ? {} : { secret }) };
		const settings = readSettings({ inbound: { endpoints: { bad: { ...ENDPOINTS.open, auth } } } });
		expect(settings.faults).toMatchObject([
			{
				path: 'inbound.endpoints.bad.auth.secret',
				message: expect.stringContaining(message) as unknown,
				consequence: expect.stringContaining("'/webhooks/inbound/bad' are refused") as unknown,
			},
		]);
		gateway = await inboundGateway({ endpoints: settings.inbound.endpoints });
		for (const guess of ['', 'right', String(secret), 'undefined']) {
			expect((await github(ISSUE, { path: 'bad', secret: guess })).status).toBe(401);
		}
		expect(codeOf(await gateway.post('bad', '{"a":1}'))).toBe('endpoint-faulty');
		expect(calls()).toEqual([]);
	});

	it('is left alone by a process that cannot know', () => {
		const auth = { type: 'github', secret: '${GITHUB_SECRET}' };
		const inbound = { endpoints: { issues: { ...ENDPOINTS.open, auth } } };
		expect(readSettings({ inbound }, undefined, false).faults).toEqual([]);
	});
});

it('nobody is let in by a signature while inbound is switched off', async () => {
	await gateway.remove();
	gateway = await inboundGateway({ inbound: { endpoints: ENDPOINTS, enabled: false } });
	expect((await github(ISSUE)).status).toBe(401);
});
