import type { INodeParameters } from 'n8n-workflow';

import type { Answer } from '../../../../testbed/httpSink';
import { startLocalServer } from '../../../../testbed/localServer';
import { freePorts } from '../../../../testbed/ports';
import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { createNodeHarness, TOKEN, type NodeSetup } from '../support/nodeHarness';

const gateway = useGatewayStandIn();

function harness(options: INodeParameters = {}, more: Partial<NodeSetup> = {}) {
	return createNodeHarness({
		parameters: {
			operation: 'send',
			source: 'define',
			agent: { __rl: true, mode: 'id', value: 'main' },
			template: 'Hi {{body.n}}',
			fields: { mappingMode: 'autoMapInputData', value: null, matchingColumns: [], schema: [] },
			options: { backoffMs: 1, ...options },
		},
		...more,
		credential: { gatewayUrl: gateway.url, ...more.credential },
	});
}

/** Answers the first requests by a list, later ones with ok. */
function answerFirst(...answers: readonly Answer[]): void {
	gateway.answerBy(({ index }) => answers[index] ?? {});
}

test.each<[string, Answer]>([
	['408', { status: 408 }],
	['429', { status: 429, headers: { 'retry-after': '0' } }],
	['500', { status: 500 }],
	['503', { status: 503, body: 'starting' }],
	['a connection that breaks off', { cut: 'before-response' }],
	['half an answer', { cut: 'mid-response' }],
])('tries again after %s, with the same key', async (_, answer) => {
	answerFirst(answer, answer);
	const [item] = await harness().run();
	expect(item?.json).toMatchObject({ ok: true, attempts: 3 });
	const keys = gateway.requests.map(({ headers }) => headers['idempotency-key']);
	expect(new Set(keys).size).toBe(1);
	const bodies = gateway.requests.map(({ body }) => body.toString());
	expect(new Set(bodies).size).toBe(1);
});

test.each([400, 401, 403, 404, 405, 409, 410, 413, 422, 302])(
	'does not try again after %d',
	async (status) => {
		answerFirst({ status, headers: { location: 'http://127.0.0.1:1/elsewhere' } });
		await expect(harness().run()).rejects.toThrow('[item 0]');
		expect(gateway.requests).toHaveLength(1);
	},
);

test('gives up after the attempts that are allowed', async () => {
	gateway.answerBy(() => ({ status: 500 }));
	await expect(harness({ maxAttempts: 3 }).run()).rejects.toThrow(
		'The gateway could not process the request (HTTP 500) (3 attempts) [item 0]',
	);
	expect(gateway.requests).toHaveLength(3);
});

test('waits as long as the gateway asks for, with all items', async () => {
	answerFirst({ status: 429, headers: { 'retry-after': '1' } });
	const items = [{ n: 0 }, { n: 1 }, { n: 2 }];
	const output = await harness({ maxConcurrency: 1 }, { items }).run();
	expect(output.map(({ json }) => json.attempts)).toEqual([2, 1, 1]);
	const [first, second] = gateway.requests;
	expect((second?.receivedAt ?? 0) - (first?.receivedAt ?? 0)).toBeGreaterThanOrEqual(990);
});

test('sends nothing more once the token was refused', async () => {
	gateway.answerBy(() => ({ status: 401, body: 'Unauthorized' }));
	const items = Array.from({ length: 50 }, (_, n) => ({ n }));
	const onError = 'continueRegularOutput';
	const output = await harness({ maxConcurrency: 4 }, { items, onError }).run();
	expect(gateway.requests.length).toBeLessThanOrEqual(4);
	expect(output).toHaveLength(50);
	expect(output[49]?.json.error).toBe('The gateway did not accept the hook token [item 49]');
});

test('says that nothing listens there', async () => {
	const [port = 0] = await freePorts(1);
	const gatewayUrl = `http://127.0.0.1:${String(port)}`;
	const node = harness({ maxAttempts: 2 }, { credential: { gatewayUrl } });
	await expect(node.run()).rejects.toThrow(
		`The gateway could not be reached at ${gatewayUrl} (2 attempts) [item 0]`,
	);
});

test('says that an answer took too long', async () => {
	gateway.answerBy(() => ({ delayMs: 3000 }));
	await expect(harness({ timeout: 1, maxAttempts: 1 }).run()).rejects.toThrow(
		'The gateway did not answer in time',
	);
});

test('knows a server that is no gateway', async () => {
	answerFirst({ body: '<!doctype html><title>nginx</title>' });
	await expect(harness().run()).rejects.toThrow('is not an OpenClaw gateway [item 0]');
});

test('ends without sending when the execution is canceled during a pause', async () => {
	const canceled = new AbortController();
	gateway.answerBy(() => {
		setImmediate(() => {
			canceled.abort();
		});
		return { status: 503, headers: { 'retry-after': '60' } };
	});
	const node = harness({}, { signal: canceled.signal, items: [{ n: 1 }, { n: 2 }] });
	await expect(node.run()).rejects.toThrow('The execution ended before the gateway had answered');
	expect(gateway.requests.length).toBeLessThanOrEqual(2);
});

test('never shows the token, whatever happens', async () => {
	const answers: Answer[] = [
		{ status: 400, body: { ok: false, error: `bad ${TOKEN}` } },
		{ status: 500, body: { error: { message: TOKEN } } },
		{ status: 401, body: TOKEN },
		{ status: 302, headers: { location: `http://x/?${TOKEN}` } },
		{ cut: 'before-response' },
	];
	for (const answer of answers) {
		gateway.answerBy(() => answer);
		const thrown: unknown = await harness({ maxAttempts: 1 })
			.run()
			.catch((error: unknown) => error);
		expect(thrown).toBeInstanceOf(Error);
		const visible = JSON.stringify(thrown, seen()) + String((thrown as Error).stack);
		expect(visible).toContain('[item 0]');
		expect(visible).not.toContain(TOKEN);
	}
	const unreachable = harness(
		{ maxAttempts: 1 },
		{ credential: { gatewayUrl: 'http://127.0.0.1:1' } },
	);
	const thrown: unknown = await unreachable.run().catch((error: unknown) => error);
	expect(JSON.stringify(thrown, seen())).not.toContain(TOKEN);
});

test('sends a thousand items in order while every tenth goes wrong twice', async () => {
	const faults: Answer[] = [
		{ status: 500 },
		{ status: 429, headers: { 'retry-after': '0' } },
		{ cut: 'before-response' },
	];
	const tries = new Map<string, number>();
	gateway.answerBy(({ json }) => {
		const message = messageOf(json);
		const tried = tries.get(message) ?? 0;
		tries.set(message, tried + 1);
		const fault =
			message.endsWith('3') && tried < 2 ? faults[(message.length + tried) % 3] : undefined;
		return fault ?? { body: { ok: true, runId: message } };
	});
	const items = Array.from({ length: 1000 }, (_, n) => ({ n }));
	const output = await harness({ maxConcurrency: 20 }, { items }).run();
	const expected = items.map(({ n }) => `Hi ${String(n)}`);
	expect(output.map(({ json }) => json.runId)).toEqual(expected);
	expect(output.map(({ json }) => json.message)).toEqual(expected);
	expect(output.map(({ json }) => json.attempts)).toEqual(
		items.map(({ n }) => (n % 10 === 3 ? 3 : 1)),
	);
	const keys = new Set(gateway.requests.map(({ headers }) => headers['idempotency-key']));
	expect(keys.size).toBe(1000);
}, 60_000);

test('says that an encrypted connection was expected by one side only', async () => {
	const plain = await startLocalServer((_, response) => response.end());
	const gatewayUrl = plain.url.replace('http:', 'https:');
	const node = harness({}, { credential: { gatewayUrl } });
	await expect(node.run()).rejects.toThrow('The secure connection to https:');
	await plain.close();
});

function messageOf(json: unknown): string {
	const message = typeof json === 'object' && json !== null && 'message' in json && json.message;
	return typeof message === 'string' ? message : '';
}

/** Lets JSON.stringify pass through objects that contain themselves, hidden fields included. */
function seen(): (key: string, value: unknown) => unknown {
	const known = new WeakSet();
	return (_, value) => {
		if (typeof value !== 'object' || value === null) return value;
		if (known.has(value)) return '';
		known.add(value);
		if (!(value instanceof Error)) return value;
		const names = Object.getOwnPropertyNames(value);
		return Object.fromEntries(names.map((name) => [name, value[name as keyof Error]]));
	};
}
