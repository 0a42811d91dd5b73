import type { INodeExecutionData, IRunExecutionData, ITriggerResponse } from 'n8n-workflow';
import { createRunExecutionData } from 'n8n-workflow';
import { waitFor } from '../../../../testbed/waitFor';
import { installDeduplicator, type MemoryDeduplicator } from '../../../support/coreHarness';
import { FetchStandIn } from '../../support/fetchStandIn';
import { event, open as openWorkflow, TRIGGER, type TriggerSetup } from '../support/triggerHarness';

let deduplicator: MemoryDeduplicator;
let gateway: FetchStandIn;
let closing: ITriggerResponse[];

beforeAll(async () => {
	deduplicator = await installDeduplicator();
});

beforeEach(async () => {
	gateway = new FetchStandIn();
	closing = [];
	await gateway.start();
});

afterEach(async () => {
	for (const { closeFunction } of closing) await closeFunction?.();
	await gateway.stop();
});

/** A workflow with a connection; `options` are those of the node. */
function open(options: object = {}, parameters: TriggerSetup['parameters'] = {}) {
	const opened = openWorkflow({
		parameters: { endpointSetup: 'connection', options: { ...options }, ...parameters },
	});
	opened.credentials[opened.id] = { gatewayUrl: gateway.url, accessToken: 'ocw_test' };
	return opened;
}

type Opened = ReturnType<typeof open>;

async function publish(
	{ harness }: Opened,
	...args: [mode?: 'activate' | 'update' | 'init', hasKeys?: boolean]
): Promise<ITriggerResponse> {
	const response = await harness.trigger(TRIGGER, ...args);
	closing.push(response);
	return response;
}

/** Ids of the events that got to the node behind the trigger. */
function arrived({ harness }: Opened): readonly unknown[] {
	return [...harness.executions.values()].flatMap(({ run }) =>
		(run?.data.resultData.runData.A ?? []).flatMap((task) =>
			(task.data?.main?.[0] ?? []).map(({ json }) => json.id),
		),
	);
}

/** Holds executions back until they are let go. */
function holdRuns({ harness }: Opened) {
	const running: { items: readonly INodeExecutionData[]; end: () => void }[] = [];
	harness.beforeRun = async (items) => {
		await new Promise<void>((end) => running.push({ items, end }));
		return undefined;
	};
	return running;
}

const session = (sessionKey: string) => event({ data: { agentId: 'main', sessionKey } });
const ended = (error?: Error): IRunExecutionData => {
	const data = createRunExecutionData({ resultData: { runData: { Trigger: [] } } });
	data.resultData.runData = { Trigger: [] };
	if (error) data.resultData.error = error as never;
	return data;
};

describe('a connection', () => {
	test('registers its endpoint, runs each event to its end, and says so', async () => {
		const opened = open({ holdHours: 5 }, { filters: { agentIds: 'ma*', toolNames: '!x' } });
		const sent = event();
		gateway.push(sent);
		await publish(opened);
		const [delivery] = await gateway.settledAs('done', 1);
		expect(gateway.registrations).toEqual([
			{
				kind: 'connection',
				events: ['*'],
				filter: { agentIds: ['ma*'], toolNames: ['!x'] },
				secret: expect.stringMatching(/^whsec_/) as string,
				overlapHours: 0,
				holdHours: 5,
				from: 'new',
				registrant: expect.stringMatching(/^n8n:/) as string,
				consumer: gateway.consumers[0]?.consumer,
				replaces: [],
			},
		]);
		expect(arrived(opened)).toEqual([sent.id]);
		const [execution] = opened.harness.executions.values();
		const item = execution?.run?.data.resultData.runData.A?.[0]?.data?.main?.[0]?.[0]?.json;
		expect(item).toMatchObject({ ...sent, meta: { delivery, attempt: 1, keyIndex: 0 } });
		expect(item).not.toHaveProperty('openClawTrigger:run');
	});

	test.each([
		['activate', 'new'],
		['update', 'waiting'],
		['init', 'waiting'],
	] as const)('begins after %s with what is %s', async (mode, from) => {
		await publish(open(), mode);
		await waitFor('the registration', () => gateway.registrations.length > 0);
		expect(gateway.registrations).toMatchObject([{ from }]);
	});

	test('settles other events while the files of one are fetched', async () => {
		let release: () => void = () => undefined;
		gateway.filesReady = new Promise((resolve) => {
			release = resolve;
		});
		const withFile = event({ data: { message: { attachments: [{ index: 0, kind: 'image' }] } } });
		const slow = gateway.push(withFile);
		const quick = gateway.push(event());
		const opened = open({ includeAttachments: true });
		await publish(opened);
		await gateway.settledAs('done', 1);
		expect(gateway.outcomes('done')).toEqual([quick]);
		release();
		expect(await gateway.settledAs('done', 2)).toEqual([quick, slow]);
		expect(arrived(opened)).toContain(withFile.id);
	});

	test('tells what is filtered, runs nothing of it', async () => {
		const opened = open({}, { events: ['tool.called'], filters: { agentIds: 'main' } });
		gateway.push(event());
		gateway.push(event({ type: 'tool.called', data: { agentId: 'other' } }));
		await publish(opened);
		await gateway.settledAs('filtered', 2);
		expect(opened.harness.executions.size).toBe(0);
	});

	test('runs nothing that is forged', async () => {
		const opened = open();
		gateway.push(event(), { signature: `sha256=${'0'.repeat(64)}` });
		await publish(opened);
		await gateway.settledAs('failed', 1);
		expect(gateway.settled).toContainEqual(
			expect.objectContaining({ outcome: 'failed', reason: 'signature-mismatch' }),
		);
		expect(opened.harness.executions.size).toBe(0);
		expect(JSON.stringify(opened.harness.logged)).not.toMatch(/sha256|whsec/);
	});

	test('runs nothing twice that is handed out again by the same attempt', async () => {
		const opened = open();
		const sent = event();
		gateway.push(sent, { delivery: 'dlv_9' });
		await publish(opened);
		await gateway.settledAs('done', 1);
		gateway.push(sent, { delivery: 'dlv_9' });
		await gateway.settledAs('done', 2);
		expect(arrived(opened)).toEqual([sent.id]);
	});

	test('runs nothing twice whose end the gateway has not heard of', async () => {
		const opened = open();
		const sent = event();
		gateway.push(sent, { delivery: 'dlv_9' });
		await publish(opened);
		await gateway.settledAs('done', 1);
		gateway.push(sent, { delivery: 'dlv_9', attempt: 2 });
		await gateway.settledAs('done', 2);
		expect(arrived(opened)).toEqual([sent.id]);
	});

	test('runs nothing twice that somebody hands out once more under another number', async () => {
		const opened = open();
		const running = holdRuns(opened);
		const sent = event();
		gateway.push(sent, { delivery: 'dlv_9' });
		gateway.push(sent, { delivery: 'dlv_10' });
		await publish(opened);
		expect(await gateway.settledAs('done', 1)).toEqual(['dlv_10']);
		await waitFor('the execution', () => running.length === 1);
		running[0]?.end();
		await gateway.settledAs('done', 2);
		gateway.push(sent, { delivery: 'dlv_11' });
		await gateway.settledAs('done', 3);
		expect(running).toHaveLength(1);
		expect(arrived(opened)).toEqual([sent.id]);
	});

	test('runs another event by the same number: a gateway may have lost its data', async () => {
		const opened = open();
		const events = [event(), event()];
		await publish(opened);
		for (const [index, each] of events.entries()) {
			gateway.push(each, { delivery: 'dlv_1' });
			await gateway.settledAs('done', index + 1);
		}
		expect(arrived(opened)).toEqual(events.map(({ id }) => id));
	});

	test('registers again when the gateway has lost its endpoint', async () => {
		const opened = open();
		await publish(opened);
		gateway.registered = undefined;
		await waitFor('the endpoint to be there again', () => gateway.registrations.length === 2);
		expect(gateway.registrations[1]).toMatchObject({ from: 'waiting' });
		gateway.push(event());
		await gateway.settledAs('done', 1);
	}, 60_000);

	test('is refused at publishing with the gateway’s reason, and not when n8n starts', async () => {
		gateway.refusal = { status: 403, code: 'wrong-scope' };
		await expect(open().harness.trigger(TRIGGER, 'activate')).rejects.toThrow(
			'The access token may not',
		);
		const opened = open();
		await publish(opened, 'init');
		await waitFor('the log', () => opened.harness.logged.length > 0);
		expect(opened.harness.logged[0]?.message).toContain('The access token may not');
		gateway.refusal = undefined;
		gateway.push(event());
		await gateway.settledAs('done', 1);
	});

	test('says which other n8n has the events, and takes over when it has gone', async () => {
		const more = { since: Date.parse('2026-03-14T10:30:00Z'), address: '10.0.0.7' };
		gateway.refusal = { status: 409, code: 'another-consumer', more };
		const opened = open();
		await publish(opened, 'init');
		await waitFor('the log', () => opened.harness.logged.length > 0);
		expect(opened.harness.logged[0]?.message).toMatch(/Another n8n.*from 10\.0\.0\.7, since 2026/);
		await expect(open().harness.trigger(TRIGGER, 'activate')).rejects.toThrow('Another n8n');
		gateway.refusal = undefined;
		gateway.push(event());
		await gateway.settledAs('done', 1);
	});

	test('is known to the gateway again after an answer that may have been lost', async () => {
		const opened = open();
		await publish(opened);
		await waitFor('the first question', () => gateway.consumers.length > 0);
		gateway.isAway = true;
		gateway.push(event());
		await waitFor('the loss', () => gateway.requests.length > gateway.consumers.length + 2);
		gateway.isAway = false;
		await gateway.settledAs('done', 1);
		const [first, ...later] = gateway.consumers;
		const next = later.find(({ consumer }) => consumer !== first?.consumer);
		expect(next?.replaces).toContain(first?.consumer);
		const confirmed = later.at(-1);
		if (confirmed !== next) expect(confirmed?.replaces).toEqual([]);
	});

	test('is known to the gateway when another version of the workflow is published', async () => {
		const opened = open();
		const { closeFunction } = await publish(opened);
		await waitFor('the first question', () => gateway.consumers.length > 0);
		await closeFunction?.();
		const before = gateway.consumers.length;
		await publish(opened, 'update');
		const [first] = gateway.consumers;
		const next = gateway.consumers[before];
		expect(
			next?.consumer === first?.consumer || next?.replaces.includes(first?.consumer ?? ''),
		).toBe(true);
	});

	test('gets what was on its way when another version was published, while an earlier event runs', async () => {
		const opened = open();
		const running = holdRuns(opened);
		const first = gateway.push(event());
		const { closeFunction } = await publish(opened);
		await waitFor('the first event to run', () => running.length === 1);
		await waitFor('the next question', () => gateway.openRequests.length === 1);
		const { consumer } = gateway.consumers.at(-1) ?? {};
		await closeFunction?.();
		const onItsWay = gateway.push(event(), { consumer });
		await publish(opened, 'update');
		await waitFor('the second event to run', () => running.length === 2);
		for (const { end } of running) end();
		expect([...(await gateway.settledAs('done', 2))].sort()).toEqual([first, onItsWay]);
	});

	test('refuses expressions that would read the event', async () => {
		const filters = { agentIds: '={{ $json.body.data.agentId }}' };
		await expect(open({}, { filters }).harness.trigger(TRIGGER)).rejects.toThrow(
			"An expression in 'Filters' reads the event",
		);
	});

	test('does nothing for a webhook', async () => {
		expect(await open({}, { endpointSetup: 'manual' }).harness.trigger(TRIGGER)).toEqual({});
		expect(gateway.requests).toEqual([]);
	});
});

describe('the end of a version of the workflow', () => {
	test('gives back what waits, and settles what runs', async () => {
		const opened = open({ maxParallel: 1 });
		const running = holdRuns(opened);
		const deliveries = [gateway.push(event()), gateway.push(event())];
		const { closeFunction } = await publish(opened);
		await waitFor('the first to run', () => running.length === 1);
		await closeFunction?.();
		expect(gateway.outcomes('released')).toEqual([deliveries[1]]);
		expect(gateway.outcomes('done')).toEqual([]);
		running[0]?.end();
		expect(await gateway.settledAs('done', 1)).toEqual([deliveries[0]]);
	});

	test('and the next one share what runs: nothing is lost, nothing runs twice', async () => {
		const opened = open({ maxParallel: 1 });
		const running = holdRuns(opened);
		const events = [event(), event(), event()];
		for (const each of events) gateway.push(each);
		const { closeFunction } = await publish(opened);
		await waitFor('the first to run', () => running.length === 1);
		await closeFunction?.();
		await publish(opened, 'update');
		for (const count of [1, 2, 3]) {
			await waitFor('one more to run', () => running.length === count);
			running[count - 1]?.end();
		}
		await gateway.settledAs('done', 3);
		expect([...arrived(opened)].sort()).toEqual(events.map(({ id }) => id).sort());
	});
});

describe('an event whose workflow ends with an error', () => {
	test.each([
		['acknowledge', 'done'],
		['retry', 'failed'],
	])('is told by %s as %s', async (onWorkflowError, outcome) => {
		const opened = open({ onWorkflowError });
		opened.failing.add('A');
		gateway.push(event());
		await publish(opened);
		await gateway.settledAs(outcome, 1);
		if (outcome === 'failed') {
			opened.failing.clear();
			await gateway.settledAs('done', 1);
			expect(arrived(opened)).toHaveLength(1);
		}
	});
});

/** What n8n tells, and saves, of an execution whose worker has gone. */
const lost = (): IRunExecutionData => {
	const data = createRunExecutionData({ resultData: { runData: {} } });
	data.resultData.error = new Error('This execution failed to be processed') as never;
	return data;
};

test('an event whose worker has gone is no event whose workflow has failed: it runs again', async () => {
	const opened = open();
	opened.harness.beforeRun = async () => {
		opened.harness.beforeRun = () => Promise.resolve(undefined);
		const startedAt = new Date();
		const run = { data: lost(), mode: 'trigger', startedAt, status: 'error' } as const;
		return await Promise.resolve({ ...run, storedAt: 'db' as const });
	};
	const delivery = gateway.push(event());
	await publish(opened);
	expect(await gateway.settledAs('failed', 1)).toEqual([delivery]);
	expect(await gateway.settledAs('done', 1)).toEqual([delivery]);
	expect(arrived(opened)).toHaveLength(1);
});

describe('an event that n8n does not start', () => {
	/** n8n has an execution with the next key already. */
	const takeKey = ({ harness: { executions } }: Opened) => {
		executions.has = () => {
			Reflect.deleteProperty(executions, 'has');
			return true;
		};
	};

	test('is another attempt: nobody knows whether the execution under its key has ended', async () => {
		const opened = open();
		takeKey(opened);
		const sent = event();
		const delivery = gateway.push(sent);
		await publish(opened);
		expect(await gateway.settledAs('failed', 1)).toEqual([delivery]);
		expect(await gateway.settledAs('done', 1)).toEqual([delivery]);
		expect(arrived(opened)).toEqual([sent.id]);
	});

	test('has been started where it is to be started once', async () => {
		const opened = open({ onCrash: 'skip' });
		takeKey(opened);
		const delivery = gateway.push(event());
		await publish(opened);
		expect(await gateway.settledAs('done', 1)).toEqual([delivery]);
		expect(arrived(opened)).toEqual([]);
	});
});

describe('an event whose execution was canceled', () => {
	test.each<[string, string, object, string]>([
		['by hand', 'The execution was cancelled manually', {}, 'done'],
		['by hand', 'The execution was cancelled manually', { onWorkflowError: 'retry' }, 'done'],
		['as it took too long', 'The execution was cancelled because it timed out', {}, 'done'],
		[
			'as it took too long',
			'The execution was cancelled because it timed out',
			{ onWorkflowError: 'retry' },
			'failed',
		],
		[
			'as n8n shut down',
			'The execution was cancelled because the system is shutting down',
			{},
			'failed',
		],
		[
			'as n8n shut down',
			'The execution was cancelled because the system is shutting down',
			{ onCrash: 'skip' },
			'done',
		],
	])('%s is told as what that means: %s, %j', async (_how, message, options, outcome) => {
		const opened = open(options);
		opened.harness.beforeRun = async () => await Promise.reject(new Error(message));
		const delivery = gateway.push(event());
		await publish(opened);
		expect(await gateway.settledAs(outcome, 1)).toEqual([delivery]);
	});
});

test('an event whose end a worker has told makes room for the next', async () => {
	const opened = open({ maxParallel: 1 });
	const running = holdRuns(opened);
	const first = gateway.push(event());
	const second = gateway.push(event());
	await publish(opened);
	await waitFor('the first to run', () => running.length === 1);
	gateway.endElsewhere(first);
	await waitFor('the second to run', () => running.length === 2);
	running[1]?.end();
	expect(await gateway.settledAs('done', 1)).toEqual([second]);
});

describe('an event that an earlier life of n8n has begun', () => {
	const crashed = Object.assign(new Error('Crashed'), { name: 'WorkflowCrashedError' });
	const cut = (): IRunExecutionData => {
		const data = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node: {} as never, data: {}, source: null }] },
		});
		return data;
	};

	test.each<[string, object, IRunExecutionData | undefined, boolean]>([
		['ended well', {}, ended(), false],
		['ended with an error', {}, ended(new Error('x')), false],
		['ended with an error', { onWorkflowError: 'retry' }, ended(new Error('x')), true],
		['crashed', {}, ended(crashed), true],
		['was cut off', {}, cut(), true],
		['has lost its worker', {}, lost(), true],
		['is not known any more', {}, undefined, true],
		['crashed', { onCrash: 'skip' }, ended(crashed), false],
		['was cut off', { onCrash: 'skip' }, cut(), false],
		['failed', { onCrash: 'skip', onWorkflowError: 'retry' }, ended(new Error('x')), true],
	])('and that %s, with %j', async (_what, options, saved, runs) => {
		const opened = open(options);
		if (saved !== undefined) opened.harness.savedRuns.set('4711', saved);
		gateway.push(event(), { attempt: 2, previousRun: '4711' });
		await publish(opened, 'init');
		await gateway.settledAs('done', 1);
		expect(arrived(opened)).toHaveLength(runs ? 1 : 0);
	});
});

describe('where n8n has no keys for executions', () => {
	test('its deduplication tells what has run', async () => {
		const opened = open();
		const before = deduplicator.calls;
		const sent = event();
		gateway.push(sent);
		await publish(opened, 'activate', false);
		await gateway.settledAs('done', 1);
		expect(arrived(opened)).toEqual([sent.id]);
		expect(deduplicator.calls).toBe(before + 1);
	});
});

describe('the order of events', () => {
	const idsOf = (running: readonly { items: readonly INodeExecutionData[] }[]) =>
		running.map(({ items }) => items.map(({ json }) => json.id));

	test('parallel: as many as may run, started in order', async () => {
		const opened = open({ maxParallel: 2 });
		const running = holdRuns(opened);
		const events = [event(), event(), event()];
		for (const each of events) gateway.push(each);
		await publish(opened);
		await waitFor('two to run', () => running.length === 2);
		expect(idsOf(running)).toEqual([[events[0]?.id], [events[1]?.id]]);
		running[1]?.end();
		await waitFor('the third to run', () => running.length === 3);
		running.forEach(({ end }) => {
			end();
		});
		await gateway.settledAs('done', 3);
	});

	test('keeps its place with an open request while it can take nothing more', async () => {
		const opened = open({ maxParallel: 16 });
		const running = holdRuns(opened);
		for (let count = 0; count < 64; count += 1) gateway.push(event());
		await publish(opened);
		await waitFor('a request for nothing', () => gateway.openRequests.includes(0));
		expect(gateway.openRequests).toEqual([0]);
		const endNext = async (started: number) => {
			await waitFor('as many as may to run', () => running.length === started);
			for (const { end } of running.slice(started - 16)) end();
		};
		await endNext(16);
		await endNext(32);
		await waitFor('a request for more', () => gateway.openRequests.some((max) => max > 0));
		await endNext(48);
		await endNext(64);
		await gateway.settledAs('done', 64);
	});

	test('session: one at a time for each, sessions in parallel', async () => {
		const opened = open({ order: 'session' });
		const running = holdRuns(opened);
		const [a1, a2, b1] = [session('a'), session('a'), session('b')];
		for (const each of [a1, a2, b1]) gateway.push(each);
		await publish(opened);
		await waitFor('one of each to run', () => running.length === 2);
		expect(idsOf(running)).toEqual([[a1.id], [b1.id]]);
		running[0]?.end();
		await waitFor('the next of the first session', () => running.length === 3);
		expect(idsOf(running)[2]).toEqual([a2.id]);
		running.forEach(({ end }) => {
			end();
		});
		await gateway.settledAs('done', 3);
	});

	test('sequential: one at a time', async () => {
		const opened = open({ order: 'sequential', maxParallel: 8 });
		const events = Array.from({ length: 5 }, () => event());
		for (const each of events) gateway.push(each);
		await publish(opened);
		await gateway.settledAs('done', 5);
		expect(arrived(opened)).toEqual(events.map(({ id }) => id));
	});

	test('several items per execution come together, each by its output', async () => {
		const opened = open(
			{ itemsPerExecution: 3, batchSeconds: 0.2 },
			{ events: ['message.sent', 'tool.called'], outputMode: 'perEvent' },
		);
		const events = [event(), event({ type: 'tool.called' }), event(), event()];
		for (const each of events) gateway.push(each);
		await publish(opened);
		await gateway.settledAs('done', 4);
		expect(opened.harness.executions.size).toBe(2);
		const [first] = opened.harness.executions.values();
		const main = first?.run?.data.resultData.runData[TRIGGER]?.[0]?.data?.main;
		expect(main?.map((items) => items?.map(({ json }) => json.id))).toEqual([
			[events[0]?.id, events[2]?.id],
			[events[1]?.id],
		]);
	});
});

describe('Execute step', () => {
	const step = async ({ harness }: Opened) =>
		await harness.outputs(TRIGGER, [[{ json: {} }]], 'manual');

	test('takes the next event, at an endpoint of its own that ends with it', async () => {
		const sent = event();
		gateway.push(sent);
		const opened = open();
		expect((await step(opened)).A).toEqual([expect.objectContaining({ id: sent.id })]);
		expect(gateway.registrations).toMatchObject([{ from: 'new', leaseSeconds: 180 }]);
		expect(gateway.removed).toEqual([expect.stringMatching(/-test$/)]);
	});

	test('says why it can fetch nothing', async () => {
		gateway.refusal = { status: 401, code: 'unauthorized' };
		const run = await open().harness.run(TRIGGER, [[{ json: {} }]], 'manual');
		const [task] = run.data.resultData.runData[TRIGGER] ?? [];
		expect(task?.error?.message).toBe('The gateway did not accept the access token');
	});
});
