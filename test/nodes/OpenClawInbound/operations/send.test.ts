import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { createNodeHarness, TOKEN, type NodeSetup } from '../support/nodeHarness';

const gateway = useGatewayStandIn();

beforeEach(() => {
	gateway.answerBy(({ index }) => ({ body: { ok: true, runId: `run-${String(index)}` } }));
});

function harness(parameters: INodeParameters, more: Partial<NodeSetup> = {}) {
	return createNodeHarness({
		parameters: { operation: 'send', options: { backoffMs: 1 }, ...parameters },
		...more,
		credential: { gatewayUrl: gateway.url, ...more.credential },
	});
}

function toAgent(template: string, value: IDataObject = {}): INodeParameters {
	return {
		source: 'define',
		agent: { __rl: true, mode: 'id', value: 'main' },
		template,
		fields: { mappingMode: 'defineBelow', value, matchingColumns: [], schema: [] },
	} as INodeParameters;
}

function toEndpoint(name: string, value: IDataObject = {}): INodeParameters {
	const endpoint = { __rl: true, mode: 'list', value: name };
	return { ...toAgent('', value), source: 'endpoint', endpoint };
}

const AUTO = { mappingMode: 'autoMapInputData', value: null, matchingColumns: [], schema: [] };

describe('to an agent', () => {
	test('posts the rendered text to the hooks of the gateway', async () => {
		const node = harness(
			toAgent('{{body.title}} ({{body.level}})', {
				title: '={{ $json.t }}',
				level: '={{ $json.l + 1 }}',
			}),
			{ items: [{ t: '磁盘 <full> & "hot" 🚨', l: 2 }] },
		);
		const output = await node.run();
		const [request] = gateway.requests;
		expect(request).toMatchObject({
			method: 'POST',
			path: '/hooks/agent',
			json: { message: '磁盘 <full> & "hot" 🚨 (3)', agentId: 'main', name: 'n8n' },
		});
		expect(request?.headers).toMatchObject({
			authorization: `Bearer ${TOKEN}`,
			'content-type': 'application/json',
		});
		expect(output).toEqual([
			{
				json: {
					ok: true,
					runId: 'run-0',
					agentId: 'main',
					message: '磁盘 <full> & "hot" 🚨 (3)',
					missingPaths: [],
					attempts: 1,
					durationMs: expect.any(Number) as number,
				},
				pairedItem: { item: 0 },
			},
		]);
	});

	test('sets values into nested places and keeps their types', async () => {
		const node = harness(
			toAgent('{{body.user.name}} {{body["a b"]}} {{body.user}} {{body.ok}}', {
				'user.name': '={{ $json.name }}',
				'["a b"]': '={{ $json.list }}',
				ok: '={{ $json.ok }}',
			}),
			{ items: [{ name: 'Ada', list: [1, { b: 2 }], ok: false }] },
		);
		const [item] = await node.run();
		expect(item?.json.message).toBe('Ada [1,{"b":2}] {"name":"Ada"} false');
	});

	test("takes n8n's dates as texts", async () => {
		const fields = { at: '={{ $now }}', year: '={{ $now.year > 2000 }}' };
		const [item] = await harness(toAgent('{{body.at}} {{body.year}}', fields)).run();
		expect(item?.json.message).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-][\d:]+) true$/);
	});

	test('names the item whose expression cannot be evaluated', async () => {
		const fields = { a: '={{ $("Nowhere").item.json.a }}' };
		const items = [{}, {}];
		await expect(harness(toAgent('{{body.a}}', fields), { items }).run()).rejects.toMatchObject({
			name: 'NodeOperationError',
			context: { itemIndex: 0 },
		});
	});

	test('takes the whole item when fields are mapped automatically', async () => {
		const parameters = { ...toAgent('{{body.a.b}}-{{body.c}}'), fields: AUTO };
		const [item] = await harness(parameters, { items: [{ a: { b: 1 }, c: true }] }).run();
		expect(item?.json.message).toBe('1-true');
	});

	test('keeps the digits of texts, and says once when a number may have been rounded', async () => {
		const parameters = toAgent('{{body.text}} {{body.number}}', {
			text: '8202522731445525542',
			number: '={{ $json.id }}',
		});
		const id = Number('8202522731445525542');
		const node = harness(parameters, { items: [{ id: 7 }, { id }, { id: [{ id }] }] });
		const hints = jest.spyOn(node.context, 'addExecutionHints');
		const items = await node.run();
		expect(items[0]?.json.message).toBe('8202522731445525542 7');
		expect(hints).toHaveBeenCalledTimes(1);
		expect(hints.mock.calls[0]?.[0]?.message).toContain('Pass such numbers as texts');
	});

	test('reports values that were missing', async () => {
		const [item] = await harness(toAgent('Hi {{body.who}}{{body.x.y}}!', { who: null })).run();
		expect(item?.json).toMatchObject({ message: 'Hi !', missingPaths: ['body.who', 'body.x.y'] });
	});

	test('never reads a value for placeholders', async () => {
		const fields = { a: '={{ $json.a }}' };
		const items = [{ a: '{{body.secret}} \\{{ {{now}}', secret: 'no' }];
		const [item] = await harness(toAgent('{{body.a}}', fields), { items }).run();
		expect(item?.json.message).toBe('{{body.secret}} \\{{ {{now}}');
	});

	test('hands options on to the gateway', async () => {
		const options = {
			sessionKey: 'hook:a',
			deliver: true,
			channel: 'telegram',
			to: '7',
			model: 'm',
		};
		await harness({ ...toAgent('Hi'), options: { ...options, thinking: 'low' } }).run();
		expect(gateway.requests[0]?.json).toEqual({
			message: 'Hi',
			agentId: 'main',
			name: 'n8n',
			...options,
			thinking: 'low',
		});
	});

	test.each([
		['', "'Message Template' is empty"],
		['={{ $json.t }}', "'Message Template' cannot be read at line 1, column 4"],
		['Hi\n{{#if body.a}}', "'Message Template' cannot be read at line 2, column 3"],
		['{{headers.x}}', "'Message Template' cannot be read at line 1, column 3"],
		['{{body.empty}} \n', 'The message is empty'],
	])('refuses the template %j before anything is sent', async (template, message) => {
		await expect(harness(toAgent(template)).run()).rejects.toThrow(`${message} [item 0]`);
		expect(gateway.requests).toHaveLength(0);
	});

	test('refuses a request that is too large before it is sent', async () => {
		const node = harness(toAgent('{{body.a}}', { a: '={{ $json.a }}' }), {
			items: [{ a: '"'.repeat(140_000) }],
		});
		await expect(node.run()).rejects.toThrow(
			'The message is larger than a gateway accepts: 274 KiB [item 0]',
		);
		expect(gateway.requests).toHaveLength(0);
	});

	test('asks for an agent', async () => {
		const parameters = { ...toAgent('Hi'), agent: { __rl: true, mode: 'list', value: '' } };
		await expect(harness(parameters as INodeParameters).run()).rejects.toThrow(
			"'Agent' is empty [item 0]",
		);
	});
});

describe('to an endpoint', () => {
	test('posts the fields as the body', async () => {
		const values = { title: '={{ $json.t }}', n: 7, 'user.name': 'Ada' };
		const node = harness(toEndpoint('deploy/prod env', values), { items: [{ t: { deep: true } }] });
		gateway.answerBy(() => ({
			status: 202,
			body: {
				ok: true,
				runId: 'r',
				agentId: 'ops',
				message: 'as rendered',
				missingPaths: ['body.x'],
			},
		}));
		const [item] = await node.run();
		expect(gateway.requests[0]).toMatchObject({
			path: '/webhooks/inbound/deploy/prod%20env',
			json: { title: { deep: true }, n: 7, user: { name: 'Ada' } },
			headers: {
				'x-openclaw-source': expect.stringMatching(/^n8n:.{1,8}:workflow-1$/) as string,
				'x-openclaw-hops': '0',
			},
		});
		expect(item?.json).toMatchObject({
			ok: true,
			runId: 'r',
			agentId: 'ops',
			message: 'as rendered',
			missingPaths: ['body.x'],
		});
	});

	test("reaches a stock gateway's mapping when the inbound path is the hooks path", async () => {
		const credential = { inboundPath: '/hooks' };
		const [item] = await harness(toEndpoint('alert', { a: 1 }), { credential }).run();
		expect(gateway.requests[0]?.path).toBe('/hooks/alert');
		expect(item?.json).not.toHaveProperty('message');
		expect(item?.json).not.toHaveProperty('missingPaths');
	});

	test('knows agent and missing values from a pasted file', async () => {
		const config = `{ webhooks: { inbound: { endpoints: { alert: {
			agentId: 'alert-handler', template: '{{body.a}} {{body.b}} {{headers.c}}', // comment
		} } } } }`;
		const parameters = { ...toEndpoint('alert', { a: 1 }), options: { config } };
		const [item] = await harness(parameters).run();
		expect(item?.json).toMatchObject({ agentId: 'alert-handler', missingPaths: ['body.b'] });
	});

	test.each(['../v1/models', '..', 'a//b'])('refuses to leave the path by %j', async (name) => {
		await expect(harness(toEndpoint(name)).run()).rejects.toThrow("in 'Endpoint' is not the name");
		expect(gateway.requests).toHaveLength(0);
	});
});

describe('wake', () => {
	const wake = (text: string, more: INodeParameters = {}) =>
		harness({ operation: 'wake', text, wakeMode: 'now', ...more });

	test('gives an agent a fixed text', async () => {
		gateway.answerBy(() => ({ body: { ok: true, mode: 'now', eventOutcome: 'queued' } }));
		const agent = { __rl: true, mode: 'id', value: 'ops' };
		const [item] = await wake(' Check the queue ', { agent }).run();
		expect(gateway.requests[0]).toMatchObject({
			path: '/hooks/wake',
			json: { text: 'Check the queue', mode: 'now', agentId: 'ops' },
		});
		expect(item?.json).toMatchObject({
			ok: true,
			agentId: 'ops',
			message: 'Check the queue',
			mode: 'now',
			eventOutcome: 'queued',
		});
	});

	test('needs no agent, and can wait for the next heartbeat', async () => {
		await wake('Hi', { wakeMode: 'next-heartbeat' }).run();
		expect(gateway.requests[0]?.json).toEqual({ text: 'Hi', mode: 'next-heartbeat' });
	});

	test.each([
		['now', 'heartbeat', 0],
		['now', 'user', 1],
		['next-heartbeat', 'heartbeat', 1],
	])('answers no wake with a wake: %s after %s', async (wakeMode, trigger, requests) => {
		const agent = { __rl: true, mode: 'id', value: 'ops' };
		const node = wake('Hi', { agent, wakeMode });
		const type = 'n8n-nodes-openclaw-webhooks.openClawTrigger';
		const items = [{ json: { data: { agentId: 'ops', trigger } } }];
		jest
			.spyOn(node.context, 'getParentNodes')
			.mockReturnValue([{ name: 'Trigger', type, typeVersion: 1, disabled: false }]);
		jest
			.spyOn(node.context, 'getWorkflowDataProxy')
			.mockReturnValue({ $: () => ({ all: () => items }) } as never);
		const result = node.run();
		if (requests === 0) await expect(result).rejects.toThrow('round in a circle [item 0]');
		else await result;
		expect(gateway.requests).toHaveLength(requests);
	});

	test.each(['Hi {{body.name}}', '={{ $json.text }}', '=Hi {{ $json.text }}'])(
		'refuses %j',
		async (text) => {
			await expect(wake(text).run()).rejects.toThrow(
				"'Text' of Wake Agent must be fixed text without placeholders [item 0]",
			);
			expect(gateway.requests).toHaveLength(0);
		},
	);

	test('asks for the hook token, which the plugin cannot make', async () => {
		const credential = { hookToken: '', accessToken: 'ocw_token' };
		const node = harness({ operation: 'wake', text: 'Hi' }, { credential });
		await expect(node.run()).rejects.toThrow("'Hook Token' in the credential is empty [item 0]");
		expect(gateway.requests).toHaveLength(0);
	});

	test('refuses an empty text', async () => {
		await expect(wake('  ').run()).rejects.toThrow("'Text' is empty [item 0]");
	});
});

describe('many items', () => {
	const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
	const parameters = toAgent('Number {{body.n}}', { n: '={{ $json.n }}' });

	test('come out in order, linked, and the credential is read once', async () => {
		gateway.answerBy(({ index }) => ({ delayMs: index % 3 === 0 ? 5 : 0 }));
		const node = harness(parameters, { items: numbered(60) });
		const output = await node.run();
		expect(output.map(({ json }) => json.message)).toEqual(
			numbered(60).map(({ n }) => `Number ${String(n)}`),
		);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual(
			numbered(60).map(({ n }) => ({ item: n })),
		);
		expect(node.credentialReads()).toBe(1);
	});

	test('one that is not accepted stops the rest', async () => {
		gateway.answerBy(({ json }) =>
			JSON.stringify(json).includes('Number 2"')
				? { status: 400, body: { ok: false, error: 'unknown agentId "main"' } }
				: {},
		);
		const node = harness(
			{ ...parameters, options: { maxConcurrency: 1 } },
			{ items: numbered(10) },
		);
		await expect(node.run()).rejects.toMatchObject({
			name: 'NodeApiError',
			message: "The agent 'main' could not be found [item 2]",
			httpCode: '400',
			context: { itemIndex: 2 },
		});
		expect(gateway.requests).toHaveLength(3);
	});

	test('one that is not accepted leaves the others alone when the node goes on', async () => {
		gateway.answerBy(({ json }) =>
			JSON.stringify(json).includes('Number 2"') ? { status: 413, body: 'too large' } : {},
		);
		const onError = 'continueRegularOutput';
		const output = await harness(parameters, { items: numbered(10), onError }).run();
		expect(output).toHaveLength(10);
		expect(output[2]).toEqual({
			json: { error: 'The message is larger than the gateway accepts [item 2]' },
			pairedItem: { item: 2 },
		});
		expect(output.filter(({ json }) => json.ok === true)).toHaveLength(9);
	});

	test('get a message each when the node itself is set up wrongly but goes on', async () => {
		const onError = 'continueRegularOutput';
		const output = await harness(toAgent('{{'), { items: numbered(2), onError }).run();
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(output[1]?.json.error).toContain("'Message Template' cannot be read");
	});

	test('have keys of their own, which stay when n8n tries the node again', async () => {
		const keys = async (setup: Partial<NodeSetup>) => {
			gateway.clear();
			await harness(parameters, { items: numbered(2), ...setup }).run();
			return gateway.requests.map(({ headers }) => headers['idempotency-key']).sort();
		};
		const first = await keys({});
		expect(new Set(first).size).toBe(2);
		expect(await keys({})).toEqual(first);
		expect(await keys({ executionId: '42' })).not.toEqual(first);
		expect(await keys({ runIndex: 1 })).not.toEqual(first);
	});

	test('can have keys from the data', async () => {
		const options = { idempotencyKey: '=ticket-{{ $json.n }}' };
		await harness({ ...parameters, options }, { items: numbered(2) }).run();
		const keys = gateway.requests.map(({ headers }) => headers['idempotency-key']);
		expect(keys.sort()).toEqual(['ticket-0', 'ticket-1']);
	});

	test('none: nothing is asked', async () => {
		const node = harness(parameters, { items: [] });
		expect(await node.run()).toEqual([]);
		expect(node.credentialReads()).toBe(0);
	});
});

describe('what an expression gives', () => {
	test.each([
		['agent', '={{ 42 }}', { agentId: '42' }],
		['agent', { __rl: true, mode: 'id', value: '={{ $json.agent }}' }, { agentId: '7' }],
	])('becomes the id of the agent to wake: %s = %j', async (name, value, body) => {
		const parameters = { operation: 'wake', text: 'Hi', [name]: value } as INodeParameters;
		await harness(parameters, { items: [{ agent: 7 }] }).run();
		expect(gateway.requests[0]?.json).toMatchObject(body);
	});

	test.each([
		[{ agent: '={{ true }}' }, "'Agent' is not an ID [item 0]"],
		[{ agent: { __rl: true, mode: 'id', value: '={{ {} }}' } }, "'Agent' is not an ID [item 0]"],
		[{ wakeMode: '={{ "later" }}' }, "'When' is neither 'now' nor 'next-heartbeat' [item 0]"],
	])('wakes nobody by %j', async (parameters, message) => {
		const node = harness({ operation: 'wake', text: 'Hi', ...parameters });
		await expect(node.run()).rejects.toThrow(message);
		expect(gateway.requests).toHaveLength(0);
	});

	test('sends to an agent whose id is a number, and to none whose id is no id', async () => {
		const agent = { __rl: true, mode: 'id', value: '={{ $json.agent }}' };
		const items = [{ agent: 42 }, { agent: { id: 1 } }, { agent: '' }];
		const onError = 'continueRegularOutput';
		const parameters = { ...toAgent('Hi'), agent } as INodeParameters;
		const output = await harness(parameters, { items, onError }).run();
		expect(output.map(({ json }) => json.error ?? json.agentId)).toEqual([
			'42',
			"'Agent' is not an ID [item 1]",
			"'Agent' is empty [item 2]",
		]);
		expect(gateway.requests.map(({ json }) => json)).toEqual([
			expect.objectContaining({ agentId: '42' }),
		]);
	});

	test('is true or false as a text, too', async () => {
		const options = { deliver: '={{ String($json.deliver) }}', backoffMs: 1 };
		const items = [{ deliver: true }, { deliver: false }];
		await harness({ ...toAgent('Hi'), options }, { items }).run();
		const delivered = gateway.requests.map(({ json }) => (json as IDataObject).deliver);
		expect(delivered.sort()).toEqual([false, true]);
	});

	test('concerns its item alone when the option is for all', async () => {
		const options = { maxConcurrency: '={{ $json.n }}' };
		const items = [{ n: 0 }, { n: 1 }, { n: 2 }];
		const onError = 'continueRegularOutput';
		const output = await harness({ ...toAgent('Hi'), options }, { items, onError }).run();
		expect(output.map(({ json }) => json.error ?? json.ok)).toEqual([
			"'Max Concurrency' in the options is not a number from 1 to 100 [item 0]",
			true,
			true,
		]);
	});
});

describe('a session key', () => {
	const plugin = { accessToken: 'ocw_token' };

	test.each(['工单:1042', 'agent:main:票据:1042', 'ticket-7', 'AGENT:Main:x'])(
		'%s reaches the gateway unchanged',
		async (sessionKey) => {
			const parameters = { ...toAgent('Hi'), options: { sessionKey } };
			await harness(parameters, { credential: plugin }).run();
			const [request] = gateway.requests;
			const url = new URL(request?.path ?? '', 'http://gateway');
			expect(url.searchParams.get('sessionKey')).toBe(sessionKey);
			expect(JSON.stringify(request?.headers)).not.toContain('session');
			gateway.clear();
			gateway.answerBy(() => ({ body: { ok: true } }));
			await harness(parameters).run();
			expect(gateway.requests[0]?.json).toMatchObject({ sessionKey });
		},
	);

	test.each([
		':1042',
		'agent:main:',
		'agent:main::1',
		'agent::x',
		'two words',
		'a\nb',
		'x\ud83d',
		'x'.repeat(257),
	])('%j is refused before anything is sent', async (sessionKey) => {
		for (const parameters of [toAgent('Hi'), toEndpoint('alert')]) {
			const node = harness({ ...parameters, options: { sessionKey } }, { credential: plugin });
			await expect(node.run()).rejects.toThrow(
				"'Session Key' in the options cannot be the key of a session [item 0]",
			);
		}
		expect(gateway.requests).toHaveLength(0);
	});

	test('of another agent is refused by name', async () => {
		const parameters = { ...toAgent('Hi'), options: { sessionKey: 'agent:ops:x' } };
		await expect(harness(parameters).run()).rejects.toThrow(
			"'Session Key' in the options is a session of the agent 'ops', and the message goes to 'main' [item 0]",
		);
	});
});

describe('a tool of an AI Agent', () => {
	const nodeType = 'n8n-nodes-openclaw-webhooks.openClawInboundTool';

	test("reads the agent's item by $json, as every tool of n8n does, and its arguments by $fromAI", async () => {
		const fields = {
			ticket: '={{ $json.ticket }}',
			title: "={{ $fromAI('title', 'What happened', 'string') }}",
		};
		const node = harness(toAgent('{{body.ticket}}: {{body.title}}', fields), {
			nodeType,
			items: [{ ticket: 'T-1' }],
			toolArguments: { title: 'Disk full', ticket: 'of the arguments' },
			credential: { accessToken: '' },
		});
		const [item] = await node.run();
		expect(item?.json.message).toBe('T-1: Disk full');
	});
});

describe('a message that was taken on an earlier try of the node', () => {
	const plugin = { accessToken: 'ocw_token' };
	const refusal = {
		ok: false,
		runId: 'run_0',
		error: { code: 'idempotency-key-reused', message: 'Another message was sent with this key' },
	};
	const run = { ok: true, runId: 'run_0', agentId: 'main', message: 'At 10:00', state: 'running' };

	test("is given out as it was taken: its key is the item's", async () => {
		gateway.answerBy(({ method }) =>
			method === 'POST' ? { status: 422, body: refusal } : { body: run },
		);
		const [item] = await harness(toAgent('At {{now}}'), { credential: plugin }).run();
		expect(gateway.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
			'POST /webhooks/inbound',
			'GET /webhooks/inbound/runs/run_0',
		]);
		expect(item?.json).toMatchObject({ ok: true, runId: 'run_0', message: 'At 10:00' });
	});

	test('is known by its run also where the gateway tells no more of it', async () => {
		gateway.answerBy(({ method }) =>
			method === 'POST' ? { status: 422, body: refusal } : { status: 404, body: {} },
		);
		const [item] = await harness(toAgent('At {{now}}'), { credential: plugin }).run();
		expect(item?.json).toMatchObject({ ok: true, runId: 'run_0' });
	});

	test('is not guessed from a key of the user, which may be of another message', async () => {
		gateway.answerBy(() => ({ status: 422, body: refusal }));
		const parameters = { ...toAgent('Hi'), options: { idempotencyKey: 'ticket-7' } };
		await expect(harness(parameters, { credential: plugin }).run()).rejects.toThrow(
			"The gateway has taken another message under this 'Idempotency Key' before [item 0]",
		);
		expect(gateway.requests).toHaveLength(1);
	});
});
