import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { at, objectAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import { chosenVersions } from '../../testbed/runtimeVersions';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { startSlackStandIn, type SlackStandIn } from '../../testbed/slackStandIn';
import { startPluginGateway } from './support/pluginGateway';

/** The channel is fetched from npm: the gateway lets no other copy of it work. */
const SET_UP_MS = 600_000;
const ADA = { userId: 'U0ADA', sender: { id: 'U0ADA', name: 'Ada Lovelace' } };
const IN_TEAM = { channel: 'slack', accountId: 'default', ...ADA };
const TEAM = { id: 'C0TESTBED', type: 'channel', name: 'Testbed #team' };

let model: ScriptedModel & { stop(): Promise<void> };
let slack: SlackStandIn;
let sink: HttpSink;
let gateway: Gateway;

async function installSlack(): Promise<void> {
	await gateway.stop();
	const channel = `@openclaw/slack@${chosenVersions().openclaw}`;
	await gateway.openclaw(['plugins', 'install', channel, '--force', '--accept-capabilities']);
	const file = join(gateway.folder, 'openclaw.json');
	const config = tryParseJson(await readFile(file, 'utf8')) as JsonObject;
	await writeFile(file, JSON.stringify({ ...config, ...slack.config('main') }));
	const { length } = await gateway.log();
	await gateway.start();
	await gateway.waitForLog(/\[slack\].*http mode listening/, length);
}

beforeAll(async () => {
	[model, slack, sink] = await Promise.all([
		startScriptedModel(),
		startSlackStandIn(),
		startHttpSink(),
	]);
	gateway = await startPluginGateway({
		modelUrl: model.url,
		env: slack.env,
		webhooks: {
			endpoints: [
				{
					name: 'all',
					url: sink.url,
					secret: `whsec_${Buffer.alloc(32, 3).toString('base64')}`,
					events: ['*'],
					allowPrivateHosts: true,
				},
			],
		},
	});
	await installSlack();
}, SET_UP_MS);

afterAll(async () => {
	await gateway.remove();
	await Promise.all([model.stop(), slack.stop(), sink.stop()]);
});

afterEach(() => {
	sink.clear();
});

/** The first event of each type that arrives in a test. */
async function dataOf(...types: readonly string[]): Promise<readonly JsonObject[]> {
	const requests = types.map(
		async (type) => await sink.waitForRequest(({ json }) => textAt(json, 'type') === type),
	);
	return (await Promise.all(requests)).map(({ json }) => objectAt(json, 'data'));
}

it('a message in a channel and its reply say who, where and with what', async () => {
	const ts = await slack.write(gateway.url, '[[reply:to all]]');
	const reply = await slack.waitForSent(({ text }) => text === 'to all');
	const [created, received, sent] = await dataOf(
		'session.created',
		'message.received',
		'message.sent',
	);

	for (const data of [created, received, sent]) {
		expect(data).toMatchObject({ ...IN_TEAM, agentId: 'main', conversation: TEAM });
		expect(at(data, 'conversation')).not.toHaveProperty('threadId');
	}
	expect(received?.message).toEqual({
		role: 'user',
		content: '[[reply:to all]]',
		messageId: ts,
		sentAt: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
	});
	expect(sent).toMatchObject({
		trigger: 'user',
		message: { role: 'assistant', content: 'to all', messageId: reply.ts },
		model: 'scripted-1',
		usage: { inputTokens: 100, outputTokens: 22 },
	});
});

it('what happens in a thread says so, and replies go there', async () => {
	const root = await slack.write(gateway.url, '[[reply:the beginning]]');
	await slack.waitForSent(({ text }) => text === 'the beginning');
	await dataOf('message.sent');
	sink.clear();
	const messageId = await slack.write(gateway.url, 'Look [[tool]]', { threadTs: root });
	const reply = await slack.waitForSent(({ text }) => text.startsWith('I have looked'));
	const events = await dataOf(
		'session.created',
		'message.received',
		'tool.called',
		'tool.completed',
		'message.sent',
	);

	expect(reply.threadTs).toBe(root);
	for (const data of events) {
		expect(data).toMatchObject({ ...IN_TEAM, conversation: { ...TEAM, threadId: root } });
		expect(data.sessionKey).toBe(`agent:main:slack:channel:c0testbed:thread:${root}`);
	}
	const [, received, , completed, sent] = events;
	expect(received?.message).toMatchObject({ messageId, replyTo: { messageId: root } });
	expect(sent).toMatchObject({
		runId: completed?.runId,
		message: { role: 'assistant', messageId: reply.ts },
		usage: { inputTokens: 200, outputTokens: 44 },
	});
});

it('a direct message belongs to its person', async () => {
	await slack.write(gateway.url, '[[reply:to you]]', { channel: 'D0ADA' });
	const reply = await slack.waitForSent(({ text }) => text === 'to you');
	const [received, sent] = await dataOf('message.received', 'message.sent');

	expect(reply.channel).toBe('D0ADA');
	for (const data of [received, sent]) {
		expect(data).toMatchObject({ ...IN_TEAM, conversation: { id: 'U0ADA', type: 'direct' } });
	}
});
