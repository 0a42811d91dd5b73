import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { createNodeHarness, TOKEN, type NodeSetup } from '../support/nodeHarness';

const gateway = useGatewayStandIn();
const APPROVAL = {
	id: 'apr_1',
	state: 'denied',
	rule: 'payments',
	tool: { name: 'pay', params: { amount: 200 } },
	agentId: 'finance',
	by: 'Ada',
	reason: 'Too much',
};

function harness(
	parameters: INodeParameters,
	options: IDataObject = {},
	more: Partial<NodeSetup> = {},
) {
	return createNodeHarness({
		parameters: {
			operation: 'decide',
			approvalId: 'apr_1',
			decision: 'deny',
			options: { backoffMs: 1, ...options },
			...parameters,
		},
		credential: { gatewayUrl: gateway.url, accessToken: TOKEN },
		...more,
	});
}

function refuse(status: number, code: string, approval?: object) {
	const error = { code, message: 'as it is' };
	gateway.answerBy(() => ({ status, body: { ok: false, approval, error } }));
}

test('decides on a call, and gives out what it was', async () => {
	gateway.answerBy(() => ({ body: { ok: true, approval: APPROVAL } }));
	const [item] = await harness({}, { by: 'Ada', reason: 'Too much' }).run();
	expect(gateway.requests[0]).toMatchObject({
		method: 'POST',
		path: '/plugins/event-webhooks/api/approvals/apr_1',
		json: { decision: 'deny', by: 'Ada', reason: 'Too much' },
		headers: { 'idempotency-key': expect.any(String) as string },
	});
	expect(item).toEqual({
		json: {
			ok: true,
			approvalId: 'apr_1',
			decision: 'deny',
			tool: 'pay',
			rule: 'payments',
			agentId: 'finance',
			by: 'Ada',
			reason: 'Too much',
			attempts: 1,
			durationMs: expect.any(Number) as number,
		},
		pairedItem: { item: 0 },
	});
});

test('takes both from the item, whatever the ID is made of', async () => {
	gateway.answerBy(() => ({ body: { ok: true, approval: {} } }));
	const [item] = await harness(
		{ approvalId: '={{ $json.id }}', decision: '={{ $json.answer }}' },
		{},
		{ items: [{ id: 'a/b', answer: 'allow' }] },
	).run();
	expect(gateway.requests[0]).toMatchObject({
		path: '/plugins/event-webhooks/api/approvals/a%2Fb',
		json: { decision: 'allow' },
	});
	expect(item?.json).toMatchObject({ ok: true, approvalId: 'a/b', decision: 'allow' });
});

test('repeats a decision whose answer got lost under the same key', async () => {
	let count = 0;
	gateway.answerBy(() => {
		count += 1;
		return count === 1 ? { status: 503, body: {} } : { body: { ok: true, approval: APPROVAL } };
	});
	await expect(harness({}).run()).resolves.toMatchObject([{ json: { attempts: 2 } }]);
	const keys = gateway.requests.map(({ headers }) => headers['idempotency-key']);
	expect(new Set(keys).size).toBe(1);
});

test.each([
	[{ approvalId: '' }, "'Approval ID' is empty"],
	[{ decision: 'approve' }, "'Decision' is neither 'allow' nor 'deny'"],
])('decides nothing where it is not clear what: %j', async (parameters, message) => {
	await expect(harness(parameters).run()).rejects.toMatchObject({ message: `${message} [item 0]` });
	expect(gateway.requests).toEqual([]);
});

test.each<[number, string, object | undefined, string]>([
	[404, 'unknown-approval', undefined, "The gateway knows no approval 'apr_1'"],
	[
		409,
		'already-decided',
		{ state: 'allowed', by: 'Bob' },
		'The tool call was decided on before: it was allowed by Bob',
	],
	[
		409,
		'already-decided',
		{ state: 'denied' },
		'The tool call was decided on before: it was denied',
	],
	[
		410,
		'approval-ended',
		{ state: 'denied', cause: 'expired' },
		'The tool call does not wait any more: nobody has decided in time',
	],
	[
		410,
		'approval-ended',
		{ state: 'denied', cause: 'something new' },
		'The tool call does not wait any more',
	],
	[400, 'invalid-decision', undefined, 'The gateway did not accept the decision'],
	[403, 'wrong-scope', undefined, 'The access token is not for this'],
	[404, '', undefined, 'The gateway at {base} takes no decisions'],
])('says why a decision does not count: %d %s %j', async (status, code, approval, message) => {
	refuse(status, code, approval);
	await expect(harness({}).run()).rejects.toMatchObject({
		message: `${message.replace('{base}', gateway.url)} [item 0]`,
	});
	expect(gateway.requests).toHaveLength(1);
});

test('goes on with the error of one item where it is to', async () => {
	let count = 0;
	gateway.answerBy(() => {
		count += 1;
		if (count > 1) return { body: { ok: true, approval: APPROVAL } };
		const error = { code: 'already-decided', message: 'as it is' };
		return { status: 409, body: { ok: false, approval: { state: 'allowed', by: 'Bob' }, error } };
	});
	const items = await harness(
		{},
		{ maxConcurrency: 1 },
		{ items: [{}, {}], onError: 'continueRegularOutput' },
	).run();
	expect(items.map(({ json }) => json)).toEqual([
		{ error: 'The tool call was decided on before: it was allowed by Bob [item 0]' },
		expect.objectContaining({ ok: true }),
	]);
});
