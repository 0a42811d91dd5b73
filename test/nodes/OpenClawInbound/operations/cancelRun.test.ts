import type { IDataObject, INodeParameters } from 'n8n-workflow';

import type { Answer } from '../../../../testbed/httpSink';
import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { createNodeHarness } from '../support/nodeHarness';

const gateway = useGatewayStandIn();
const ACCEPTED = { ok: true, runId: 'run_1', agentId: 'main', message: 'Hello' };
const HELD: Answer = { body: ACCEPTED, delayMs: 2_000 };

let canceled: AbortController;

beforeEach(() => {
	canceled = new AbortController();
});

function harness(options: IDataObject, more: INodeParameters = {}, items: IDataObject[] = [{}]) {
	return createNodeHarness({
		parameters: {
			operation: 'send',
			source: 'define',
			agent: { __rl: true, mode: 'id', value: 'main' },
			template: '{{body.text}}',
			fields: {
				mappingMode: 'defineBelow',
				value: { text: '={{ $json.text ?? "Hello" }}' },
				matchingColumns: [],
				schema: [],
			},
			options: { backoffMs: 1, waitForReply: true, replySeconds: 600, ...options },
			...more,
		},
		items,
		credential: { gatewayUrl: gateway.url, accessToken: 'ocw_4mzq0c7k2v_made-for-the-tests' },
		signal: canceled.signal,
	});
}

/** Takes messages, and cancels the execution as soon as a run is waited for. */
function cancelOnceAsked(answerCancel: () => Answer = () => ({ body: ACCEPTED })): void {
	gateway.answerBy(({ method, path }) => {
		if (path.endsWith('/cancel')) return answerCancel();
		if (method === 'POST') return { status: 202, body: ACCEPTED };
		setImmediate(() => {
			canceled.abort();
		});
		return HELD;
	});
}

const calls = () =>
	gateway.requests.map(({ method, path }) => `${method} ${path.replace('/webhooks/inbound', '')}`);

test('ends the run that a canceled execution has waited for', async () => {
	cancelOnceAsked();
	await expect(harness({ cancelRun: true }).run()).rejects.toThrow('The execution ended before');
	expect(calls()).toEqual(['POST ', 'GET /runs/run_1', 'POST /runs/run_1/cancel']);
	// The id of a run is told with the answer to the message, so that one is not held.
	expect(gateway.requests[0]?.headers.prefer).toBeUndefined();
});

test.each([{}, { cancelRun: 'false' }])('leaves the run alone with %j', async (options) => {
	cancelOnceAsked();
	await expect(harness(options).run()).rejects.toThrow('The execution ended before');
	expect(calls().filter((call) => call.endsWith('/cancel'))).toEqual([]);
});

test('ends the run that Get Run has waited for', async () => {
	cancelOnceAsked();
	const more = { operation: 'getRun', runId: 'run_1' };
	await expect(harness({ cancelRun: true }, more).run()).rejects.toThrow();
	expect(calls()).toEqual(['GET /runs/run_1', 'POST /runs/run_1/cancel']);
});

test('tries again where the gateway is busy, and is content with a run that has ended', async () => {
	const answers: Answer[] = [
		{ status: 503 },
		{ status: 424, body: { ...ACCEPTED, ok: false, error: { code: 'canceled', message: 'x' } } },
	];
	cancelOnceAsked(() => answers.shift() ?? { status: 500 });
	const node = harness({ cancelRun: true });
	const warn = jest.spyOn(node.context.logger, 'warn').mockReturnValue();
	await expect(node.run()).rejects.toThrow('The execution ended before');
	expect(answers).toEqual([]);
	expect(warn).not.toHaveBeenCalled();
});

test('says in the log what could not be canceled', async () => {
	cancelOnceAsked(() => ({ status: 404, body: { error: { code: 'unknown-run', message: 'No' } } }));
	const node = harness({ cancelRun: true });
	const warn = jest.spyOn(node.context.logger, 'warn').mockReturnValue();
	await expect(node.run()).rejects.toThrow('The execution ended before');
	expect(warn).toHaveBeenCalledWith(
		"OpenClaw Inbound could not cancel the run run_1: The gateway knows no run 'run_1'",
	);
});

test('leaves the runs of other items alone when one of them fails', async () => {
	gateway.answerBy(async ({ method, json }) => {
		const { message } = json === undefined ? { message: '' } : (json as { message: string });
		if (method === 'GET') return HELD;
		if (message !== 'Bad') return { status: 202, body: ACCEPTED };
		// The other item is waited for by then.
		while (!calls().includes('GET /runs/run_1')) await new Promise(setImmediate);
		return { status: 400, body: { error: { code: 'invalid-message', message: 'No' } } };
	});
	const items = [{ text: 'Good' }, { text: 'Bad' }];
	await expect(harness({ cancelRun: true }, {}, items).run()).rejects.toThrow('[item 1]');
	expect(calls().filter((call) => call.endsWith('/cancel'))).toEqual([]);
});

test('waits for more than five minutes, a minute at a time', async () => {
	jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'setTimeout', 'clearTimeout'] });
	gateway.answerBy(({ method, index }) => {
		if (method === 'POST') return { status: 202, body: ACCEPTED };
		// As long as the gateway would have held it.
		jest.setSystemTime(Date.now() + 50_000);
		return { body: index < 12 ? ACCEPTED : { ...ACCEPTED, reply: { text: 'After ten minutes' } } };
	});
	const [item] = await harness({ replySeconds: 3600, cancelRun: true }).run();
	jest.useRealTimers();
	expect(item?.json.reply).toBe('After ten minutes');
	expect(calls()).toHaveLength(13);
});
