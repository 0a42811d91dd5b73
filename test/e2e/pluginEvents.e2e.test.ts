import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { isKnownEventType, verifyEvent } from '../../protocol';
import { connectChatClient, type ChatClient } from '../../testbed/chatClient';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { startHttpSink, type HttpSink, type ReceivedRequest } from '../../testbed/httpSink';
import { at, objectAt, textAt, type JsonObject } from '../../testbed/json';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { callMarker, listingCall } from '../../testbed/scriptedReply';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { waitFor } from '../../testbed/waitFor';
import type { Emitted } from '../openclaw-plugin/events/support/eventHarness';
import { summarize } from '../openclaw-plugin/events/support/summary';
import { faultsOf } from '../../testbed/eventFaults';
import { IS_2026_9_1 } from './support/openclawVersion';
import { startPluginGateway } from './support/pluginGateway';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const MAIN = 'agent:main:main';
/** Longer than the plugin waits for a channel's report. */
const LAST_EVENTS_MS = 15_000;
/** The gateway tries a model that fails with 500 for some 80 s. */
const SERVER_ERROR_MS = 150_000;
/** What the gateway writes to a user when the model has refused. */
const REFUSED = IS_2026_9_1
	? '"⚠️ scripted/scripted-1 request failed (r…"'
	: '"LLM request failed: provider rejected th…"';
/** The channel that the gateway names for runs that plugins start. */
const OWN_CHANNEL = IS_2026_9_1 ? 'webchat ' : '';
const VERIFY_IN_PYTHON = join(__dirname, 'support', 'verifyEvent.py');

let model: ScriptedModel & { stop(): Promise<void> };
let telegram: TelegramStandIn;
let sink: HttpSink;
let flaky: HttpSink;
let gateway: Gateway;
let chat: ChatClient;
/** What all tests so far expect, in order. */
const expected: string[] = [];
/** Whether the receivers' libraries believed each request when it arrived. */
const verdicts: boolean[] = [];
const receiver = new Webhook(SECRET);

function verify({ headers, body }: ReceivedRequest): boolean {
	const standard = Object.fromEntries(
		['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
			name,
			String(headers[name]),
		]),
	);
	// Throws when it does not.
	receiver.verify(body, standard);
	return verifyEvent({ headers, body, secret: SECRET }).ok;
}

function toEvent({ json }: ReceivedRequest): Emitted {
	const type = textAt(json, 'type');
	if (!isKnownEventType(type)) throw new Error(`An event of the type '${type}' arrived`);
	return { type, data: objectAt(json, 'data') };
}

/** Without what the gateway does of its own accord some time after failures. */
function arrived(): readonly Emitted[] {
	return sink.requests
		.map(toEvent)
		.filter(({ data }) => data.trigger !== 'heartbeat')
		.filter(({ data }) => !textAt(data, 'message', 'content').startsWith('I couldn’t confirm'));
}

/** Waits for these events, after those that earlier tests have expected. */
async function expectEvents(summaries: readonly string[], timeoutMs = 60_000) {
	const before = expected.length;
	expected.push(...summaries);
	try {
		await waitFor('the events', () => arrived().length >= expected.length, { timeoutMs });
	} finally {
		const events = arrived().slice(before);
		expect(events.map(summarize)).toEqual(summaries);
	}
	return arrived().slice(before);
}

/** The tool call by which the model answers `[[tool]]` in this gateway, which has asked it already. */
async function listing() {
	return listingCall((await model.requests()).at(-1)?.tools ?? []);
}

async function post(path: string, body: unknown, token: string): Promise<unknown> {
	const response = await fetch(gateway.url + path, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	expect(response.status).toBeLessThan(500);
	return await response.json();
}

async function callAgent(message: string, more: JsonObject = {}): Promise<void> {
	const body = { agentId: 'support-bot', message, deliver: false, ...more };
	await post('/hooks/agent', body, GATEWAY_TOKENS.hooks);
}

async function complete(content: string): Promise<unknown> {
	const messages = [{ role: 'user', content }];
	const body = { model: 'openclaw/main', user: 'ada', messages };
	return await post('/v1/chat/completions', body, GATEWAY_TOKENS.operator);
}

async function runJob(name: string, message: string, delivery: JsonObject): Promise<void> {
	const job = await chat.call('cron.add', {
		name,
		agentId: 'main',
		schedule: { kind: 'every', everyMs: 86_400_000 },
		sessionTarget: 'isolated',
		wakeMode: 'now',
		payload: { kind: 'agentTurn', message },
		delivery,
	});
	await chat.call('cron.run', { id: at(job, 'id'), mode: 'force' });
}

beforeAll(async () => {
	model = await startScriptedModel();
	telegram = await startTelegramStandIn();
	sink = await startHttpSink((request) => {
		verdicts.push(verify(request));
		return {};
	});
	const seen = new Set<string>();
	flaky = await startHttpSink(({ json }) => {
		const id = textAt(json, 'id');
		const isFirst = !seen.has(id);
		seen.add(id);
		return isFirst ? { status: 500 } : {};
	});
	gateway = await startPluginGateway({
		modelUrl: model.url,
		config: telegram.config('main'),
		webhooks: {
			instanceId: 'gateway-1',
			endpoints: [
				{ name: 'all', url: sink.url, secret: SECRET, events: ['*'], allowPrivateHosts: true },
				{
					name: 'flaky',
					url: flaky.url,
					secret: SECRET,
					events: ['tool.called', 'message.sent'],
					retry: { maxAttempts: 5, backoffMs: 50 },
					allowPrivateHosts: true,
				},
			],
			inbound: {
				endpoints: { alert: { agentId: 'alert-handler', template: 'Alert: {{body.title}}' } },
			},
		},
	});
	chat = await connectChatClient(gateway.url);
});

afterAll(async () => {
	chat.close();
	await gateway.remove();
	await telegram.stop();
	await sink.stop();
	await flaky.stop();
	await model.stop();
});

describe('a chat on Telegram', () => {
	it('is a new session, a message and a reply with model and tokens', async () => {
		const messageId = telegram.write('Hello');
		const [created, received, sent] = await expectEvents([
			'session.created telegram 777',
			'message.received telegram 777 "Hello"',
			'message.sent telegram 777 "Understood, I am on it." scripted-1 100+22',
		]);

		expect(created?.data).toMatchObject({ agentId: 'main', sessionKey: MAIN });
		expect(received?.data).toMatchObject({ message: { role: 'user', messageId } });
		const { sessionId } = received?.data ?? {};
		expect(sessionId).toEqual(expect.any(String));
		expect(sent?.data).toMatchObject({ agentId: 'main', sessionId, trigger: 'user' });
	});

	it('has tool calls', async () => {
		const { name, params } = await listing();
		telegram.write('Look [[tool]]');
		const [, called, completed, sent] = await expectEvents([
			'message.received telegram 777 "Look [[tool]]"',
			`tool.called telegram 777 ${name}`,
			`tool.completed telegram 777 ${name}`,
			'message.sent telegram 777 "I have looked with the tool: all is well…" scripted-1 200+44',
		]);

		expect(called?.data.tool).toMatchObject({ params });
		const { callId } = objectAt(called?.data, 'tool');
		expect(completed?.data.tool).toMatchObject({ callId, params });
		expect(completed?.data.runId).toBe(called?.data.runId);
		expect(sent?.data.runId).toBe(called?.data.runId);
	});

	it('has tool calls that fail', async () => {
		telegram.write('Look [[tool-error]]');
		await expectEvents([
			'message.received telegram 777 "Look [[tool-error]]"',
			'tool.called telegram 777 read',
			'tool.completed telegram 777 read',
			'error.occurred telegram 777 read tool: File not found: /no/such/file.',
			'message.sent telegram 777 "I have looked with the tool: all is well…" scripted-1 200+44',
		]);
	});

	it('has models that refuse', async () => {
		telegram.write('Boom [[400]]');
		const [, error] = await expectEvents([
			'message.received telegram 777 "Boom [[400]]"',
			'error.occurred telegram 777 model: 400 The scripted model refuses with 400 scripted-1',
			`message.sent telegram 777 ${REFUSED}`,
		]);

		expect(error?.data.error).toMatchObject({ code: 'scripted' });
	});

	it('tells groups from private chats', async () => {
		telegram.write('Hello all', { chatId: -100_200, userId: 778 });
		const [created] = await expectEvents([
			'session.created telegram 778',
			'message.received telegram 778 "Hello all"',
			'message.sent telegram 778 "Understood, I am on it." scripted-1 100+22',
		]);

		expect(created?.data.sessionKey).toBe('agent:main:telegram:group:-100200');
	});

	it('says who, where and with what', async () => {
		const reply = { message_id: 4711, date: 1, text: 'the words before' };
		const from = { id: 42, is_bot: true, first_name: 'Testbed', username: 'testbed_bot' };
		const chat = { id: 777, type: 'private' };
		const messageId = telegram.sendFile(
			{
				kind: 'document',
				content: Buffer.from('%PDF-1.4 nothing in it'),
				mimeType: 'application/pdf',
				fileName: 'report.pdf',
			},
			{ name: 'Ada', more: { reply_to_message: { ...reply, from, chat } } },
		);
		const [received, sent] = await expectEvents([
			'message.received telegram 777 ""',
			'message.sent telegram 777 "Understood, I am on it." scripted-1 100+22',
		]);

		const where = {
			accountId: 'default',
			sender: { id: '777', name: 'Ada', username: 'user_777' },
			conversation: { id: '777', type: 'direct' },
		};
		expect(received?.data).toMatchObject(where);
		expect(sent?.data).toMatchObject(where);
		expect(received?.data.message).toEqual({
			role: 'user',
			content: '',
			messageId,
			sentAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
			replyTo: { messageId: '4711', content: 'the words before', sender: 'Testbed (you)' },
			attachments: [
				{
					index: 0,
					kind: 'document',
					contentType: 'application/pdf',
					fileName: 'report.pdf',
					sizeBytes: 22,
				},
			],
		});
	});

	it('has places', async () => {
		telegram.write('', { more: { location: { latitude: 48.2, longitude: 16.37 } } });
		const [received] = await expectEvents([
			'message.received telegram 777 ""',
			'message.sent telegram 777 "Understood, I am on it." scripted-1 100+22',
		]);

		expect(received?.data.message).toMatchObject({
			location: { latitude: 48.2, longitude: 16.37 },
		});
	});

	it('has topics, which the replies go to', async () => {
		telegram.write('In a topic', { chatId: -100_300, userId: 779, threadId: 11 });
		const [created, received, sent] = await expectEvents([
			'session.created telegram 779',
			'message.received telegram 779 "In a topic"',
			'message.sent telegram 779 "Understood, I am on it." scripted-1 100+22',
		]);

		const conversation = { id: '-100300', type: 'group', name: 'Team', threadId: '11' };
		for (const event of [created, received, sent])
			expect(event?.data).toMatchObject({ conversation });
	});

	it('has tools of the catalog, each called once', async () => {
		telegram.write(callMarker('tool_call', { id: 'session_status', args: {} }));
		await expectEvents([
			expect.stringMatching(/^message.received telegram 777 "\[\[call:/) as string,
			'tool.called telegram 777 session_status',
			'tool.completed telegram 777 session_status',
			'message.sent telegram 777 "I have looked with the tool: all is well…" scripted-1 200+44',
		]);
	});

	it('has sub-agents, whose beginning and end are told', async () => {
		const task = { task: '[[reply:the child is done]]', mode: 'run' };
		telegram.write(callMarker('tool_call', { id: 'sessions_spawn', args: task }));
		await waitFor('the end of the sub-agent', () =>
			arrived().some(({ data }) => data.parentSessionKey !== undefined && data.reason === 'ok'),
		);
		await telegram.waitForSent(({ text }) => text === 'the child is done');
		const from = expected.length;
		// The agent that has started it says something, too, before or after that.
		await waitFor('its words in the chat, and those of its parent', () => {
			const sent = arrived()
				.slice(from)
				.filter(({ type }) => type === 'message.sent');
			const texts = sent.map(({ data }) => textAt(data, 'message', 'content'));
			return texts.includes('the child is done') && texts.length >= 2;
		});
		const events = arrived().slice(from);
		expected.push(...events.map(summarize));

		expect(events.map(({ type }) => type).sort()).toEqual([
			'message.received',
			'message.sent',
			'message.sent',
			'session.created',
			'session.ended',
			'tool.called',
			'tool.completed',
		]);
		const ends = events.filter(({ type }) => type.startsWith('session.'));
		for (const { data } of ends) {
			expect(data).toMatchObject({ parentSessionKey: MAIN, trigger: 'subagent' });
			expect(data.sessionKey).toMatch(/^agent:main:subagent:/);
		}
	});

	it('starts anew on request', async () => {
		telegram.write('/new');
		const [, ended, created] = await expectEvents([
			'message.received telegram 777 "/new"',
			'session.ended telegram 777 new',
			'session.created telegram 777 resumed',
			'message.sent telegram 777 "✅ New session started."',
		]);

		const where = {
			agentId: 'main',
			sessionKey: MAIN,
			conversation: { id: '777', type: 'direct' },
		};
		expect(ended?.data).toMatchObject(where);
		expect(created?.data).toMatchObject(where);
	});

	it('has replies that cannot be delivered', async () => {
		telegram.refuseNext(1, 'never arrives');
		telegram.write('[[reply:never arrives]]');
		const [, error] = await expectEvents([
			'message.received telegram 777 "[[reply:never arrives]]"',
			'error.occurred telegram 777 delivery: delivery state is unknown_after_send; re…',
		]);

		expect(error?.data.message).toEqual({ role: 'assistant', content: 'never arrives' });
	});
});

describe('a chat in the control UI', () => {
	it('is a message and a reply', async () => {
		const runId = await chat.send('agent:support-bot:main', 'Hello from the browser');
		const [created, received, sent] = await expectEvents([
			'session.created webchat gateway-client',
			'message.received webchat gateway-client "Hello from the browser"',
			'message.sent webchat gateway-client "Understood, I am on it." scripted-1 100+22',
		]);

		expect(created?.data.agentId).toBe('support-bot');
		expect(received?.data.agentId).toBe('support-bot');
		expect(sent?.data).toMatchObject({ runId, agentId: 'support-bot', trigger: 'user' });
	});

	it('has models that refuse', async () => {
		await chat.send('agent:support-bot:main', 'Boom [[400]]');
		await expectEvents([
			'message.received webchat gateway-client "Boom [[400]]"',
			'error.occurred webchat gateway-client model: 400 The scripted model refuses with 400 scripted-1',
		]);
	});

	it('has commands, which the gateway answers itself', async () => {
		await chat.send('agent:support-bot:main', '/new');
		const [, , , sent] = await expectEvents([
			'message.received webchat gateway-client "/new"',
			'session.ended webchat gateway-client new',
			'session.created webchat gateway-client resumed',
			'message.sent webchat gateway-client "✅ New session started."',
		]);

		expect(sent?.data).not.toHaveProperty('model');
	});

	it('has sessions that are reset and deleted', async () => {
		await chat.call('sessions.reset', { key: 'agent:support-bot:main' });
		await expectEvents([
			'session.ended webchat gateway-client reset',
			'session.created webchat gateway-client resumed',
		]);
		await chat.call('sessions.delete', { key: 'agent:main:telegram:group:-100200' });
		await expectEvents(['session.ended telegram 778 deleted']);

		telegram.write('Hello again', { chatId: -100_200, userId: 778 });
		await expectEvents([
			'session.created telegram 778',
			'message.received telegram 778 "Hello again"',
			'message.sent telegram 778 "Understood, I am on it." scripted-1 100+22',
		]);
	});

	it('has runs that the user stops, which are no errors', async () => {
		const runId = await chat.send('agent:support-bot:main', 'Slow [[slow:20000]]');
		await model.waitForRequest(({ userText }) => userText.includes('Slow'));
		await chat.call('chat.abort', { sessionKey: 'agent:support-bot:main', runId });
		await expectEvents(['message.received webchat gateway-client "Slow [[slow:20000]]"']);
	});
});

describe('hooks', () => {
	it('reply although the reply goes nowhere', async () => {
		const { name } = await listing();
		await callAgent('Do it [[tool]]');
		const [, , , sent] = await expectEvents([
			'session.created',
			`tool.called ${name}`,
			`tool.completed ${name}`,
			'message.sent "I have looked with the tool: all is well…" scripted-1 200+44',
		]);

		expect(sent?.data).toMatchObject({ agentId: 'support-bot', trigger: 'cron' });
	});

	it('reply once when the reply goes to a channel', async () => {
		await callAgent('[[reply:from the hook]]', {
			agentId: 'main',
			deliver: true,
			channel: 'telegram',
			to: '777',
		});
		const [, sent] = await expectEvents([
			'session.created telegram',
			'message.sent telegram 777 "from the hook" scripted-1 100+22',
		]);

		expect(sent?.data).toMatchObject({ sessionKey: MAIN, trigger: 'cron' });
		expect(sent?.data.runId).toEqual(expect.any(String));
	});

	it('fail once', async () => {
		await callAgent('Boom [[400]]');
		await expectEvents([
			'session.created',
			'error.occurred model: 400 The scripted model refuses with 400 scripted-1',
		]);
	});
});

describe('the OpenAI-compatible API', () => {
	it('is a message and a reply', async () => {
		const answer = await complete('Hello from a program');
		const [created, received, sent] = await expectEvents([
			'session.created webchat',
			'message.received webchat "Hello from a program"',
			'message.sent webchat "Understood, I am on it." scripted-1 100+22',
		]);

		expect(created?.data.sessionKey).toBe('agent:main:openai-user:ada');
		expect(received?.data.runId).toBe(textAt(answer, 'id'));
		expect(sent?.data.runId).toBe(textAt(answer, 'id'));
	});

	it('has models that refuse', async () => {
		await complete('Boom [[400]]');
		await expectEvents([
			'message.received webchat "Boom [[400]]"',
			'error.occurred webchat model: 400 The scripted model refuses with 400 scripted-1',
		]);
	});
});

describe('scheduled runs', () => {
	it('reply in a chat', async () => {
		const delivery = { mode: 'announce', channel: 'telegram', to: '777' };
		await runJob('morning', '[[reply:Good morning]]', delivery);
		await expectEvents([
			'session.created telegram',
			'message.sent telegram 777 "Good morning" scripted-1 100+22',
		]);
	});

	it('reply although the reply goes nowhere', async () => {
		await runJob('silent', '[[reply:For the log only]]', { mode: 'none' });
		await expectEvents(['session.created', 'message.sent "For the log only" scripted-1 100+22']);
	});

	it('fail when there is no chat to reply in', async () => {
		await runJob('lost', '[[reply:To nobody]]', { mode: 'announce', channel: 'telegram' });
		await expectEvents([
			'session.created telegram',
			'error.occurred telegram delivery: Refusing implicit isolated cron delivery…',
		]);
	});
});

describe("the plugin's own runs", () => {
	it('carry the id of the message that started them', async () => {
		const answer = await post('/webhooks/inbound/alert', { title: 'disk' }, GATEWAY_TOKENS.hooks);
		const [created, sent] = await expectEvents([
			'session.created',
			`message.sent ${OWN_CHANNEL}"Understood, I am on it." scripted-1 100+22`,
		]);

		expect(created?.data.agentId).toBe('alert-handler');
		expect(sent?.data.runId).toBe(textAt(answer, 'runId'));
		expect(sent?.data.origin).toEqual({ kind: 'inbound', endpoint: 'alert', hops: 1 });
	});
});

it(
	'a model that fails for long is one error',
	async () => {
		telegram.write('Boom [[500]]');
		await expectEvents(
			[
				'message.received telegram 777 "Boom [[500]]"',
				'error.occurred telegram 777 model: 500 The scripted model refuses with 500 scripted-1',
				'message.sent telegram 777 "⚠️ scripted/scripted-1 request failed (p…"',
			],
			SERVER_ERROR_MS,
		);
	},
	SERVER_ERROR_MS + 10_000,
);

it('a restart ends no session and begins none', async () => {
	chat.close();
	await gateway.stop();
	await gateway.start();
	chat = await connectChatClient(gateway.url);
	telegram.write('Are you there?');
	await expectEvents([
		'message.received telegram 777 "Are you there?"',
		'message.sent telegram 777 "Understood, I am on it." scripted-1 100+22',
	]);
});

describe('all of them', () => {
	it('arrived once, and nothing else did', async () => {
		await delay(LAST_EVENTS_MS);

		expect(arrived().map(summarize)).toEqual(expected);
		const ids = sink.requests.map(({ json }) => textAt(json, 'id'));
		expect(new Set(ids).size).toBe(ids.length);
		expect([...ids].sort()).toEqual(ids);
	});

	it('are what the protocol says', () => {
		expect(sink.requests.flatMap(({ json }) => faultsOf(json))).toEqual([]);
		expect(new Set(arrived().map(({ type }) => type)).size).toBe(7);
	});

	it('are signed, as three independent receivers see', () => {
		expect(verdicts).toEqual(sink.requests.map(() => true));
		const lines = sink.requests.map(({ headers, body }) =>
			JSON.stringify({ headers, body: body.toString('utf8'), secret: SECRET }),
		);
		const { stdout } = spawnSync('python3', [VERIFY_IN_PYTHON], {
			input: lines.join('\n'),
			encoding: 'utf8',
		});

		expect(stdout.trim().split('\n')).toEqual(lines.map(() => 'True'));
	});

	it('keep their ids over retries', async () => {
		await waitFor('the retries', () => flaky.requests.length % 2 === 0);
		const attempts = new Map<string, ReceivedRequest[]>();
		for (const request of flaky.requests) {
			const id = textAt(request.json, 'id');
			attempts.set(id, [...(attempts.get(id) ?? []), request]);
		}

		expect(attempts.size).toBeGreaterThan(10);
		for (const [first, second, ...others] of attempts.values()) {
			expect(others).toEqual([]);
			expect(second?.body).toEqual(first?.body);
			expect(second?.headers['x-openclaw-delivery']).toBe(first?.headers['x-openclaw-delivery']);
			expect(second?.headers['x-openclaw-attempt']).toBe('2');
		}
	});
});
