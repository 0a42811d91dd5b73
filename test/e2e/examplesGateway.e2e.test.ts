import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson5 } from '../../protocol';
import { askAgent } from '../../testbed/askAgent';
import { Cleanup } from '../../testbed/cleanup';
import { EXAMPLES_FOLDER, type ExampleName } from '../../testbed/exampleWorkflow';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { startImapStandIn, type ImapStandIn } from '../../testbed/imapStandIn';
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../testbed/json';
import { answerMarker, callMarker } from '../../testbed/scriptedReply';
import { sendRaw } from '../../testbed/sendEvent';
import { waitFor } from '../../testbed/waitFor';
import {
	OUTSIDE_HEADER,
	publishExample,
	type PublishedExample,
} from '../examples/publishedExample';
import { formLink, readForm, submitForm, wordsOf } from '../examples/waitingForm';
import { environment } from './support/environment';
import { startPluginGateway } from './support/pluginGateway';
import { createToken } from './support/tokens';

const { n8n, model } = environment();
const GITHUB_WEBHOOK_SECRET = "It's a Secret to Everybody";
const AGENTS = ['main', 'alert-handler', 'devops-agent', 'mail-assistant'];

const cleanup = new Cleanup();
let outside: HttpSink;
let mailbox: ImapStandIn;
let gateway: Gateway;
let accessToken: string;
let example: PublishedExample | undefined;

/** The gateway's side of the examples, but for the endpoints, which the triggers register themselves. */
function exampleSettings() {
	const parsed = parseJson5(readFileSync(join(EXAMPLES_FOLDER, 'openclaw.json5'), 'utf8'));
	if (!parsed.ok) throw new Error(parsed.message);
	const { endpoints, ...settings } = objectAt(
		parsed.value,
		...['plugins', 'entries', 'event-webhooks', 'config'],
	);
	expect(endpoints).toBeDefined();
	return settings;
}

beforeAll(async () => {
	outside = await startHttpSink();
	cleanup.defer(async () => outside.stop());
	mailbox = await startImapStandIn();
	cleanup.defer(async () => mailbox.stop());
	const entries = AGENTS.map((id) => [id, { workspace: `workspaces/${id}` }] as const);
	gateway = await startPluginGateway({
		modelUrl: model.url,
		webhooks: exampleSettings(),
		env: { GITHUB_WEBHOOK_SECRET },
		config: {
			agents: {
				ownership: 'explicit',
				defaults: {
					model: { primary: 'scripted/scripted-1' },
					skipBootstrap: true,
					systemAgent: { agentId: 'main' },
					heartbeat: { every: '0m', agentId: 'main' },
				},
				entries: Object.fromEntries(entries),
			},
		},
	});
	cleanup.defer(async () => gateway.remove());
	accessToken = createToken(gateway);
});

afterEach(async () => {
	await example?.remove();
	example = undefined;
	outside.clear();
});

afterAll(async () => {
	await cleanup.run();
});

async function publish(name: ExampleName): Promise<PublishedExample> {
	const systems = { gatewayUrl: gateway.url, outside, mailbox, accessToken };
	return (example = await publishExample(n8n, name, systems));
}

/** The example that is published. */
function shown(): PublishedExample {
	if (example === undefined) throw new Error('No example is published');
	return example;
}

/** What a sender documents that it sends. */
function readSender(file: string): JsonObject {
	const text = readFileSync(join(__dirname, '../fixtures/senders', file), 'utf8');
	return JSON.parse(text) as JsonObject;
}

/** What GitHub sends of a deployment, shortened. */
function deployment(state: string, description: string): JsonObject {
	const creator = { login: 'ada', id: 1, type: 'User' };
	return {
		action: 'created',
		deployment_status: {
			id: 2,
			state,
			creator,
			description,
			environment: 'production',
			target_url: 'https://github.com/octo-org/shop/actions/runs/1',
		},
		deployment: {
			id: 3,
			sha: '6dcb09b5b57875f334f61aebed695e2e4193db5e',
			ref: 'main',
			task: 'deploy',
			environment: 'production',
			creator,
		},
		repository: { id: 4, name: 'shop', full_name: 'octo-org/shop' },
		sender: creator,
	};
}

describe('mail triage', () => {
	/** A mail that the agent answers in a certain way. */
	const receive = (subject: string, reply: JsonObject) => {
		const text = answerMarker(
			JSON.stringify({ category: 'question', urgency: 'today', summary: subject, ...reply }),
		);
		mailbox.receive(
			[
				'From: "Ada Lovelace" <ada@customer.example.com>',
				'To: support@example.com',
				`Subject: =?utf-8?B?${Buffer.from(subject).toString('base64')}?=`,
				`Message-ID: <${String(subject.length)}@customer.example.com>`,
				'Content-Type: text/plain; charset=utf-8',
				'Content-Transfer-Encoding: base64',
				'',
				...(Buffer.from(`你好\n${text}\n`)
					.toString('base64')
					.match(/.{1,76}/g) ?? []),
				'',
			].join('\r\n'),
		);
	};
	const drafts = () => outside.requests.filter(({ path }) => path === '/api/drafts');

	it('makes a draft of what a person approves, and nothing of what nobody does', async () => {
		const { workflow } = await publish('mail-triage');
		receive('包裹在哪里?', { needsAnswer: true, draft: 'On its <way>' });
		receive('News of the week', { needsAnswer: false, draft: '' });
		receive('Any discount?', { needsAnswer: true, draft: 'No' });
		const linkFor = async (subject: string) =>
			formLink(await outside.waitForRequest(({ json }) => wordsOf(json).includes(subject)));
		const [parcel, discount] = [await linkFor('包裹在哪里?'), await linkFor('Any discount?')];
		const count = (await n8n.executions(workflow)).length;
		const executions = await n8n.waitForExecutions(workflow, count);
		expect(executions.map(({ errorMessage }) => errorMessage).join('')).toBe('');
		expect(executions.filter(({ status }) => status === 'waiting')).toHaveLength(2);
		expect(mailbox.isRead).toEqual([true, true, true]);

		const page = await readForm(parcel);
		expect(page).toContain('On its &lt;way&gt;');
		expect(page).toContain('ada@customer.example.com');
		expect(page).toContain('你好');
		expect(await submitForm(discount, ['No', 'Discard'])).toBe(200);
		expect(await submitForm(parcel, ['它在路上', 'Make the draft'])).toBe(200);
		const { json, headers } = await outside.waitForRequest(({ path }) => path === '/api/drafts');
		expect(json).toEqual({
			to: 'ada@customer.example.com',
			subject: 'Re: 包裹在哪里?',
			text: '它在路上',
			inReplyTo: '<6@customer.example.com>',
		});
		expect(headers).toMatchObject({
			'x-api-key': OUTSIDE_HEADER.value,
			'idempotency-key': '<6@customer.example.com>',
		});
		const ended = await waitFor('all executions to end', async () => {
			const all = await n8n.executions(workflow);
			return all.every(({ status }) => status === 'success') && all;
		});
		expect(ended).toHaveLength(count);
		expect(drafts()).toHaveLength(1);
		expect(outside.requests).toHaveLength(3);
	});
});

describe('a person approves risky tool calls', () => {
	/** Has the agent run a command; gives what it got as the tool's result once its turn is over. */
	const runCommand = async (mark: string, command: string): Promise<string> => {
		const { status } = await askAgent(gateway.url, {
			text: `${mark}: ${callMarker('exec', { command })}`,
			user: mark,
		});
		expect(status).toBe(200);
		const turn = (await model.requests()).find(
			({ message, afterTool }) => afterTool && message.includes(`${mark}:`),
		);
		return turn?.toolTexts.join('\n') ?? '';
	};
	/** The message of the workflow that asks for a decision, once the workflow waits for it. */
	const question = async (count: number, about: string) => {
		const asked = await outside.waitForRequest(({ json }) => wordsOf(json).includes(about));
		const executions = await n8n.waitForExecutions(shown().workflow, count);
		expect(executions.at(-1)?.status).toBe('waiting');
		return { link: formLink(asked), words: wordsOf(asked.json) };
	};
	const told = async (about: string) =>
		textAt(
			(await outside.waitForRequest(({ json }) => textAt(json, 'text').startsWith(about))).json,
			'text',
		);

	it('runs what is allowed, not what is denied, and counts no decision twice', async () => {
		const { workflow } = await publish('tool-approval');
		const allowed = runCommand('Allowed', 'echo "<done>  & dusted"');
		const first = await question(1, 'dusted');
		expect(first.words).toContain('echo \\"&lt;done&gt;  &amp; dusted\\"');
		expect(await readForm(first.link)).toContain('&lt;done&gt; \u00a0&amp; dusted');
		expect(await submitForm(first.link, ['Allow', 'Ada', ''])).toBe(200);
		expect(await allowed).toContain('<done>  & dusted');
		expect(await told('✅')).toBe('✅ Ada has allowed exec.');

		const denied = runCommand('Denied', 'echo denied');
		const second = await question(2, 'echo denied');
		await submitForm(second.link, ['Deny', 'Bob', 'Not on a Friday']);
		expect(await denied).toMatch(/it was denied by Bob \(apr_\w+\)\. Reason: Not on a Friday/);
		expect(await told('⛔')).toBe('⛔ Bob has denied exec.');

		const elsewhere = runCommand('Elsewhere', 'echo elsewhere');
		const third = await question(3, 'echo elsewhere');
		const execution = (await n8n.waitForExecutions(workflow, 3)).at(-1);
		const [requested] = execution?.json('On Approval Request') ?? [];
		const response = await fetch(
			`${gateway.url}/plugins/event-webhooks/api/approvals/${textAt(requested, 'data', 'approval', 'id')}`,
			{
				method: 'POST',
				headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
				body: JSON.stringify({ decision: 'deny', by: 'Carol' }),
			},
		);
		expect(response.status).toBe(200);
		expect(await elsewhere).toContain('it was denied by Carol');
		await submitForm(third.link, ['Allow', 'Mallory', '']);
		expect(await told('⚠️')).toMatch(/^⚠️ The decision on exec does not count: .*Carol/);
	});
});

describe('triage of incidents', () => {
	const alertmanager = readSender('alertmanager.json');
	const triage = (severity: string, summary: string) =>
		answerMarker(
			JSON.stringify({ severity, summary, cause: '<unknown>', firstSteps: ['Ping it'] }),
		);
	/** Reports alerts as Alertmanager does; gives the execution once it has ended. */
	const report = async (body: JsonObject, count: number, value: string = OUTSIDE_HEADER.value) => {
		const answer = await sendRaw(`${n8n.url}/webhook/openclaw-alerts`, {
			headers: { 'content-type': 'application/json', [OUTSIDE_HEADER.name]: value },
			body: JSON.stringify(body),
		});
		if (answer.status !== 200) return answer.status;
		const executions = await n8n.waitForExecutions(shown().workflow, count);
		expect(executions.map(({ errorMessage }) => errorMessage).join('')).toBe('');
		return 200;
	};
	const posted = () => outside.requests.map(({ json }) => textAt(json, 'text'));

	it('asks the agent and posts when something is new, and is silent when nothing is', async () => {
		await publish('incident-triage');
		// The table stays when a workflow is deleted.
		const groupKey = `{}:{test="${randomUUID()}"}`;
		const [one, two] = listAt(alertmanager, 'alerts').filter(isObject);
		const firing = (summary: string): JsonObject => ({
			...alertmanager,
			groupKey,
			alerts: [{ ...one, annotations: { summary } }, two],
		});
		expect(await report(firing('x'), 1, 'wrong')).toBe(403);
		expect(await report(firing(triage('critical', 'Both <databases> are down')), 1)).toBe(200);
		expect(await report(firing(triage('low', 'Never asked')), 2)).toBe(200);
		expect(posted()).toEqual([
			'🔴 alertname=InstanceDown (firing): Both &lt;databases&gt; are down\nLikely: &lt;unknown&gt;\n• Ping it',
		]);
		const resolved = { ...firing(''), status: 'resolved' };
		const alerts = [
			{ ...one, status: 'resolved', annotations: { summary: triage('none', 'Both are back') } },
			{ ...two, status: 'resolved' },
		];
		expect(await report({ ...resolved, alerts }, 3)).toBe(200);
		expect(posted()[1]).toContain('🟢 alertname=InstanceDown (resolved): Both are back');
		const turn = await model.waitForRequest(
			({ message }) => message.includes('InstanceDown: resolved') && message.includes('told last'),
		);
		expect(turn.message).toContain('What was told last: Both <databases> are down');
		expect(turn.agentId).toBe('alert-handler');
		// The same session: the agent sees what it was asked before.
		expect(turn.userTexts.some((text) => text.includes('InstanceDown: firing'))).toBe(true);
	});

	it("takes Grafana's alerts", async () => {
		const grafana = readSender('grafana-alert.json');
		const [firing, ...others] = listAt(grafana, 'alerts').filter(isObject);
		await publish('incident-triage');
		const annotations = { summary: triage('high', 'Memory of web-1 runs out') };
		const alerts = [{ ...firing, annotations }, ...others];
		expect(await report({ ...grafana, groupKey: randomUUID(), alerts }, 1)).toBe(200);
		expect(posted()[0]).toMatch(/^🟠 .*: Memory of web-1 runs out\n/);
	});
});

describe('deploy news', () => {
	/** Reports a deployment as GitHub does. */
	const report = async (state: string, description: string, secret = GITHUB_WEBHOOK_SECRET) => {
		const body = JSON.stringify(deployment(state, description));
		const signature = createHmac('sha256', secret).update(body).digest('hex');
		return await sendRaw(`${gateway.url}/webhooks/inbound/deploy-news`, {
			headers: {
				'content-type': 'application/json',
				'x-github-event': 'deployment_status',
				'x-github-delivery': randomUUID(),
				'x-hub-signature-256': `sha256=${signature}`,
			},
			body,
		});
	};

	it('posts what the agent says of a deployment that GitHub has signed, and when it says nothing', async () => {
		await publish('deploy-news');
		expect(await report('success', 'x', 'another secret')).toMatchObject({ status: 401 });
		const pending = await report('in_progress', '[[reply:Never said]]');
		expect(pending.json).toEqual({ ok: true, status: 'filtered' });
		// The agent's other words are no news.
		await askAgent(gateway.url, { agent: 'devops-agent', text: 'Hello [[reply:No news]]' });
		expect(await report('success', '[[reply:shop <is> live]]')).toMatchObject({ status: 202 });
		const text = async (start: string) =>
			(await outside.waitForRequest(({ json }) => textAt(json, 'text').startsWith(start))).json;
		expect(await text('🚀')).toEqual({ text: '🚀 shop &lt;is&gt; live' });
		const turn = await model.waitForRequest(({ message }) => message.includes('octo-org/shop'));
		expect(turn.message).toContain(
			'Deployment of octo-org/shop (main) to production: success. [[reply:shop <is> live]]\nBy ada, https://github.com/octo-org/shop/actions/runs/1\n',
		);
		await report('failure', '[[400]]');
		expect(await text('⚠️')).toEqual({
			text: expect.stringContaining('devops-agent could not write about it') as unknown,
		});
		expect(outside.requests).toHaveLength(2);
	});
});
