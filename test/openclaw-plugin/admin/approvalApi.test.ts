import { openApprovalTable } from '../../../openclaw-plugin/src/approvals/approvalTable';
import type { ApprovalRequest } from '../../../openclaw-plugin/src/approvals/approval';
import { issueToken } from '../../../openclaw-plugin/src/tokens/tokens';
import { at } from '../../../testbed/json';
import { adminGateway, type AdminGateway } from './support/adminGateway';

let gateway: AdminGateway;

const REQUEST: ApprovalRequest = {
	agentId: 'finance',
	approval: {
		id: 'apr_1',
		rule: 'payments',
		tool: { name: 'pay', params: { amount: 200 } },
		paramsHash: 'sha256:0',
		expiresAt: '2027-01-15T08:05:00.000Z',
	},
};

beforeEach(async () => {
	gateway = await adminGateway();
	const { time, database } = gateway;
	openApprovalTable(database).insert(REQUEST, time, time + 300_000);
});

afterEach(async () => {
	await gateway.remove();
});

const errorOf = (json: unknown) => at(json, 'error', 'code');

it('lists and shows what waits', async () => {
	const list = await gateway.ask('GET', '/approvals');
	expect(list).toMatchObject({
		status: 200,
		json: {
			ok: true,
			approvals: [
				{
					id: 'apr_1',
					state: 'waiting',
					rule: 'payments',
					agentId: 'finance',
					tool: { name: 'pay', params: { amount: 200 } },
					createdAt: gateway.time,
					expiresAt: gateway.time + 300_000,
				},
			],
		},
	});
	expect(await gateway.ask('GET', '/approvals?state=allowed&limit=5')).toMatchObject({
		json: { approvals: [] },
	});
	expect(await gateway.ask('GET', '/approvals/apr_1')).toMatchObject({
		status: 200,
		json: { approval: { id: 'apr_1' } },
	});
});

it('decides once, says who has, and by which token', async () => {
	const body = { decision: 'allow', by: 'Ada', reason: 'Fine' };
	const decided = await gateway.ask('POST', '/approvals/apr_1', body);
	expect(decided).toMatchObject({
		status: 200,
		json: { ok: true, approval: { state: 'allowed', by: 'Ada', reason: 'Fine', via: 'n8n' } },
	});
	expect(gateway.log).toEqual(["a call of 'pay' was allowed (apr_1) over the API"]);
	const again = await gateway.ask('POST', '/approvals/apr_1', { decision: 'deny' });
	expect(again).toMatchObject({
		status: 409,
		json: { ok: false, approval: { state: 'allowed', by: 'Ada' } },
	});
	expect(errorOf(again.json)).toBe('already-decided');
});

it('takes a request again whose answer got lost', async () => {
	const send = async (key: string) =>
		await fetch(`${gateway.url}/approvals/apr_1`, {
			method: 'POST',
			headers: {
				authorization: `Bearer ${issueToken(gateway.database, { name: 'n8n', scopes: ['approvals'] }).token}`,
				'content-type': 'application/json',
				'idempotency-key': key,
			},
			body: JSON.stringify({ decision: 'deny' }),
		});
	const statuses = [];
	for (const key of ['a', 'a', 'b']) statuses.push((await send(key)).status);
	expect(statuses).toEqual([200, 200, 409]);
});

it.each([
	['POST', '/approvals/apr_2', { decision: 'allow' }, 404, 'unknown-approval'],
	['GET', '/approvals/apr_2', undefined, 404, 'unknown-approval'],
	['POST', '/approvals/apr_1', { decision: 'yes' }, 400, 'invalid-decision'],
	['POST', '/approvals/apr_1', { decision: 'allow', paramsHash: 'x' }, 409, 'other-parameters'],
	['GET', '/approvals?state=open', undefined, 400, 'invalid-query'],
	['GET', '/approvals?limit=501', undefined, 400, 'invalid-query'],
	['POST', '/approvals', {}, 405, 'method-not-allowed'],
	['GET', '/approvals/apr_1/more', undefined, 404, 'unknown-path'],
])('answers %s %s %j with %d', async (method, path, body, status, code) => {
	const answer = await gateway.ask(method, path, body);
	expect([answer.status, errorOf(answer.json)]).toEqual([status, code]);
	expect(await gateway.ask('GET', '/approvals/apr_1')).toMatchObject({
		json: { approval: { state: 'waiting' } },
	});
});

it('says that a call has ended for want of a decision', async () => {
	const resolution = { decision: 'deny', cause: 'expired', reason: 'Too late' } as const;
	openApprovalTable(gateway.database).resolve('apr_1', resolution, gateway.time);
	const answer = await gateway.ask('POST', '/approvals/apr_1', { decision: 'allow' });
	expect([answer.status, errorOf(answer.json)]).toEqual([410, 'approval-ended']);
});

it('needs a token with the scope, which opens nothing else', async () => {
	const tokenFor = (scope: 'approvals' | 'endpoints') =>
		issueToken(gateway.database, { name: scope, scopes: [scope] }).token;
	expect(await gateway.ask('GET', '/approvals', undefined, tokenFor('endpoints'))).toMatchObject({
		status: 403,
	});
	expect(await gateway.ask('GET', '/endpoints', undefined, tokenFor('approvals'))).toMatchObject({
		status: 403,
	});
	expect(await gateway.ask('GET', '/approvals', undefined, tokenFor('approvals'))).toMatchObject({
		status: 200,
	});
});

it('counts them for Prometheus', async () => {
	const { text } = await gateway.ask('GET', '/metrics');
	expect(text).toContain('openclaw_event_webhooks_approvals{state="waiting",cause=""} 1');
});
