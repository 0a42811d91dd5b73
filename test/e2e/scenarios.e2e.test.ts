import type { ExampleName } from '../../testbed/exampleWorkflow';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { textAt } from '../../testbed/json';
import { dataTableRows } from '../../testbed/n8n/dataTable';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { startTicketSystem, ticketWebhook, type TicketSystem } from '../../testbed/ticketSystem';
import { waitFor } from '../../testbed/waitFor';
import {
	OUTSIDE_HEADER,
	publishExample,
	type PublishedExample,
} from '../examples/publishedExample';
import { createToken } from './support/tokens';
import { environment } from './support/environment';
import { startPluginGateway } from './support/pluginGateway';

const { n8n } = environment();
const AGENT = 'support-bot';

let model: ScriptedModel & { stop(): Promise<void> };
let telegram: TelegramStandIn;
let gateway: Gateway;
let outside: HttpSink;
let ticketSystem: TicketSystem;
let accessToken: string;
let example: PublishedExample | undefined;
let nextUser = 9000;

beforeAll(async () => {
	[model, telegram, outside, ticketSystem] = await Promise.all([
		startScriptedModel(),
		startTelegramStandIn(),
		startHttpSink(),
		startTicketSystem(OUTSIDE_HEADER),
	]);
	gateway = await startPluginGateway({
		modelUrl: model.url,
		config: { ...telegram.config(AGENT), session: { dmScope: 'per-channel-peer' } },
		webhooks: {},
	});
	accessToken = createToken(gateway);
});

afterEach(async () => {
	await example?.remove();
	example = undefined;
	outside.clear();
});

afterAll(async () => {
	await gateway.remove();
	await Promise.all([model.stop(), telegram.stop(), outside.stop(), ticketSystem.stop()]);
});

/** Nothing but what the notes of the example say: no configuration of the gateway. */
async function publish(
	name: ExampleName,
	system: { readonly url: string } = outside,
): Promise<PublishedExample> {
	const systems = { gatewayUrl: gateway.url, outside: system, accessToken, agentIds: AGENT };
	return (example = await publishExample(n8n, name, systems));
}

/** Lets somebody who never wrote before write to the agent. */
async function writeAsNewUser(text: string): Promise<{ userId: number; reply: string }> {
	const userId = nextUser++;
	telegram.write(text, { userId });
	const reply = await telegram.waitForSent(
		(call) => call.chatId === String(userId) && call.text !== '',
		{ timeoutMs: 90_000 },
	);
	return { userId, reply: reply.text };
}

describe('audit log', () => {
	it('has a row for each message and reply of the chosen agent', async () => {
		const { workflow } = await publish('audit-log');
		const { userId } = await writeAsNewUser('包裹在哪里? 📦 [[reply:在路上 🚚]]');
		const rows = await waitFor('both rows', async () => {
			const [execution] = await n8n.waitForExecutions(workflow, 2);
			const all = await dataTableRows(n8n, execution?.json('Open the Log Table')[0]);
			const own = all.filter(
				(row) =>
					textAt(row, 'session').includes(String(userId)) || textAt(row, 'user') === String(userId),
			);
			return own.length >= 2 && own;
		});
		expect(rows).toHaveLength(2);
		expect(rows).toEqual(
			expect.arrayContaining([
				expect.objectContaining({
					event: 'message.received',
					agent: AGENT,
					channel: 'telegram',
					role: 'user',
					text: '包裹在哪里? 📦 [[reply:在路上 🚚]]',
				}),
				expect.objectContaining({
					event: 'message.sent',
					agent: AGENT,
					role: 'assistant',
					text: '在路上 🚚',
				}),
			]),
		);
	});
});

describe('Slack alert', () => {
	it('tells of a run whose model refused, once', async () => {
		const { workflow } = await publish('slack-alert');
		await writeAsNewUser('[[400]]');
		const [execution] = await n8n.waitForExecutions(workflow, 1);
		expect(execution).toMatchObject({ status: 'success', errorMessage: '' });
		expect(outside.requests).toHaveLength(1);
		expect(outside.requests[0]?.path).toBe('/services/T00/B00/xxxxx');
		const text = textAt(outside.requests[0]?.json, 'text');
		expect(text).toMatch(/^🚨 OpenClaw alert: .+\nAgent: support-bot\nTime: 20/s);
	});
});

describe('CRM record', () => {
	it('is made when somebody starts to talk to an agent', async () => {
		const { workflow } = await publish('crm-record');
		const { userId } = await writeAsNewUser('Hello');
		const [execution] = await n8n.waitForExecutions(workflow, 1);
		expect(execution).toMatchObject({ status: 'success', errorMessage: '' });
		expect(outside.requests).toHaveLength(1);
		expect(outside.requests[0]).toMatchObject({
			path: '/api/interactions',
			headers: { 'x-api-key': OUTSIDE_HEADER.value },
			json: {
				source: 'OpenClaw',
				agent: AGENT,
				channel: 'telegram',
				contact: String(userId),
				name: 'Ada',
				username: `user_${String(userId)}`,
			},
		});
	});
});

describe('ticket round trip', () => {
	it('ends in the chat where it began', async () => {
		const { workflow } = await publish('ticket-round-trip', ticketSystem);
		const { userId } = await writeAsNewUser('My printer is on fire');
		const [opened] = await n8n.waitForExecutions(workflow, 1);
		expect(opened).toMatchObject({ status: 'success', errorMessage: '' });
		expect(ticketSystem.tickets).toMatchObject([
			{ requester: String(userId), metadata: { agent: AGENT, channel: 'telegram' } },
		]);

		const id = ticketSystem.tickets[0]?.id ?? '';
		const status = '已解决 ✅ [[reply:您的工单已解决 ✅]]';
		const answer = await ticketSystem.change(id, status, ticketWebhook(n8n.url));
		expect(answer).toMatchObject({ status: 202, json: { ok: true } });
		const told = await telegram.waitForSent(({ text }) => text.includes('您的工单已解决 ✅'), {
			timeoutMs: 90_000,
		});
		expect(told).toMatchObject({ chatId: String(userId), ok: true });
		const turn = await model.waitForRequest(({ message }) => message.includes(`#${id}`));
		expect(turn.userTexts.some((text) => text.includes('My printer is on fire'))).toBe(true);
	});

	it('ends in the topic of the group where it began', async () => {
		const { workflow } = await publish('ticket-round-trip', ticketSystem);
		const chatId = -100_400;
		const userId = nextUser++;
		telegram.write('My screen is dark', { userId, chatId, name: 'Grace', threadId: 17 });
		const [opened] = await n8n.waitForExecutions(workflow, 1);
		expect(opened).toMatchObject({ status: 'success', errorMessage: '' });
		const ticket = ticketSystem.tickets.at(-1);
		expect(ticket).toMatchObject({
			title: 'Grace on telegram, topic 17',
			requester: String(userId),
			metadata: { topic: '17', username: `user_${String(userId)}` },
		});

		const status = 'solved [[reply:Your screen is bright]]';
		const answer = await ticketSystem.change(ticket?.id ?? '', status, ticketWebhook(n8n.url));
		expect(answer).toMatchObject({ status: 202, json: { ok: true } });
		const told = await telegram.waitForSent(({ text }) => text.includes('Your screen is bright'), {
			timeoutMs: 90_000,
		});
		expect(told).toMatchObject({ chatId: String(chatId), threadId: '17', ok: true });
	});
});

describe('cost per agent and day', () => {
	it('comes from the tokens of real replies, once', async () => {
		const { workflow } = await publish('cost-budget');
		await writeAsNewUser('Hello');
		const [execution] = await n8n.waitForExecutions(workflow, 1);
		expect(execution).toMatchObject({ status: 'success', errorMessage: '' });
		const rows = await dataTableRows(n8n, execution?.json('Open the Reply Table')[0]);
		const eventId = textAt(execution?.json('On Reply')[0], 'id');
		expect(rows.filter((row) => textAt(row, 'event_id') === eventId)).toEqual([
			expect.objectContaining({
				agent: AGENT,
				model: 'scripted-1',
				input_tokens: 100,
				output_tokens: 22,
				cost: expect.closeTo(0.000_633, 6) as number,
			}),
		]);
		const [day] = execution?.json('Add Up') ?? [];
		expect(day).toMatchObject({ agent: AGENT, day: new Date().toISOString().slice(0, 10) });
		expect(outside.requests).toHaveLength(0);
	});
});

describe('the gateway cannot deliver', () => {
	it('tells of a webhook that is gone', async () => {
		const { workflow } = await publish('delivery-trouble');
		outside.answerBy(({ path }) => (path === '/gone' ? { status: 410 } : {}));
		await gateway.configurePlugin({
			endpoints: [
				{
					name: 'crm',
					url: `${outside.url}/gone`,
					secret: 'whsec_of-a-receiver-that-is-gone',
					events: ['message.received'],
					allowPrivateHosts: true,
				},
			],
		});
		await waitFor('the endpoint to be there', async () => {
			const response = await fetch(`${gateway.url}/plugins/event-webhooks/api/endpoints/crm`, {
				headers: { authorization: `Bearer ${accessToken}` },
			});
			return response.ok;
		});
		await writeAsNewUser('Is anybody there?');
		const executions = await n8n.waitForExecutions(workflow, 1);
		expect(executions).toMatchObject([{ status: 'success', errorMessage: '' }]);
		const alerts = outside.requests.filter(({ path }) => path !== '/gone');
		expect(alerts.map(({ json }) => textAt(json, 'text'))).toEqual([
			expect.stringMatching(/^🔴 crm is not sent to any more\.\n.*410/s),
		]);
	});
});
