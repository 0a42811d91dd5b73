import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { textAt } from '../../../../testbed/json';
import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { createNodeHarness, type NodeSetup } from '../support/nodeHarness';

const gateway = useGatewayStandIn();
const PLUGIN_TOKEN = 'ocw_4mzq0c7k2v_made-for-the-tests';
const SCHEMA = JSON.stringify({
	type: 'object',
	properties: { level: { enum: ['low', 'high'] } },
	required: ['level'],
});
const USAGE = { inputTokens: 10, outputTokens: 3, model: 'm' };

function harness(
	options: IDataObject = {},
	more: INodeParameters = {},
	setup: Partial<NodeSetup> = {},
) {
	return createNodeHarness({
		parameters: {
			operation: 'send',
			source: 'define',
			agent: { __rl: true, mode: 'id', value: 'main' },
			template: 'How bad is {{body.name}}?',
			fields: { mappingMode: 'autoMapInputData', value: null, matchingColumns: [], schema: [] },
			options: { backoffMs: 1, maxAttempts: 1, replySchema: SCHEMA, ...options },
			...more,
		},
		items: [{ name: 'it' }],
		...setup,
		credential: { gatewayUrl: gateway.url, accessToken: PLUGIN_TOKEN, ...setup.credential },
	});
}

/** Answers the messages by a list; the last reply stays. */
function reply(...texts: readonly string[]): void {
	let count = 0;
	gateway.answerBy(() => {
		const text = texts[Math.min(count++, texts.length - 1)];
		const body = { ok: true, runId: `run_${String(count)}`, agentId: 'main', reply: { text } };
		return { body: { ...body, usage: USAGE, durationMs: 7 } };
	});
}

const messageOf = (index: number) => textAt(gateway.requests[index]?.json, 'message');
const keys = () => gateway.requests.map(({ headers }) => headers['idempotency-key']);

test('tells the agent the schema below the text, waits, and gives out what fits', async () => {
	reply('Sure:\n```json\n{"level":"high"}\n```');
	const [item] = await harness().run();
	expect(gateway.requests).toHaveLength(1);
	expect(gateway.requests[0]?.headers.prefer).toBe('wait=50');
	expect(messageOf(0)).toBe(
		`How bad is it?\n\nReply with JSON only, without any other text. It must fit this JSON Schema:\n${SCHEMA}`,
	);
	expect(item?.json).toMatchObject({
		ok: true,
		runId: 'run_1',
		reply: 'Sure:\n```json\n{"level":"high"}\n```',
		replyJson: { level: 'high' },
		usage: USAGE,
	});
	expect(item?.json).not.toHaveProperty('repairRunId');
});

test('has a reply that does not fit corrected once, in the same session', async () => {
	reply('{"level":"medium"}', '{"level":"low"}');
	const [item] = await harness({ sessionKey: '工单:7', model: 'x/y', deliver: true }).run();
	expect(gateway.requests).toHaveLength(2);
	const [first, second] = gateway.requests;
	expect(second?.path).toBe(first?.path);
	expect(second?.headers.prefer).toBe('wait=50');
	expect(second?.json).toMatchObject({ agentId: 'main', model: 'x/y' });
	expect(messageOf(1)).toContain('/level: Instance does not match any of ["low","high"]');
	expect(messageOf(1)).toContain('This was your reply:\n{"level":"medium"}\n');
	expect(messageOf(1)).toContain(SCHEMA);
	expect(keys()[1]).toBe(`${String(keys()[0])}-repair`);
	expect(item?.json).toMatchObject({
		ok: true,
		runId: 'run_1',
		repairRunId: 'run_2',
		reply: '{"level":"low"}',
		replyJson: { level: 'low' },
		usage: { inputTokens: 20, outputTokens: 6, model: 'm' },
	});
});

test('has keys that stay the same when the node is tried again', async () => {
	reply('No', '{"level":"low"}');
	await harness({}, {}, { executionId: '9' }).run();
	reply('No', '{"level":"low"}');
	await harness({}, {}, { executionId: '9' }).run();
	expect(keys().slice(2)).toEqual(keys().slice(0, 2));
	expect(messageOf(3)).toBe(messageOf(1));
	gateway.clear();
	reply('No', '{"level":"low"}');
	await harness({ idempotencyKey: 'k'.repeat(256) }).run();
	expect(keys()[1]).toMatch(/^sha256-[0-9a-f]{64}$/);
});

test('says what does not fit, with the beginning of the reply, when the second one does not fit', async () => {
	reply('It is bad', `connect ECONNREFUSED\n{"level": 5, "why": "${'x'.repeat(500)}"}`);
	const error = await harness()
		.run()
		.catch((thrown: unknown) => thrown);
	expect(error).toMatchObject({
		message: expect.stringMatching(
			/^The agent's reply does not fit 'Reply Schema': \/level: .*\. It begins: connect ECONNREFUSED \{"level": 5, "why": "x+… \[item 0\]$/,
		) as string,
		description: expect.stringContaining('asked once more') as string,
	});
	expect(gateway.requests).toHaveLength(2);
	expect(JSON.stringify(error)).not.toContain(PLUGIN_TOKEN);
});

test('goes on with the other items where the node is set to', async () => {
	gateway.answerBy(({ json }) => {
		const isBad = JSON.stringify(json).includes('fire') || JSON.stringify(json).includes('Bad');
		const text = isBad ? 'Bad' : '{"level":"low"}';
		return { body: { ok: true, runId: 'run_1', agentId: 'main', reply: { text } } };
	});
	const items = [{ name: 'fire' }, { name: 'rain' }];
	const output = await harness({}, {}, { items, onError: 'continueErrorOutput' }).run();
	expect(output.map(({ json }) => json.error ?? json.replyJson)).toEqual([
		"The agent's reply does not fit 'Reply Schema': it has no JSON in it. It begins: Bad [item 0]",
		{ level: 'low' },
	]);
});

test('says why the agent could not be asked again', async () => {
	let count = 0;
	gateway.answerBy(() =>
		count++ === 0
			? { body: { ok: true, runId: 'run_1', agentId: 'main', reply: { text: '' } } }
			: { status: 403, body: { ok: false, error: { code: 'wrong-scope', message: 'lacks' } } },
	);
	await expect(harness().run()).rejects.toMatchObject({
		message:
			"The agent's reply does not fit 'Reply Schema': it has no JSON in it. It is empty [item 0]",
		description: expect.stringContaining('The access token is not for this') as string,
	});
});

test('asks again at the session of an inbound endpoint, whose template stays as it is', async () => {
	reply('Bad', '{"level":"high"}');
	const endpoint = { __rl: true, mode: 'id', value: 'alert' };
	const [item] = await harness({}, { source: 'endpoint', endpoint }).run();
	expect(gateway.requests.map(({ path }) => path)).toEqual([
		'/webhooks/inbound/alert',
		'/webhooks/inbound?sessionKey=agent%3Amain%3Awebhook%3Aalert',
	]);
	expect(gateway.requests[0]?.json).toEqual({ name: 'it' });
	expect(item?.json).toMatchObject({ replyJson: { level: 'high' }, repairRunId: 'run_2' });
});

test.each([
	['no JSON', '{"type":', "'Reply Schema' in the options cannot be used [item 0]"],
	['no object', '[1]', "'Reply Schema' in the options cannot be used [item 0]"],
	['a number', 7, "'Reply Schema' in the options cannot be used [item 0]"],
	['too much', JSON.stringify({ description: 'x'.repeat(16_384) }), "'Reply Schema'"],
])('sends nothing with a schema that is %s', async (_, replySchema, message) => {
	await expect(harness({ replySchema }).run()).rejects.toMatchObject({
		message: expect.stringContaining(message) as string,
		description: expect.stringContaining('Nothing was sent') as string,
	});
	expect(gateway.requests).toHaveLength(0);
});

test('sends nothing when the reply is not waited for', async () => {
	const message =
		"'Reply Schema' in the options needs the agent's reply, and 'Wait for Reply' is off [item 0]";
	await expect(harness({ waitForReply: false }).run()).rejects.toThrow(message);
	const endpoint = { __rl: true, mode: 'id', value: 'alert' };
	await expect(
		harness({ waitForReply: 'false' }, { source: 'endpoint', endpoint }).run(),
	).rejects.toThrow(message);
	expect(gateway.requests).toHaveLength(0);
});

test('is for tools of an AI Agent, too', async () => {
	reply('{"level":"low"}');
	const [item] = await harness({}, {}, { nodeType: 'x.openClawInboundTool' }).run();
	expect(item?.json.replyJson).toEqual({ level: 'low' });
});

test('ends with the execution', async () => {
	const canceled = new AbortController();
	let count = 0;
	gateway.answerBy(() => {
		if (count++ > 0) {
			setImmediate(() => {
				canceled.abort();
			});
			return { delayMs: 500 };
		}
		return { body: { ok: true, runId: 'run_1', agentId: 'main', reply: { text: 'No' } } };
	});
	await expect(harness({}, {}, { signal: canceled.signal }).run()).rejects.toThrow(
		'The execution ended before',
	);
});
