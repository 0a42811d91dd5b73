import type { IDataObject } from 'n8n-workflow';

import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { createNodeHarness, type NodeSetup } from '../support/nodeHarness';

const gateway = useGatewayStandIn();
const REVIEW = { id: 'rev_1', channel: 'telegram', expiresAt: '2026-03-14T10:40:00.000Z' };

beforeEach(() => {
	gateway.answerBy(() => ({ status: 202, body: { ok: true, review: REVIEW } }));
});

function harness(parameters: IDataObject = {}, more: Partial<NodeSetup> = {}) {
	return createNodeHarness({
		nodeType: 'n8n-nodes-openclaw-webhooks.openClawInboundHitlTool',
		parameters: {
			message: 'May I run pay?',
			askIn: 'chat',
			askChannel: 'telegram',
			askTo: '777',
			options: { backoffMs: 1, maxAttempts: 1 },
			...parameters,
		},
		credential: { gatewayUrl: gateway.url },
		...more,
	});
}

const asked = () => gateway.requests[0];

/** Has the gateway tell an answer. */
async function answer(node: ReturnType<typeof harness>, review: IDataObject, type?: string) {
	const { 'x-openclaw-callback-url': url, 'x-openclaw-callback-secret': secret } =
		asked()?.headers ?? {};
	return await node.callBack({
		url: String(url),
		secret: String(secret),
		data: { review },
		type: type ?? 'review.answered',
	});
}

test('asks a person by the gateway, and puts the execution to wait for a day', async () => {
	const node = harness({ approvers: '777, telegram:888' });
	const before = Date.now();
	await node.run();
	expect(asked()).toMatchObject({
		path: '/plugins/event-webhooks/api/reviews',
		json: {
			message: 'May I run pay?',
			channel: 'telegram',
			to: '777',
			approvers: ['777', 'telegram:888'],
		},
	});
	expect(asked()?.headers).toMatchObject({
		'idempotency-key': expect.stringMatching(/^n8n-[0-9a-f]{40}-0$/) as string,
		'x-openclaw-callback-secret': expect.stringMatching(/^whsec_/) as string,
	});
	const waited = Number(node.waitsUntil()) - before;
	expect(waited).toBeGreaterThanOrEqual(86_400_000);
	expect(waited).toBeLessThan(86_500_000);
	expect((asked()?.json as IDataObject).timeoutSeconds).toBeCloseTo(86_400, -2);
});

test('shows the parameters of the tool, which n8n would write as [object Object]', async () => {
	const message = '=Run {{ $tool.name }} with {{ $tool.parameters }}?';
	const items = [{ tool: 'pay', toolParameters: { amount: 500, note: '$& 付款' } }];
	await harness({ message }, { items }).run();
	const { message: shown } = asked()?.json as IDataObject;
	expect(shown).toBe('Run pay with {\n  "amount": 500,\n  "note": "$& 付款"\n}?');
});

test('asks the chat of a session', async () => {
	await harness({ askIn: 'session', askSessionKey: 'agent:main:telegram:direct:777' }).run();
	const { sessionKey, channel } = asked()?.json as IDataObject;
	expect([sessionKey, channel]).toEqual(['agent:main:telegram:direct:777', undefined]);
});

test.each<[string, IDataObject, IDataObject]>([
	['an approval', { decision: 'approve', by: '777' }, { approved: true, by: '777' }],
	['a denial', { decision: 'deny', by: '777' }, { approved: false, by: '777' }],
	[
		'a reason, which the agent reads',
		{ decision: 'deny', reason: 'Too much' },
		{ approved: false, chatInput: 'Too much' },
	],
	['what is neither', { decision: 'perhaps' }, { approved: false }],
])('gives out %s', async (_, review, expected) => {
	const node = harness();
	await node.run();
	const { status, workflowData } = await answer(node, { id: 'rev_1', ...review });
	expect(status).toBe(200);
	expect(workflowData?.[0]?.[0]?.json).toEqual({ reviewId: 'rev_1', ...expected });
});

test('goes on waiting after the answer to another question, and after another event', async () => {
	const node = harness();
	await node.run();
	const other = await answer(node, { id: 'rev_0', decision: 'approve' });
	expect(other).toMatchObject({ status: 200, webhookResponse: { status: 'late' } });
	expect(other.workflowData).toBeUndefined();
	const run = await answer(node, { id: 'rev_1', decision: 'approve' }, 'inbound.completed');
	expect([run.status, run.workflowData]).toEqual([400, undefined]);
});

test('leaves behind what approves nothing when the time is over', async () => {
	const node = harness();
	await node.run();
	const item = node.context.getExecuteData().data.main?.[0]?.[0];
	expect(item?.json).toMatchObject({ ok: false, error: { code: 'wait-timeout' } });
	expect(item?.json.approved).toBeUndefined();
});

test.each<[string, IDataObject, Partial<NodeSetup>, string]>([
	['no message', { message: ' ' }, {}, "'Message' is empty"],
	['no channel', { askChannel: '' }, {}, "'Channel' is empty"],
	['no recipient', { askTo: '' }, {}, "'To' is empty"],
	['no session', { askIn: 'session', askSessionKey: '' }, {}, "'Session Key' is empty"],
	['approvers that are none', { approvers: ' , ' }, {}, "'Approvers' holds no ID"],
	['several calls', {}, { items: [{}, {}] }, 'More than one tool call'],
	[
		'a time beyond a week',
		{ options: { limitWaitTime: { values: { resumeAmount: 8, resumeUnit: 'days' } } } },
		{},
		'more than 7 days',
	],
])('asks nobody with %s', async (_, parameters, setup, message) => {
	const node = harness(parameters, setup);
	await expect(node.run()).rejects.toThrow(message);
	expect(gateway.requests).toHaveLength(0);
	expect(node.waitsUntil()).toBeUndefined();
});

test.each<[string, number, IDataObject, string]>([
	[
		'knows no chat of the session',
		404,
		{ code: 'no-chat', path: 'sessionKey', message: 'None' },
		"no chat of the session in 'Session Key'",
	],
	['cannot deliver', 502, { code: 'not-delivered', message: 'Gone' }, 'did not take the question'],
	['has no plugin', 404, {}, 'cannot ask a person'],
	['says nothing of a question', 202, {}, 'did not say that it asked a person'],
])('does not wait where the gateway %s', async (_, status, error, message) => {
	gateway.answerBy(() => ({ status, body: { ok: status < 400, error } }));
	const node = harness();
	await expect(node.run()).rejects.toThrow(message);
	expect(node.waitsUntil()).toBeUndefined();
});
