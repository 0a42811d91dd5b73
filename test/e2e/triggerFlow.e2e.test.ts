import { createEventId, type EventType, type OpenClawEvent } from '../../index';
import { capturedEvent } from '../../testbed/capturedEvents';
import { textAt, type JsonObject } from '../../testbed/json';
import { isQueueMode } from '../../testbed/n8n/anyInstance';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, node, noOp } from '../../testbed/n8n/workflow';
import { sendEvent } from '../../testbed/sendEvent';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { environment } from './support/environment';
import { newSecret, publishTrigger, RECEIVERS, TRIGGER } from './support/triggerWorkflow';

const { n8n } = environment();
const RECEIVED = { received: true };
const FILTERED = { received: true, status: 'filtered' };
const DUPLICATE = { received: true, status: 'duplicate' };
const isDuplicate = (json: unknown) => textAt(json, 'status') === DUPLICATE.status;

const now = () => Math.floor(Date.now() / 1000);

const messageOf = (data: JsonObject): OpenClawEvent => ({
	id: createEventId(),
	type: 'message.sent',
	timestamp: new Date().toISOString(),
	instanceId: 'node-1',
	data: {
		agentId: 'support-bot',
		channel: 'telegram',
		userId: '42',
		sessionId: 'session-1',
		message: { role: 'assistant', content: 'Order 66 has been sent' },
		usage: { inputTokens: 200, outputTokens: 450 },
		...data,
	},
});

describe('filters', () => {
	test('let through what matches all of them, and nothing else starts an execution', async () => {
		const hook = await publishTrigger(n8n, {
			events: ['message.sent', 'session.ended'],
			filters: {
				agentIds: 'ops, support-*',
				channels: "={{ ['telegram', 'slack'] }}",
				instanceIds: 'node-1',
				mustMatch: 'all',
				conditions: {
					values: [
						{ field: 'data.usage.outputTokens', operator: 'gt', value: '400' },
						{ field: 'data.message.content', operator: 'startsWith', value: 'Order' },
					],
				},
			},
		});
		const wanted = messageOf({});
		const unwanted: OpenClawEvent[] = [
			{ ...messageOf({}), type: 'message.received' },
			{ ...messageOf({}), instanceId: 'node-2' },
			messageOf({ agentId: 'sales' }),
			messageOf({ channel: 'discord' }),
			messageOf({ usage: { outputTokens: 400 } }),
			messageOf({ message: { content: 'An order' } }),
		];
		for (const event of unwanted) {
			expect(await hook.send({ event })).toMatchObject({ status: 200, json: FILTERED });
		}
		expect(await hook.send({ event: wanted })).toMatchObject({ status: 200, json: RECEIVED });
		const executions = await hook.executions(1);
		expect(executions.flatMap((execution) => execution.json('Arrived'))).toEqual([
			expect.objectContaining({ id: wanted.id }),
		]);
	});

	test('compare numbers with the digits that were sent', async () => {
		const hook = await publishTrigger(n8n, {
			filters: {
				userIds: '820252273144552554*',
				conditions: {
					values: [
						{ field: 'data.orderId', operator: 'equals', value: '8202522731445525542' },
						{ field: 'data.orderId', operator: 'gt', value: '8202522731445525541' },
						{ field: 'data.amount', operator: 'equals', value: '1.10' },
					],
				},
			},
		});
		const bodyWith = (orderId: string) => {
			const numbers = `{"userId":8202522731445525540,"orderId":${orderId},"amount":1.10}`;
			return JSON.stringify({ ...messageOf({}), data: 'NUMBERS' }).replace('"NUMBERS"', numbers);
		};
		const answers = [
			await hook.send({ body: bodyWith('8202522731445525542') }),
			await hook.send({ body: bodyWith('8202522731445525543') }),
		];
		expect(answers.map(({ json }) => json)).toEqual([RECEIVED, FILTERED]);
	});

	test('can be met by any of the conditions', async () => {
		const hook = await publishTrigger(n8n, {
			filters: {
				mustMatch: 'any',
				conditions: {
					values: [
						{ field: 'type', operator: 'equals', value: 'error.occurred' },
						{ field: 'data.message.content', operator: 'contains', value: 'urgent' },
					],
				},
			},
		});
		const answers = [
			await hook.send({ event: capturedEvent('error.occurred') }),
			await hook.send({ event: messageOf({ message: { content: 'This is urgent' } }) }),
			await hook.send({ event: messageOf({}) }),
		];
		expect(answers.map(({ json }) => json)).toEqual([RECEIVED, RECEIVED, FILTERED]);
	});
});

describe('one output per event', () => {
	const TYPES = ['error.occurred', 'message.sent'] as const;

	test('runs the branch of the event only', async () => {
		const secret = newSecret();
		const credential = await n8n.createCredential(
			CREDENTIAL_TYPE,
			credentialData('http://127.0.0.1:9', { accessToken: '', signingSecret: secret }),
		);
		const to = (name: string) => [{ node: name, type: 'main', index: 0 }];
		const workflow = await n8n.createWorkflow({
			name: 'Routing',
			nodes: [
				triggerNode(credential, { events: [...TYPES], outputMode: 'perEvent' }, TRIGGER),
				noOp('Errors'),
				noOp('Replies'),
			],
			connections: { [TRIGGER]: { main: [to('Errors'), to('Replies')] } },
		});
		await n8n.publish(workflow);
		const url = n8n.webhookUrl(workflow, TRIGGER);
		for (const type of TYPES) await sendEvent(url, { event: capturedEvent(type), secret });
		const executions = await n8n.waitForExecutions(workflow, 2);
		expect(executions.map(({ nodeNames }) => nodeNames)).toEqual(
			expect.arrayContaining([
				[TRIGGER, 'Errors'],
				[TRIGGER, 'Replies'],
			]),
		);
	});
});

describe('the same event again', () => {
	test('starts one execution of twenty at once, in each process that gets it', async () => {
		const hook = await publishTrigger(n8n);
		const event = capturedEvent('message.received');
		const answers = await Promise.all(Array.from({ length: 20 }, async () => hook.send({ event })));
		const taken = answers.filter(({ status, json }) => status === 200 && !isDuplicate(json));
		expect(taken).toHaveLength(RECEIVERS);
		// The others come too early to be known as duplicates, and are to come again, or are known.
		for (const { status, json, headers } of answers) {
			if (status === 409) expect(headers).toHaveProperty('retry-after');
			else
				expect({ status, json }).toEqual({
					status: 200,
					json: isDuplicate(json) ? DUPLICATE : RECEIVED,
				});
		}
		expect(await hook.executionsSoFar()).toHaveLength(RECEIVERS);
	});

	test('is recognized by the id that is signed, not by headers', async () => {
		const hook = await publishTrigger(n8n);
		const event = capturedEvent('message.received');
		await hook.send({ event });
		await hook.executions(1);
		const headers = { 'webhook-id': 'evt_other', 'x-openclaw-delivery': 'dlv_other' };
		for (let copy = 1; copy <= RECEIVERS; copy += 1) {
			const { json } = await hook.send({ event, headers });
			expect(json).toEqual(copy === RECEIVERS ? DUPLICATE : RECEIVED);
		}
		const executions = await hook.executionsSoFar();
		expect(executions.filter((execution) => execution.ran('Arrived'))).toHaveLength(1);
		const other = { ...event, id: createEventId() };
		expect(await hook.send({ event: other })).toMatchObject({ json: RECEIVED });
	});

	test('runs again where that is wanted', async () => {
		const hook = await publishTrigger(n8n, { options: { ignoreDuplicates: false } });
		const event = capturedEvent('message.received');
		for (let count = 0; count < 2; count += 1) {
			expect(await hook.send({ event })).toMatchObject({ json: RECEIVED });
		}
		const executions = await hook.executions(2);
		expect(executions.map((execution) => execution.ran('Arrived'))).toEqual([true, true]);
	});

	test('starts each workflow that listens', async () => {
		const hooks = [await publishTrigger(n8n), await publishTrigger(n8n)];
		const event = capturedEvent('message.received');
		for (const hook of hooks) {
			expect(await hook.send({ event })).toMatchObject({ json: RECEIVED });
		}
	});
});

describe('the answer', () => {
	test("can wait for the last node, and is then that node's items", async () => {
		const hook = await publishTrigger(n8n, {
			options: { respond: 'lastNode', simplify: true, includeHeaders: true, includeRawBody: true },
		});
		const event = messageOf({});
		const timestamp = now();
		const headers = { 'x-trace': '7', cookie: 'a=b' };
		const answer = await hook.send({ event, timestamp, headers });
		expect(answer).toMatchObject({
			status: 200,
			json: [
				{
					id: event.id,
					agentId: 'support-bot',
					text: 'Order 66 has been sent',
					outputTokens: 450,
					rawBody: JSON.stringify(event),
					headers: { 'x-trace': '7' },
				},
			],
		});
		expect(answer.text).not.toMatch(/sha256=|v1,|"cookie"|"authorization"/);
		const copy = await hook.send({ event, timestamp });
		// Another process starts an execution in which nothing runs, and has nothing to show.
		expect(copy).toMatchObject({ status: 200, json: isQueueMode() ? [] : DUPLICATE });
	});

	test('tells the sender to try again when the workflow has failed, and its retry runs', async () => {
		const secret = newSecret();
		const credential = await n8n.createCredential(
			CREDENTIAL_TYPE,
			credentialData('http://127.0.0.1:9', { accessToken: '', signingSecret: secret }),
		);
		const stop = node('Stop', 'n8n-nodes-base.stopAndError', 1, { errorMessage: 'Out of order' });
		const workflow = await n8n.createWorkflow({
			name: 'Failing',
			nodes: [triggerNode(credential, { options: { respond: 'lastNode' } }, TRIGGER), stop],
			connections: chain(TRIGGER, 'Stop'),
		});
		await n8n.publish(workflow);
		const url = n8n.webhookUrl(workflow, TRIGGER);
		const event = messageOf({});
		for (let attempt = 1; attempt <= 2; attempt += 1) {
			const timestamp = now() - 2 + attempt;
			expect((await sendEvent(url, { event, secret, timestamp })).status).toBe(500);
			const executions = await n8n.waitForExecutions(workflow, attempt);
			expect(executions.map(({ errorMessage }) => errorMessage)).toEqual(
				Array(attempt).fill('Out of order'),
			);
		}
	});

	test('comes at once where the parameters hold expressions', async () => {
		const hook = await publishTrigger(n8n, {
			options: { includeRawBody: '={{ 1 === 1 }}', respond: 'onReceived' },
		});
		const event = messageOf({});
		expect(await hook.send({ event })).toMatchObject({ status: 200, json: RECEIVED });
		const [execution] = await hook.executions(1);
		expect(execution?.json(TRIGGER)[0]).toMatchObject({ rawBody: JSON.stringify(event) });
	});
});

describe('the addresses', () => {
	const event = (type: EventType = 'message.sent') => capturedEvent(type);

	test('are one to build with, which listens until a verified event comes', async () => {
		const hook = await publishTrigger(n8n);
		const test = async (secret: string) => sendEvent(hook.testUrl, { event: event(), secret });
		expect((await test(hook.secret)).status).toBe(404);
		expect(await n8n.runManually(hook.workflow, TRIGGER)).toBeUndefined();
		expect((await test('whsec_forged')).status).toBe(401);
		expect(await test(hook.secret)).toMatchObject({ status: 200, json: RECEIVED });
		const [execution, ...others] = await hook.executions(1);
		expect(others).toEqual([]);
		expect(execution?.mode).toBe('manual');
		await waitFor('the test to end', async () => (await test(hook.secret)).status === 404);
	});

	test('take the same event again and again while building', async () => {
		const hook = await publishTrigger(n8n);
		const same = event();
		for (let count = 0; count < 2; count += 1) {
			await n8n.runManually(hook.workflow, TRIGGER);
			const answer = await sendEvent(hook.testUrl, { event: same, secret: hook.secret });
			expect(answer).toMatchObject({ status: 200, json: RECEIVED });
			await hook.executions(count + 1);
		}
		const executions = await hook.executions(2);
		expect(executions.map((execution) => execution.ran('Arrived'))).toEqual([true, true]);
	});

	test('are gone once the workflow is unpublished', async () => {
		const hook = await publishTrigger(n8n);
		expect((await hook.send({ event: event() })).status).toBe(200);
		await n8n.unpublish(hook.workflow);
		expect((await hook.send({ event: event() })).status).toBe(404);
	});
});
