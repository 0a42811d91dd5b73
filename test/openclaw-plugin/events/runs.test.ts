import { calls, CHAT } from './support/calls';
import { startEventHarness, type EventHarness } from './support/eventHarness';

let harness: EventHarness;

beforeEach(async () => {
	harness = await startEventHarness();
});

afterEach(() => {
	expect(harness.complaints).toEqual([]);
	harness.close();
});

const call = (...all: Array<Parameters<EventHarness['call']>[0]>) => {
	for (const one of all) harness.call(one);
};
const errors = () =>
	harness.events.filter(({ type }) => type === 'error.occurred').map(({ data }) => data);

describe('a run that fails', () => {
	const failed = { phase: 'error', error: 'LLM request failed', aborted: false };

	it('is one error, however often the model was tried', () => {
		for (let attempt = 0; attempt < 8; attempt += 1) call(calls.modelFailure('run-1'));
		call(calls.runEnd('run-1', { ...failed, executionSettled: false }));
		expect(errors()).toEqual([]);
		call(calls.runEnd('run-1', failed), calls.runEnd('run-1', failed));

		expect(errors()).toMatchObject([
			{
				agentId: 'main',
				sessionKey: CHAT,
				runId: 'run-1',
				error: { message: 'model-1 is down', code: 'down', source: 'model' },
				model: 'model-1',
			},
		]);
	});

	it('is an error of the run when no model failed', () => {
		call(calls.runEnd('run-1', { ...failed, errorObservation: { failoverReason: 'auth' } }));

		expect(errors()).toMatchObject([
			{ error: { message: 'LLM request failed', code: 'auth', source: 'run' } },
		]);
	});

	it('is an error of the model without the permission to read conversations', () => {
		const event = { runId: 'run-1', model: 'model-1', outcome: 'error', failureKind: 'timeout' };
		call({ hook: 'model_call_ended', event, context: {} }, calls.runEnd('run-1', failed));

		expect(errors()).toMatchObject([
			{ error: { message: 'The model call failed', code: 'timeout', source: 'model' } },
		]);
	});

	it('has a text although the gateway gives none', () => {
		call(calls.runEnd('run-1', { phase: 'error' }));

		expect(errors()).toMatchObject([{ error: { message: 'The run failed', source: 'run' } }]);
	});

	it.each(['end', 'error'])('may have run out of time (%s)', (phase) => {
		call(calls.runEnd('run-1', { phase, aborted: true, stopReason: 'timeout' }));

		expect(errors()).toMatchObject([{ error: { code: 'timeout', source: 'run' } }]);
	});
});

it.each(['aborted', 'rpc', 'superseded', 'restart'])(
	'a run that was stopped is no error (%s)',
	(stopReason) => {
		call(calls.modelFailure('run-1'));
		call(calls.runEnd('run-1', { phase: 'error', error: 'aborted', aborted: true, stopReason }));
		harness.advance(60_000);

		expect(errors()).toEqual([]);
	},
);

it('models that failed in a run that went well are errors, each once', () => {
	call(calls.modelFailure('run-1'), calls.modelFailure('run-1'));
	call(calls.modelFailure('run-1', 'model-2'), calls.modelOutput('run-1', 'Hi'));
	expect(errors()).toEqual([]);
	call(calls.runEnd('run-1'));

	expect(errors()).toMatchObject([
		{ error: { message: 'model-1 is down', source: 'model' }, model: 'model-1', recovered: true },
		{ error: { message: 'model-2 is down', source: 'model' }, model: 'model-2', recovered: true },
	]);
});

it('the last failure counts when several models failed', () => {
	call(calls.modelFailure('run-1'), calls.modelFailure('run-1', 'model-2'));
	call(calls.modelFailure('run-1'));
	call(calls.runEnd('run-1', { phase: 'error' }));

	expect(errors()).toMatchObject([{ error: { message: 'model-1 is down' } }]);
});

describe('a scheduled reply that is not delivered', () => {
	const key = 'agent:main:cron:job:run:1';
	const undelivered = {
		hook: 'cron_changed',
		event: {
			action: 'finished',
			agentId: 'main',
			sessionKey: key,
			runId: 'manual:1',
			deliveryStatus: 'not-delivered',
			deliveryError: 'requires target',
		},
		context: {},
	};

	it('is an error of the run, once', () => {
		call(calls.runStart('run-1', key), calls.runEnd('run-1', {}, key), undelivered);

		expect(errors()).toMatchObject([
			{
				runId: 'run-1',
				sessionKey: key,
				error: { message: 'requires target', source: 'delivery' },
			},
		]);
	});

	it('is an error although the run is not known', () => {
		call(undelivered);

		expect(errors()).toEqual([
			{
				agentId: 'main',
				sessionKey: key,
				error: { message: 'requires target', source: 'delivery' },
			},
		]);
	});

	it.each([
		{ action: 'started' },
		{ deliveryStatus: 'delivered' },
		{ deliveryStatus: 'not-requested' },
		{ deliveryError: undefined },
	])('is nothing else that the scheduler tells: %j', (fields) => {
		call({ ...undelivered, event: { ...undelivered.event, ...fields } });

		expect(harness.events).toEqual([]);
	});
});

describe('the API', () => {
	const request = (runId: string) => ({
		hook: 'llm_input',
		event: { runId, prompt: '[Fri 2026-11-27 14:24 UTC] Hello\n[Fri] you' },
		context: {
			runId,
			sessionKey: 'agent:main:openai-user:u1',
			trigger: 'user',
			channel: 'webchat',
			channelId: 'webchat',
			chatId: 'webchat',
		},
	});
	const received = () => harness.events.filter(({ type }) => type === 'message.received');

	it.each(['chatcmpl_1', 'resp_1'])('asks with a message.received: %s', (runId) => {
		call(request(runId), request(runId));

		expect(received()).toMatchObject([
			{
				data: { runId, channel: 'webchat', message: { role: 'user', content: 'Hello\n[Fri] you' } },
			},
		]);
	});

	it('is not what starts other runs', () => {
		call(request('run-1'));

		expect(received()).toEqual([]);
	});
});
