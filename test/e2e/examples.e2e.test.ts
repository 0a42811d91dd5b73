import { randomUUID } from 'node:crypto';
import { capturedEvent, capturedEvents } from '../../testbed/capturedEvents';
import { EXAMPLES, readExample, type ExampleName } from '../../testbed/exampleWorkflow';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { startImapStandIn, type ImapStandIn } from '../../testbed/imapStandIn';
import { textAt } from '../../testbed/json';
import { openMcpSession } from '../../testbed/mcpClient';
import { isQueueMode } from '../../testbed/n8n/anyInstance';
import { dataTableRows } from '../../testbed/n8n/dataTable';
import { isTrigger } from '../examples/canvas';
import {
	OUTSIDE_HEADER,
	publishExample,
	type PublishedExample,
} from '../examples/publishedExample';
import { formLink, readForm, submitForm } from '../examples/waitingForm';
import { environment } from './support/environment';

const { n8n, gatewayUrl, model } = environment();
const person = { agentId: 'support-bot', userId: 'user_12345' };

let outside: HttpSink;
let mailbox: ImapStandIn;
let example: PublishedExample | undefined;

beforeAll(async () => {
	[outside, mailbox] = await Promise.all([startHttpSink(), startImapStandIn()]);
});

afterEach(async () => {
	await example?.remove();
	example = undefined;
	outside.clear();
});

afterAll(async () => {
	await Promise.all([outside.stop(), mailbox.stop()]);
});

async function publish(name: ExampleName): Promise<PublishedExample> {
	return (example = await publishExample(n8n, name, { gatewayUrl, outside, mailbox }));
}

describe('quick start', () => {
	it('sends every kind of event along its own wire', async () => {
		const { run } = await publish('quick-start');
		const known = new Map(capturedEvents().map((event) => [event.type, event]));
		const events = [...known.values(), { ...capturedEvent('message.sent'), type: 'memory.saved' }];
		const executions = await run('On OpenClaw Event', events);
		const targets = ['Message', 'Session', 'Tool Call', 'Error', 'Anything Newer'];
		const taken = executions.map((execution, index) => [
			events[index]?.type,
			targets.filter((name) => execution.ran(name)),
		]);
		expect(Object.fromEntries(taken)).toEqual({
			'message.received': ['Message'],
			'message.sent': ['Message'],
			'session.created': ['Session'],
			'session.ended': ['Session'],
			'tool.called': ['Tool Call'],
			'tool.completed': ['Tool Call'],
			'error.occurred': ['Error'],
			'memory.saved': ['Anything Newer'],
		});
	});

	it('tells the agent of a real gateway something', async () => {
		const { runByHand } = await publish('quick-start');
		const execution = await runByHand('When You Click');
		expect(execution).toMatchObject({ status: 'success', errorMessage: '' });
		const { userText } = await model.waitForRequest(
			(request) => request.userText.includes('Alert: Disk almost full on db-1 - severity: high'),
			{ timeoutMs: 90_000 },
		);
		expect(userText).not.toContain('{{');
	});
});

describe('audit log', () => {
	it('keeps messages and replies of the chosen agents in a data table', async () => {
		const { run, send } = await publish('audit-log');
		const question = capturedEvent('message.received', {
			...person,
			agentId: 'customer-support',
			channel: 'telegram',
			message: {
				role: 'user',
				content: '包裹在哪里？ 📦 "quoted"',
				messageId: 'm1',
				attachments: [
					{ index: 0, kind: 'document', contentType: 'application/pdf', fileName: 'report.pdf' },
					{ index: 1, kind: 'image' },
				],
			},
		});
		const answer = capturedEvent('message.sent', { agentId: 'hr-assistant' });
		const other = capturedEvent('message.received', { agentId: 'somebody-else' });
		const filtered = await send('On Message', other);
		expect(filtered.json).toEqual({ received: true, status: 'filtered' });
		const executions = await run('On Message', [question, answer]);

		const table = executions[0]?.json('Open the Log Table')[0];
		// The table stays when a workflow is deleted, with what other tests have written.
		const ids = [question.id, answer.id];
		const rows = (await dataTableRows(n8n, table)).filter((row) =>
			ids.includes(textAt(row, 'event_id')),
		);
		expect(rows).toHaveLength(2);
		expect(rows.find((row) => textAt(row, 'event_id') === question.id)).toMatchObject({
			occurred_at: expect.stringContaining(question.timestamp.slice(0, 19)) as string,
			event: 'message.received',
			agent: 'customer-support',
			channel: 'telegram',
			user: 'user_12345',
			role: 'user',
			text: '包裹在哪里？ 📦 "quoted"',
			files: 'report.pdf, image',
		});
		expect(rows.find((row) => textAt(row, 'event_id') === answer.id)).toMatchObject({
			event: 'message.sent',
			agent: 'hr-assistant',
			role: 'assistant',
		});
	});
});

describe('Slack alert', () => {
	it('posts the error, again when Slack is busy, and mentions nobody', async () => {
		const { run } = await publish('slack-alert');
		outside.answerBy(({ index }) => (index === 0 ? { status: 503 } : { body: 'ok' }));
		const event = capturedEvent('error.occurred', {
			agentId: 'main',
			error: { message: 'HTTP 500 <!channel> & more', code: 'server_error', source: 'model' },
		});
		await run('On Error', [event]);
		expect(outside.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
			'POST /services/T00/B00/xxxxx',
			'POST /services/T00/B00/xxxxx',
		]);
		expect(outside.requests[1]?.json).toEqual({
			text: `🚨 OpenClaw alert: HTTP 500 &lt;!channel&gt; &amp; more\nAgent: main\nTime: ${event.timestamp}`,
		});
	});
});

describe('CRM record', () => {
	it('creates one record for a person, even when the event comes twice', async () => {
		const { workflow, run, send } = await publish('crm-record');
		const sender = { id: 'user_12345', name: 'Ada Lovelace', username: 'ada' };
		const event = capturedEvent('session.created', { ...person, channel: 'telegram', sender });
		await run('On New Session', [event]);
		if (isQueueMode()) {
			// The copy reaches another process, which asks the database.
			await send('On New Session', event);
			await n8n.waitForExecutions(workflow, 2);
		} else {
			const again = await send('On New Session', event);
			expect(again.json).toEqual({ received: true, status: 'duplicate' });
		}
		expect(outside.requests).toHaveLength(1);
		expect(outside.requests[0]).toMatchObject({
			path: '/api/interactions',
			headers: { 'x-api-key': OUTSIDE_HEADER.value, 'idempotency-key': event.id },
			json: {
				externalId: event.id,
				source: 'OpenClaw',
				startedAt: event.timestamp,
				agent: 'support-bot',
				channel: 'telegram',
				contact: 'user_12345',
				name: 'Ada Lovelace',
				username: 'ada',
			},
		});
	});

	it('leaves out a session that no person started', async () => {
		const { send } = await publish('crm-record');
		const event = capturedEvent('session.created', { userId: undefined });
		const answer = await send('On New Session', event);
		expect(answer.json).toEqual({ received: true, status: 'filtered' });
		expect(outside.requests).toHaveLength(0);
	});
});

describe('cost per agent and day', () => {
	it('adds up what replies cost, and raises one alarm when the budget is passed', async () => {
		const { workflow, send } = await publish('cost-budget');
		const agentId = `agent-${randomUUID()}`;
		const timestamp = '2026-03-14T23:59:59.999Z';
		const unpriced = await send('On Reply', capturedEvent('message.sent', { usage: undefined }));
		expect(unpriced.json).toEqual({ received: true, status: 'filtered' });
		// 2.10 each: 400,000 tokens in for 3, 60,000 out for 15 a million.
		const usage = { inputTokens: 400_000, outputTokens: 60_000 };
		const replies = [1, 2, 3, 4].map(() => ({
			...capturedEvent('message.sent', { agentId, model: 'unheard-of', usage }),
			timestamp,
		}));
		const nextDay = {
			...capturedEvent('message.sent', { agentId, usage }),
			timestamp: '2026-03-15T00:00:00Z',
		};
		let last;
		for (const [index, event] of [...replies, nextDay].entries()) {
			await send('On Reply', event);
			const executions = await n8n.waitForExecutions(workflow, index + 1);
			expect(executions.map(({ status }) => status)).not.toContain('error');
			last = executions.at(-1);
		}
		expect(outside.requests.map(({ json }) => json)).toEqual([
			{
				text: `💸 ${agentId} has used up its budget of 2026-03-14: 6.30 of 5.00 USD\nReplies: 3\nTokens: 1200000 in, 180000 out`,
			},
		]);
		const days = await dataTableRows(n8n, last?.json('Open the Day Table')[0]);
		expect(days.filter((row) => textAt(row, 'agent') === agentId)).toEqual([
			expect.objectContaining({
				day: '2026-03-14',
				replies: 4,
				input_tokens: 1_600_000,
				output_tokens: 240_000,
			}),
			expect.objectContaining({ day: '2026-03-15', replies: 1, cost: 2.1 }),
		]);
	});
});

describe('the gateway cannot deliver', () => {
	it('tells what is wrong, what was given up and what works again', async () => {
		const { run } = await publish('delivery-trouble');
		const endpoint = { name: 'crm' };
		const reason = 'HTTP 503 <!channel>';
		const delivery = { id: 'dlv_7', eventId: 'evt_1', type: 'session.created', reason };
		const events = [
			['endpoint.failing', { endpoint: { ...endpoint, reason, since: 1_773_483_900_000 } }],
			['endpoint.disabled', { endpoint: { ...endpoint, reason: 'HTTP 410' } }],
			['endpoint.recovered', { endpoint }],
			['delivery.failed', { endpoint, delivery }],
		] as const;
		await run(
			'On Trouble',
			events.map(([type, data]) => ({ ...capturedEvent('message.sent'), type, data })),
		);
		expect(outside.requests.map(({ json }) => textAt(json, 'text')).sort()).toEqual(
			[
				'🟠 crm has been failing for some minutes. Its events wait.\nHTTP 503 &lt;!channel&gt;',
				'🔴 crm is not sent to any more.\nHTTP 410',
				'🟢 crm works again.',
				'🔴 crm did not get session.created: dlv_7 is given up.\nHTTP 503 &lt;!channel&gt;',
			].sort(),
		);
	});
});

describe("an agent's tool", () => {
	const server = `${n8n.url}/mcp/openclaw-tools`;

	// A session belongs to one process, and the balancer before several does not know of sessions.
	(isQueueMode() ? it.skip : it)('opens a ticket for who has the header', async () => {
		outside.answerBy(() => ({ body: { number: 'T-1042' } }));
		await publish('agent-tool');
		await expect(openMcpSession(server, {})).rejects.toThrow('answered 403');
		const { name, value } = OUTSIDE_HEADER;
		const session = await openMcpSession(server, { [name]: value });
		expect(await session.tools()).toEqual(['create_ticket']);
		const ticket = { title: 'Printer on fire', description: 'Smoke since this morning' };
		expect(await session.call('create_ticket', ticket)).toContain('T-1042');
		expect(outside.requests).toHaveLength(1);
		expect(outside.requests[0]).toMatchObject({
			method: 'POST',
			path: '/api/tickets',
			headers: { 'x-api-key': value },
			json: ticket,
		});
	});

	it('writes down each call once', async () => {
		const { run } = await publish('agent-tool');
		const tool = { name: 'n8n__create_ticket', callId: 'call_1', params: { title: '打印机 🔥' } };
		const event = capturedEvent('tool.called', { ...person, tool });
		const [execution] = await run('On Tool Call', [event]);
		const rows = await dataTableRows(n8n, execution?.json('Open the Call Table')[0]);
		expect(rows.filter((row) => textAt(row, 'event_id') === event.id)).toEqual([
			expect.objectContaining({
				tool: 'n8n__create_ticket',
				agent: 'support-bot',
				params: '{"title":"打印机 🔥"}',
			}),
		]);
	});
});

describe('tool approval', () => {
	it('asks with as much as Slack takes, and tells that nobody has decided', async () => {
		const { send } = await publish('tool-approval');
		const approval = {
			id: 'apr_01k6example0000000000000001',
			rule: 'commands',
			tool: { name: 'exec', params: { command: '<'.repeat(700) + '🔥'.repeat(700) } },
			expiresAt: new Date().toISOString(),
		};
		const event = capturedEvent('message.sent', { approval });
		await send('On Approval Request', { ...event, type: 'approval.requested' });
		const asked = await outside.waitForRequest(({ index }) => index === 0);
		const words = textAt(asked.json, 'blocks', 0, 'text', 'text');
		expect(words).toContain('&lt;&lt;');
		expect(words.length).toBeLessThan(3000);
		expect(words.isWellFormed()).toBe(true);
		// n8n looks once a minute for executions whose time is over.
		const { json } = await outside.waitForRequest((request) => request.index === 1, {
			timeoutMs: 120_000,
		});
		expect(json).toEqual({ text: '⌛ Nobody has decided on exec in time: it was not run.' });
	});
});

describe('without a gateway', () => {
	const pinned = EXAMPLES.flatMap((name) =>
		readExample(name)
			.nodes.filter((node) => isTrigger(node) && readExample(name).pinData?.[node.name])
			.map((node) => [name, node.name] as const)
			.filter(([, trigger]) => trigger !== 'On Ticket Update'),
	);
	/** What is filled in where a workflow waits for a form, and what comes of it. */
	const forms: Readonly<Record<string, { values: readonly string[]; last: unknown }>> = {
		'For Each Mail': {
			values: ['Hello Ada,\nit is on its way. 🚚', 'Make the draft'],
			last: {
				to: 'ada@customer.example.com',
				subject: 'Re: Where is my parcel?',
				// As a browser sends what is typed into several lines.
				text: 'Hello Ada,\r\nit is on its way. 🚚',
				inReplyTo: '<20260314103000.1@customer.example.com>',
			},
		},
		'On Approval Request': {
			values: ['Allow', 'Ada', ''],
			last: {
				text: expect.stringMatching(/^⚠️ The decision on exec does not count: ./) as unknown,
			},
		},
	};

	it.each(pinned)('%s runs by hand on the event pinned to %s', async (name, trigger) => {
		outside.answerBy(() => ({ body: { id: 'by-hand' } }));
		const { runByHand } = await publish(name);
		const execution = await runByHand(trigger);
		const form = forms[trigger];
		expect(execution).toMatchObject({
			status: form === undefined ? 'success' : 'waiting',
			errorMessage: '',
		});
		if (form === undefined) return;
		const link = formLink(outside.requests[0]);
		expect(await readForm(link)).toContain('<form');
		expect(await submitForm(link, form.values)).toBe(200);
		const { json } = await outside.waitForRequest(({ index }) => index === 1);
		expect(json).toEqual(form.last);
	});
});
