import { startHttpSink, type Answer, type HttpSink } from '../../testbed/httpSink';
import { at, listAt, textAt } from '../../testbed/json';
import { byId, INBOUND_TYPE, mappedFields } from '../../testbed/n8n/openclawNodes';
import { environment } from './support/environment';
import { INBOUND, runInbound, toAgent } from './support/inboundWorkflow';

const { n8n } = environment();

let gateway: HttpSink;

beforeAll(async () => {
	gateway = await startHttpSink();
});

beforeEach(() => {
	gateway.clear();
});

afterAll(async () => {
	await gateway.stop();
});

function keys(): unknown[] {
	return gateway.requests.map(({ headers }) => headers['idempotency-key']);
}

it('sends a thousand items in order while faults are sprinkled in', async () => {
	const faults: Answer[] = [
		{ status: 503 },
		{ cut: 'before-response' },
		{ status: 429, headers: { 'retry-after': '0' } },
		{ cut: 'mid-response' },
		{ status: 500, body: '<html>' },
	];
	const tries = new Map<string, number>();
	gateway.answerBy(({ json }) => {
		const message = textAt(json, 'message');
		const tried = tries.get(message) ?? 0;
		tries.set(message, tried + 1);
		const number = Number(/\d+/.exec(message)?.[0]);
		const fault = number % 10 === 7 && tried < 2 ? faults[(number + tried) % 5] : undefined;
		return fault ?? { body: { ok: true, runId: `run of ${message}` } };
	});
	const items = Array.from({ length: 1000 }, (_, n) => ({ n }));
	const execution = await runInbound(n8n, {
		gatewayUrl: gateway.url,
		parameters: {
			...toAgent('main', 'Number {{body.n}}', { backoffMs: 5, maxConcurrency: 20 }),
			fields: mappedFields({ n: '={{ $json.n }}' }),
		},
		items,
	});

	expect(execution.errorMessage).toBe('');
	const output = execution.items(INBOUND);
	const expected = items.map(({ n }) => `Number ${String(n)}`);
	expect(output.map(({ json }) => json.message)).toEqual(expected);
	expect(output.map(({ json }) => json.runId)).toEqual(expected.map((text) => `run of ${text}`));
	expect(output.map(({ pairedItem }) => at(pairedItem, 'item'))).toEqual(items.map(({ n }) => n));
	expect(output.filter(({ json }) => json.attempts === 3)).toHaveLength(100);
	expect(new Set(keys()).size).toBe(1000);
	expect(gateway.requests).toHaveLength(1200);
});

it('comes back after the time that the gateway asks for, with the same key', async () => {
	gateway.answerBy(({ index }) =>
		index === 0
			? { status: 429, headers: { 'retry-after': '2' }, body: 'Too Many Requests' }
			: { body: { ok: true, runId: 'r' } },
	);
	const execution = await runInbound(n8n, {
		gatewayUrl: gateway.url,
		parameters: toAgent('main', 'Wait for me', { backoffMs: 1 }),
	});
	expect(execution.json(INBOUND)).toEqual([expect.objectContaining({ ok: true, attempts: 2 })]);
	const [first, second] = gateway.requests;
	expect((second?.receivedAt ?? 0) - (first?.receivedAt ?? 0)).toBeGreaterThanOrEqual(1990);
	expect(new Set(keys()).size).toBe(1);
});

it("keeps its keys when n8n's own Retry On Fail runs the node again", async () => {
	gateway.answerBy(({ index }) => (index === 1 ? { status: 400, body: 'no' } : {}));
	const execution = await runInbound(n8n, {
		gatewayUrl: gateway.url,
		parameters: toAgent('main', 'Number {{body.n}}', { maxConcurrency: 1 }),
		items: [{ n: 0 }, { n: 1 }],
		node: { retryOnFail: true },
	});
	expect(execution.status).toBe('success');
	const [first, second, again, ...rest] = keys();
	expect(again).toBe(first);
	expect(rest).toEqual([second]);
});

it('posts the fields to an endpoint of the plugin', async () => {
	gateway.answerBy(() => ({
		status: 202,
		body: { ok: true, runId: 'evt_1', agentId: 'ops', message: 'Alert: disk', missingPaths: [] },
	}));
	const execution = await runInbound(n8n, {
		gatewayUrl: gateway.url,
		parameters: {
			source: 'endpoint',
			endpoint: byId('alert'),
			fields: mappedFields({ title: '={{ $json.t }}', 'user.age': '={{ $json.age + 1 }}' }),
		},
		items: [{ t: { nested: [true] }, age: 6 }],
	});
	expect(gateway.requests[0]).toMatchObject({
		method: 'POST',
		path: '/webhooks/inbound/alert',
		json: { title: { nested: [true] }, user: { age: 7 } },
	});
	expect(execution.json(INBOUND)).toEqual([
		expect.objectContaining({ runId: 'evt_1', agentId: 'ops', message: 'Alert: disk' }),
	]);
});

it('is there as a tool for AI agents', async () => {
	const types = await n8n.request('GET', '/types/nodes.json');
	const names = listAt({ types }, 'types').map((type) => textAt(type, 'name'));
	expect(names).toContain(INBOUND_TYPE);
	expect(names).toContain(`${INBOUND_TYPE}Tool`);
});
