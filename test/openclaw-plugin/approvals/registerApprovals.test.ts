import { createHash } from 'node:crypto';
import { faultsOf } from '../../../testbed/eventFaults';
import { at, textAt } from '../../../testbed/json';
import { approvalsHarness } from './support/approvalsHarness';
import type { ApprovalsHarness } from './support/approvalsHarness';

const RULE = { name: 'commands', tools: ['exec'], timeoutSeconds: 60 };

let harness: ApprovalsHarness;

async function start(...given: Parameters<typeof approvalsHarness>): Promise<ApprovalsHarness> {
	harness = await approvalsHarness(...given);
	return harness;
}

/** Asks, and gives the id of the call that waits. */
function ask(...given: Parameters<ApprovalsHarness['call']>) {
	const answer = harness.call(...given);
	const [id = ''] = harness.waiting();
	return { answer, id };
}

const reasonOf = (answer: unknown) => textAt(answer, 'blockReason');

afterEach(async () => {
	jest.useRealTimers();
	await harness.remove();
});

describe('a tool call', () => {
	it('goes on at once where there are no rules, or none fits', async () => {
		await start([]);
		expect(harness.call()).toBeUndefined();
		await harness.remove();
		await start([RULE]);
		expect(harness.call({ toolName: 'read' })).toBeUndefined();
		expect(harness.waiting()).toEqual([]);
	});

	it('is asked about as the last thing before it is made, for longer than any rule allows', async () => {
		await start([]);
		expect(harness.options).toEqual({ priority: -Number.MAX_SAFE_INTEGER, timeoutMs: 615_000 });
	});

	it('is made with exactly the parameters that were shown', async () => {
		await start([RULE]);
		const params = { command: 'ls', env: { API_KEY: 'secret-value' }, n: 9007199254740991 };
		const { answer, id } = ask({ params });
		expect(
			harness.approvals.decide(id, { decision: 'allow', by: 'Ada' }, { via: 'cli' }),
		).toMatchObject({
			ok: true,
			approval: { state: 'allowed', by: 'Ada', via: 'cli' },
		});
		expect(await answer).toEqual({ params });
		const [requested, resolved] = harness.events();
		const hash = createHash('sha256').update(JSON.stringify(params)).digest('hex');
		expect(requested).toMatchObject({
			type: 'approval.requested',
			data: {
				agentId: 'main',
				sessionKey: 'agent:main:main',
				runId: 'run-1',
				approval: {
					id,
					rule: 'commands',
					tool: {
						name: 'exec',
						callId: 'call-1',
						params: { ...params, env: { API_KEY: '[redacted]' } },
					},
					paramsHash: `sha256:${hash}`,
				},
			},
		});
		expect(resolved).toMatchObject({
			type: 'approval.resolved',
			data: {
				agentId: 'main',
				approval: {
					id,
					rule: 'commands',
					tool: { name: 'exec', callId: 'call-1' },
					decision: 'allow',
					by: 'Ada',
				},
			},
		});
		expect(JSON.stringify([requested, resolved])).not.toContain('secret-value');
		for (const event of [requested, resolved]) expect(faultsOf(event)).toEqual([]);
	});

	it('is refused with the reason of who has denied it', async () => {
		await start([RULE]);
		const { answer, id } = ask();
		const request = { decision: 'deny', by: 'Ada', reason: 'Not on a Friday' };
		harness.approvals.decide(id, request, { via: 'dashboard' });
		expect(await answer).toEqual({
			block: true,
			blockReason: `'exec' was not run: it was denied by Ada (${id}). Reason: Not on a Friday`,
		});
	});

	it('learns of a decision in another process', async () => {
		jest.useFakeTimers();
		await start([RULE]);
		const { answer, id } = ask();
		harness.database.prepare("UPDATE approvals SET decision = 'allow' WHERE id = ?").run(id);
		await jest.advanceTimersByTimeAsync(500);
		expect(await answer).toEqual({ params: { command: 'ls' } });
		expect(jest.getTimerCount()).toBe(0);
	});

	it.each([
		[{}, 60_000, 'within 60 seconds'],
		[{ timeouts: { before_tool_call: 20_000 } }, 19_000, 'within 19 seconds'],
		[{ timeoutMs: 20_000 }, 19_000, 'within 19 seconds'],
	])('is refused when nobody decides in time: %j', async (hooks, ms, text) => {
		jest.useFakeTimers();
		await start([RULE], { hooks });
		const { answer, id } = ask();
		await jest.advanceTimersByTimeAsync(ms - 1);
		expect(harness.waiting()).toEqual([id]);
		await jest.advanceTimersByTimeAsync(1);
		expect(reasonOf(await answer)).toContain(text);
		expect(at(harness.events()[1], 'data', 'approval')).toMatchObject({
			decision: 'deny',
			cause: 'expired',
		});
		expect(harness.approvals.decide(id, { decision: 'allow' }, { via: 'cli' })).toMatchObject({
			ok: false,
			refused: { code: 'approval-ended', approval: { cause: 'expired' } },
		});
		expect(jest.getTimerCount()).toBe(0);
	});

	it('is refused when its run is stopped, whatever is decided meanwhile', async () => {
		await start([RULE]);
		const stop = new AbortController();
		const { answer, id } = ask({}, { abortSignal: stop.signal });
		harness.database.prepare("UPDATE approvals SET decision = 'allow' WHERE id = ?").run(id);
		stop.abort();
		expect(reasonOf(await answer)).toBe(`'exec' was not run: The run was stopped (${id}).`);
	});

	it('of a run that was stopped before is refused', async () => {
		await start([RULE]);
		expect(reasonOf(await harness.call({}, { abortSignal: AbortSignal.abort() }))).toContain(
			'The run was stopped',
		);
		expect(harness.approvals.list()).toMatchObject([{ state: 'denied', cause: 'aborted' }]);
	});

	it('is refused when the gateway stops, and not when the plugin is replaced', async () => {
		await start([RULE]);
		const { answer, id } = ask();
		harness.stop('plugin replacement');
		expect(harness.waiting()).toEqual([id]);
		harness.stop('gateway stopping');
		expect(reasonOf(await answer)).toContain('The gateway was stopped while the call waited');
		expect(at(harness.events()[1], 'data', 'approval')).toMatchObject({ cause: 'restarted' });
	});

	it.each<[string, readonly object[]]>([
		['there is no endpoint', []],
		['none takes it', [{ name: 'n8n', kind: 'connection', events: ['approval.resolved'] }]],
		[
			'none takes it of this tool',
			[
				{
					name: 'n8n',
					kind: 'connection',
					events: ['*'],
					filter: { toolNames: ['pay_*'] },
				},
			],
		],
	])('is refused where nobody can be asked: %s', async (_, endpoints) => {
		await start([RULE], { endpoints });
		expect(reasonOf(await harness.call())).toContain('there is nobody to be asked now');
		expect(harness.approvals.list()).toMatchObject([{ state: 'denied', cause: 'nobody-asked' }]);
		expect(harness.events().map(({ type }) => type)).not.toContain('approval.requested');
	});

	it('is refused where the only endpoint is paused', async () => {
		await start([RULE]);
		harness.database.prepare('UPDATE endpoints SET paused_at = 1').run();
		expect(reasonOf(await harness.call())).toContain('there is nobody to be asked now');
		expect(harness.events().map(({ type }) => type)).toEqual(['approval.resolved']);
	});

	it('is refused where the question cannot be stored', async () => {
		await start([RULE]);
		harness.database.exec('PRAGMA query_only = ON');
		expect(reasonOf(await harness.call())).toContain('the request could not be stored');
		expect(harness.log).toEqual([expect.stringContaining("A call of 'exec' was denied")]);
	});

	it('is refused in time although the database fails meanwhile, and told later', async () => {
		jest.useFakeTimers();
		await start([RULE]);
		const { answer, id } = ask();
		harness.database.exec('PRAGMA query_only = ON');
		await jest.advanceTimersByTimeAsync(60_000);
		expect(reasonOf(await answer)).toContain('within 60 seconds');
		// Nobody waits for a decision any more.
		harness.database.exec('PRAGMA query_only = OFF');
		await jest.advanceTimersByTimeAsync(1000);
		expect(harness.approvals.find(id)).toMatchObject({ state: 'denied', cause: 'expired' });
		expect(jest.getTimerCount()).toBe(0);
	});

	it.each([{ text: 'x'.repeat(300_000) }, { big: 1n }])(
		'is refused where its parameters cannot be shown',
		async (params) => {
			await start([RULE]);
			expect(reasonOf(await harness.call({ params }))).toContain('too large to be shown');
			expect(harness.events()).toEqual([]);
		},
	);

	it('is refused where a rule has a fault', async () => {
		await start([{ ...RULE, timeoutSeconds: 0 }]);
		expect(harness.call({ toolName: 'read' })).toBeUndefined();
		expect(reasonOf(harness.call())).toContain("the rule 'commands' for approvals has a fault");
		expect(harness.approvals.list()).toEqual([]);
	});
});
