import { AsyncLocalStorage } from 'node:async_hooks';
import type { InboundMessage } from '../../../openclaw-plugin/src/inbound/message';
import { at } from '../../../testbed/json';
import type { JsonObject } from '../../../testbed/json';
import { waitFor } from '../../../testbed/waitFor';
import { inboundGateway, type InboundGateway } from './support/inboundGateway';
import { DONE, replyEntry, RESUMPTION, userEntry } from './support/standInRuns';

let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway();
});

afterEach(async () => {
	await gateway.remove();
});

const ALERT = { title: 'Disk', severity: 'high' };
const SESSION = 'agent:alert-handler:webhook:alert';

async function post(headers: Readonly<Record<string, string>> = {}, name = 'alert') {
	const { status, json } = await gateway.post(name, ALERT, headers);
	expect(status).toBe(202);
	return String(json.runId);
}

async function ended(runId: string): Promise<InboundMessage> {
	return await waitFor('the end of the run', () => {
		const message = gateway.messages.find(runId);
		return message?.endedAt === undefined ? undefined : message;
	});
}

const state = (runId: string) => gateway.messages.find(runId)?.state;
const started = async (count: number) =>
	await waitFor(`${String(count)} starts`, () => gateway.runs.starts.length >= count);

describe('a message', () => {
	it('becomes a run with its own id, and keeps the reply', async () => {
		gateway.runs.answerBy(() => ({ reply: 'Looked after' }));
		const runId = await post();
		expect(await ended(runId)).toMatchObject({
			state: 'done',
			result: { ok: true, reply: 'Looked after' },
			prompt: '',
		});
		expect(gateway.runs.starts.map((start) => start.runId)).toEqual([runId]);
		expect(gateway.events).toEqual([]);
	});

	it('fails with what the agent failed with, without an event of its own', async () => {
		gateway.runs.answerBy(() => ({ fail: 'LLM request failed: quota' }));
		const runId = await post();
		expect(await ended(runId)).toMatchObject({
			state: 'failed',
			result: { ok: false, code: 'agent-failed', message: 'LLM request failed: quota' },
		});
		expect(gateway.events).toEqual([]);
		expect(gateway.log.join()).toContain(`'alert': LLM request failed: quota (${runId})`);
	});

	it('fails when the agent runs out of time', async () => {
		gateway.runs.answerBy(() => ({ hang: true }));
		const runId = await post();
		await started(1);
		gateway.runs.end(runId, { status: 'timeout', endedAt: 1, timeoutPhase: 'run' });
		expect(await ended(runId)).toMatchObject({ result: { ok: false, code: 'agent-timeout' } });
	});

	it('fails at once, and is told about, when its agent does not exist', async () => {
		const message = 'Agent "alert-handler" no longer exists in configuration';
		gateway.runs.answerBy(() => ({ refuse: { message, code: 'INVALID_REQUEST' } }));
		const runId = await post();
		const { result } = await ended(runId);
		expect(result).toMatchObject({ ok: false, code: 'refused' });
		expect(result).toMatchObject({
			message: expect.stringContaining("no agent 'alert-handler'") as unknown,
		});
		expect(gateway.events).toEqual([
			{
				type: 'error.occurred',
				data: {
					agentId: 'alert-handler',
					sessionKey: SESSION,
					runId,
					error: {
						message: expect.stringContaining('no agent') as unknown,
						code: 'inbound-refused',
						source: 'inbound',
					},
				},
			},
		]);
	});

	it('is started again under the same id while the gateway does not take runs', async () => {
		await gateway.runner.stop();
		gateway.runs.answerBy(() =>
			gateway.runs.starts.length < 3
				? { refuse: { message: 'agent unavailable during gateway startup', code: 'UNAVAILABLE' } }
				: { reply: 'At last' },
		);
		const runId = await post();
		let time = Date.now();
		await gateway.restart({ now: () => time });
		for (let tries = 1; tries <= 2; tries += 1) {
			await waitFor('a refusal', () => gateway.messages.find(runId)?.tries === tries);
			time += 2 ** (tries - 1) * 1000;
			await gateway.restart({ now: () => time });
		}
		expect(await ended(runId)).toMatchObject({ result: { ok: true, reply: 'At last' } });
		expect(gateway.runs.starts.map((start) => start.runId)).toEqual([runId, runId, runId]);
	});

	it('is started under a new id when the gateway took it and let go of it', async () => {
		gateway.runs.answerBy(({ runId }) =>
			runId.includes('.') ? DONE : { fail: 'Gateway is draining; new tasks are not accepted' },
		);
		const runId = await post();
		expect(await ended(runId)).toMatchObject({ state: 'done' });
		expect(gateway.runs.starts.map((start) => start.runId)).toEqual([runId, `${runId}.2`]);
	});

	it.each([1, 2, 3, 4, 5, 6])(
		'that comes due while the runner looks, %i ms after it began to, is started',
		async (offset) => {
			await gateway.runner.stop();
			const runId = await post();
			const dueAt = Date.now() + 1000;
			gateway.messages.postpone(runId, { until: dueAt, isTaken: false });
			// Each reading of the clock is a millisecond later than the one before.
			let time = dueAt - offset;
			await gateway.restart({ now: () => (time += 1) });
			expect(await ended(runId)).toMatchObject({ state: 'done' });
		},
	);

	it('does not wait for a year when the clock was that far ahead', async () => {
		await gateway.runner.stop();
		const runId = await post();
		const ahead = Date.now() + 365 * 86_400_000;
		gateway.messages.postpone(runId, { until: ahead + 60_000, isTaken: false });
		await gateway.restart();
		expect(await ended(runId)).toMatchObject({ state: 'done' });
	});

	it('is given up after a day', async () => {
		await gateway.runner.stop();
		gateway.runs.answerBy(() => ({ refuse: { message: 'Gateway client authority closed' } }));
		const runId = await post();
		await gateway.restart({ now: () => Date.now() + 86_400_001 });
		expect(await ended(runId)).toMatchObject({
			result: {
				ok: false,
				code: 'not-started',
				message: 'The gateway could not start the agent for a day: Gateway client authority closed',
			},
		});
		expect(gateway.events).toMatchObject([{ data: { error: { code: 'inbound-not-started' } } }]);
	});

	it('is forgotten after the retention', async () => {
		const runId = await post();
		await ended(runId);
		const pass = async (days: number) => {
			gateway.database.prepare('UPDATE clock SET day = day + ?').run(days);
			// However far the clock jumps, only days that were counted count.
			await gateway.restart({ now: () => Date.now() + 365 * 86_400_000 });
		};
		await pass(14);
		expect(gateway.messages.find(runId)).toBeDefined();
		await pass(1);
		expect(gateway.messages.find(runId)).toBeUndefined();
	});
});

describe('messages', () => {
	beforeEach(() => {
		gateway.runs.answerBy(() => ({ hang: true }));
	});

	it('of one session run one after the other, in order', async () => {
		const runIds = [await post(), await post(), await post()];
		for (const [index, runId] of runIds.entries()) {
			await started(index + 1);
			expect(gateway.runs.starts).toHaveLength(index + 1);
			gateway.runs.finish(runId, 'ok');
			await ended(runId);
		}
		expect(gateway.runs.starts.map(({ runId }) => runId)).toEqual(runIds);
		expect(gateway.runs.mostAtOnce).toBe(1);
	});

	it('of one session keep their order when the first is put off', async () => {
		gateway.runs.answerBy(() =>
			gateway.runs.starts.length === 1
				? { refuse: { message: 'not now', code: 'UNAVAILABLE' } }
				: DONE,
		);
		const [first, second] = [await post(), await post()];
		await ended(second);
		expect(gateway.runs.starts.map(({ runId }) => runId)).toEqual([first, first, second]);
	});

	it('of different sessions run at once, four at most', async () => {
		const runIds: string[] = [];
		for (let index = 0; index < 6; index += 1) {
			runIds.push(await post({ 'x-openclaw-session-key': `s${String(index)}` }));
		}
		await started(4);
		expect(runIds.map(state)).toEqual([
			...Array.from({ length: 4 }, () => 'running'),
			'queued',
			'queued',
		]);
		gateway.runs.finish(runIds[0] ?? '', 'ok');
		await started(5);
		expect(gateway.runs.starts[4]?.runId).toBe(runIds[4]);
	});

	it('of a session that is put off hold up no others', async () => {
		gateway.runs.answerBy(({ sessionKey }) =>
			sessionKey.includes('busy') ? { refuse: { message: 'not now', code: 'UNAVAILABLE' } } : DONE,
		);
		const off = [];
		for (let index = 0; index < 12; index += 1) {
			off.push(await post({ 'x-openclaw-session-key': `busy${String(index)}` }));
		}
		expect(await ended(await post())).toMatchObject({ state: 'done' });
		expect(off.map(state)).toEqual(off.map(() => 'queued'));
	});

	it('are started with the rights of the service, not of the request that brings them', async () => {
		const scope = new AsyncLocalStorage<string>();
		const seen: unknown[] = [];
		gateway.runs.answerBy(() => {
			seen.push(scope.getStore());
			return {};
		});
		await scope.run('service', async () => gateway.restart());
		const [first, second] = [await post(), await post()];
		await ended(first);
		await ended(second);
		expect(seen).toEqual(['service', 'service']);
	});
});

describe('after the end of the process', () => {
	/** Ends the process while the message's run is under way. */
	async function killDuring(runId: string): Promise<void> {
		await waitFor('the run', () => state(runId) === 'running');
		await started(1);
		await gateway.runner.stop();
		gateway.runs.restart();
		gateway.forgetProcess();
	}

	beforeEach(() => {
		gateway.runs.answerBy(({ runId }) => (runId.includes('.') ? DONE : { hang: true }));
	});

	it('a message that waited is run', async () => {
		await gateway.runner.stop();
		const runId = await post();
		gateway.runs.answerBy(() => ({}));
		await gateway.restart();
		expect(await ended(runId)).toMatchObject({ state: 'done' });
	});

	it('a message that the agent has is left to the recovery of the gateway', async () => {
		const runId = await post();
		await killDuring(runId);
		await gateway.restart();
		gateway.runs.record(SESSION, RESUMPTION, replyEntry('', { stopReason: 'toolUse' }));
		gateway.runs.record(SESSION, replyEntry('Back again'));
		expect(await ended(runId)).toMatchObject({
			result: { ok: true, reply: 'Back again', usage: { inputTokens: 200, outputTokens: 44 } },
		});
		expect(gateway.runs.starts).toHaveLength(1);
	});

	it('a message that was answered just before has its reply', async () => {
		const runId = await post();
		await started(1);
		gateway.runs.record(
			SESSION,
			replyEntry('Done already'),
			userEntry('other'),
			replyEntry('Not me'),
		);
		await killDuring(runId);
		await gateway.restart();
		expect(await ended(runId)).toMatchObject({ result: { ok: true, reply: 'Done already' } });
		expect(gateway.runs.starts).toHaveLength(1);
	});

	it('a message that the agent never got is started under a new id', async () => {
		const runId = await post();
		await killDuring(runId);
		const elsewhere = 'agent:alert-handler:elsewhere';
		gateway.database.prepare('UPDATE inbound_messages SET session_key = ?').run(elsewhere);
		await gateway.restart({ timing: { recoveryLimitMs: 60_000 } });
		expect(await ended(runId)).toMatchObject({ state: 'done', starts: 2 });
		expect(gateway.runs.starts.map((start) => start.runId)).toEqual([runId, `${runId}.2`]);
	});

	it('a message whose recovery does not come fails', async () => {
		const runId = await post();
		await killDuring(runId);
		await gateway.restart();
		expect(await ended(runId)).toMatchObject({
			state: 'failed',
			result: { ok: false, code: 'interrupted' },
		});
		expect(gateway.runs.starts).toHaveLength(1);
		expect(gateway.events).toEqual([]);
	});

	it('a message is started again when the transcript cannot be read', async () => {
		const runId = await post();
		await killDuring(runId);
		gateway.runs.hideTranscripts();
		await gateway.restart();
		expect(await ended(runId)).toMatchObject({ state: 'done', starts: 2 });
	});
});

describe('after a reload of the plugin in the same process', () => {
	it('a run that goes on is followed to its end', async () => {
		gateway.runs.answerBy(() => ({ hang: true }));
		const runId = await post();
		await started(1);
		await gateway.restart();
		gateway.runs.finish(runId, 'Still there');
		expect(await ended(runId)).toMatchObject({ result: { ok: true, reply: 'Still there' } });
		expect(gateway.runs.starts).toHaveLength(1);
	});

	it('who waits for the reply gets it', async () => {
		gateway.runs.answerBy(() => ({ hang: true }));
		const answer = gateway.post('alert', ALERT, { prefer: 'wait=20' });
		await started(1);
		await gateway.restart();
		gateway.runs.finish(gateway.runs.starts[0]?.runId ?? '', 'Here');
		expect(await answer).toMatchObject({ status: 200, json: { reply: { text: 'Here' } } });
	});
});

describe('a database that cannot be read', () => {
	it('is asked again', async () => {
		gateway.database.exec('ALTER TABLE inbound_messages RENAME COLUMN ended_at TO gone');
		await gateway.restart();
		expect(gateway.log.join()).toContain('messages to agents wait');
		gateway.database.exec('ALTER TABLE inbound_messages RENAME COLUMN gone TO ended_at');
		expect(await ended(await post())).toMatchObject({ state: 'done' });
	});
});

describe('a database that cannot be written', () => {
	it('holds messages up and loses none', async () => {
		gateway.runs.answerBy(() => ({ hang: true }));
		const runId = await post();
		await started(1);
		gateway.database.exec('PRAGMA query_only = ON');
		gateway.runs.finish(runId, 'Kept');
		await waitFor('the failure', () => gateway.log.some((line) => line.includes('readonly')));
		expect(state(runId)).toBe('running');
		gateway.database.exec('PRAGMA query_only = OFF');
		expect(await ended(runId)).toMatchObject({ result: { ok: true, reply: 'Kept' } });
		expect(gateway.runs.starts).toHaveLength(1);
	});
});

describe('the end of the runner', () => {
	it('comes within three seconds, whatever the gateway does', async () => {
		const never = new Promise<never>(() => undefined);
		const { runs } = gateway;
		await gateway.restart({ runs: { ...runs, run: async () => await never } });
		const runId = await post();
		await waitFor('the start', () => state(runId) === 'running');
		const startedAt = performance.now();
		await gateway.runner.stop();
		expect(performance.now() - startedAt).toBeLessThan(3000);
	});
});

describe('a reply that the gateway cuts', () => {
	const WHOLE = `Beginning ${'long '.repeat(1500)}end`;
	const CUT = `${WHOLE.slice(0, 4095).trimEnd()}…`;
	const WAIT = { prefer: 'wait=20', 'x-openclaw-callback-url': 'https://n8n.example/x' };

	/** Answers a message whose reply `waitForRun` tells cut, with these replies in the transcript. */
	async function replyWith(...said: readonly unknown[]) {
		gateway.runs.answerBy(() => ({ hang: true }));
		const answer = gateway.post('alert', ALERT, WAIT);
		await started(1);
		gateway.runs.record(SESSION, ...said);
		const runId = gateway.runs.starts[0]?.runId ?? '';
		gateway.runs.finish(runId, CUT);
		const { json } = await answer;
		const body = gateway.database.prepare('SELECT body FROM events').get()?.body;
		const callback = JSON.parse(String(body)) as JsonObject;
		const { result } = await ended(runId);
		return { reply: json.reply, called: at(callback, 'data', 'reply'), result };
	}

	it.each([
		['at once', [replyEntry(WHOLE)]],
		[
			'after a tool',
			[replyEntry('Let me see', { stopReason: 'toolUse' }), replyEntry(`\n${WHOLE}\n`)],
		],
		[
			'in two parts',
			[replyEntry(WHOLE.slice(0, 3000), { stopReason: 'toolUse' }), replyEntry(WHOLE.slice(3000))],
		],
	])('comes whole to all who get it: said %s', async (_, said) => {
		const { reply, called, result } = await replyWith(...said);
		expect(reply).toEqual({ text: WHOLE });
		expect(called).toEqual({ text: WHOLE });
		expect(result).toMatchObject({ reply: WHOLE });
	});

	it.each([
		['has another text', [replyEntry('Something else')]],
		['has none', []],
	])('is marked when the transcript %s', async (_, said) => {
		const { reply, called, result } = await replyWith(...said);
		expect(reply).toEqual({ text: CUT, truncated: true });
		expect(called).toEqual({ text: CUT, truncated: true });
		expect(result).toMatchObject({ reply: CUT, truncated: true });
	});

	it('is whole in what is kept, though nobody waits', async () => {
		gateway.runs.answerBy(() => ({ hang: true }));
		const runId = await post();
		await started(1);
		gateway.runs.record(SESSION, replyEntry(WHOLE));
		gateway.runs.finish(runId, CUT);
		expect(await ended(runId)).toMatchObject({ result: { ok: true, reply: WHOLE } });
	});
});
