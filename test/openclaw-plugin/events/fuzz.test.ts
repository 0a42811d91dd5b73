import fc from 'fast-check';
import { startEventHarness, type EventHarness } from './support/eventHarness';
import { recording, SCENARIOS, type HookCall } from './support/recordings';

const HOOKS = [
	'message_received',
	'message_sent',
	'session_start',
	'session_end',
	'before_tool_call',
	'after_tool_call',
	'subagent_spawned',
	'subagent_ended',
	'llm_input',
	'llm_output',
	'model_call_ended',
	'cron_changed',
	'gateway_stop',
	'lifecycle',
	'transcript',
];

const TYPES = new Set([
	'message.received',
	'message.sent',
	'session.created',
	'session.ended',
	'tool.called',
	'tool.completed',
	'error.occurred',
]);

let harness: EventHarness;

beforeEach(async () => {
	harness = await startEventHarness();
});

afterEach(() => {
	harness.close();
});

const allCalls: readonly HookCall[] = SCENARIOS.flatMap((name) => recording(name));

/** Anything in the place of one of a payload's values. */
const damaged = fc
	.tuple(fc.constantFrom(...allCalls), fc.anything(), fc.nat())
	.map(([call, value, place]) => {
		const copy = structuredClone(call);
		const holders: Array<Record<string, unknown>> = [];
		const collect = (part: unknown) => {
			if (typeof part !== 'object' || part === null) return;
			holders.push(part as Record<string, unknown>);
			Object.values(part).forEach(collect);
		};
		collect({ event: copy.event, context: copy.context });
		const holder = holders[place % holders.length] ?? {};
		const keys = Object.keys(holder);
		const key = keys[place % Math.max(keys.length, 1)];
		if (key !== undefined && holder !== holders[0]) holder[key] = value;
		return copy;
	});

const expectSound = () => {
	expect(harness.complaints).toEqual([]);
	for (const { type, data } of harness.events) {
		expect(TYPES.has(type)).toBe(true);
		for (const id of [
			'agentId',
			'sessionId',
			'sessionKey',
			'channel',
			'accountId',
			'userId',
			'runId',
			'trigger',
			'parentSessionKey',
		]) {
			expect(['string', 'undefined']).toContain(typeof data[id]);
			expect(data[id]).not.toBe('');
		}
		expect(Object.values(data)).not.toContain(undefined);
	}
	harness.events.length = 0;
};

it('survives anything in the place of a payload', () => {
	fc.assert(
		fc.property(fc.constantFrom(...HOOKS), fc.anything(), fc.anything(), (hook, event, context) => {
			harness.call({ hook, event: event as never, context: context as never });
			expectSound();
		}),
		{ numRuns: 5000 },
	);
});

it('survives payloads with anything in the place of a value', () => {
	fc.assert(
		fc.property(fc.array(damaged, { minLength: 1, maxLength: 12 }), (calls) => {
			for (const call of calls) harness.call(call);
			harness.advance(60_000);
			expectSound();
		}),
		{ numRuns: 1000 },
	);
});

it('survives payloads that cannot be read', () => {
	const hostile = new Proxy(
		{},
		{
			get: () => {
				throw new Error('no access');
			},
			ownKeys: () => {
				throw new Error('no access');
			},
		},
	);
	for (const hook of HOOKS) harness.call({ hook, event: hostile, context: hostile });

	expectSound();
});

it('survives hooks in any order, with no error or run told twice', () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...SCENARIOS).chain((name) => {
				const calls = recording(name);
				return fc.shuffledSubarray([...calls], { minLength: Math.min(2, calls.length) });
			}),
			(calls) => {
				for (const call of calls) harness.call({ ...call, event: structuredClone(call.event) });
				harness.advance(60_000);
				const failedRuns = harness.events.filter(
					({ type, data }) =>
						type === 'error.occurred' && data.tool === undefined && data.message === undefined,
				);
				expect(failedRuns.length).toBeLessThanOrEqual(1);
				expectSound();
			},
		),
		{ numRuns: 500 },
	);
});

it('survives an emitter that fails, and says so once per hook', async () => {
	const failing = await startEventHarness({
		emit: () => {
			throw new TypeError('secret of the payload');
		},
	});
	for (const call of allCalls) failing.call(call);
	failing.advance(60_000);

	expect(failing.complaints.length).toBeGreaterThan(0);
	expect(new Set(failing.complaints).size).toBeLessThanOrEqual(HOOKS.length + 1);
	expect(failing.complaints.join()).not.toContain('secret of the payload');
	failing.close();
});
