import { eventState } from '../../../openclaw-plugin/src/events/eventState';
import { createRun } from '../../../openclaw-plugin/src/events/run';
import { createRunStop } from '../../../openclaw-plugin/src/inbound/agentRunner';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';
import { waitFor } from '../../../testbed/waitFor';
import { inboundGateway, type InboundGateway } from './support/inboundGateway';

const ALERT = { title: 'Disk', severity: 'high' };
const ABORTED = { status: 'error', error: 'This operation was aborted', endedAt: 1 };

describe('a message that is canceled', () => {
	let gateway: InboundGateway;
	/** Runs that the gateway was asked to end. */
	let stopped: string[];
	let isStoppable: boolean;

	beforeEach(async () => {
		stopped = [];
		isStoppable = true;
		gateway = await inboundGateway({
			runner: {
				stopRun: async (runId) => {
					await Promise.resolve();
					stopped.push(runId);
					if (isStoppable) gateway.runs.end(runId, ABORTED);
					return isStoppable;
				},
			},
		});
		gateway.runs.answerBy(() => ({ hang: true }));
	});

	afterEach(async () => {
		await gateway.remove();
	});

	const send = async () => {
		const { json } = await gateway.post('alert', ALERT);
		return String(json.runId);
	};
	const started = async (count: number) =>
		await waitFor('the start', () => gateway.runs.starts.length === count);
	const cancel = async (runId: string, more = '?wait=20', headers = {}) =>
		await gateway.post(`runs/${runId}/cancel${more}`, '', headers);

	it('ends at the agent when it is at work', async () => {
		const runId = await send();
		await started(1);
		const answer = await cancel(runId);
		expect(answer).toMatchObject({
			status: 424,
			json: { ok: false, runId, state: 'failed', error: { code: 'canceled' } },
		});
		expect(stopped).toEqual([runId]);
		expect((await cancel(runId)).json).toEqual(answer.json);
		expect(stopped).toHaveLength(1);
	});

	it('never reaches the agent when it waits for its turn', async () => {
		const first = await send();
		await started(1);
		const second = await send();
		expect((await cancel(second, '')).json).toMatchObject({
			state: 'failed',
			error: { code: 'canceled' },
		});
		gateway.runs.finish(first, 'Done');
		await waitFor('the reply', () => gateway.messages.find(first)?.result?.ok === true);
		expect(gateway.runs.starts).toHaveLength(1);
		expect(stopped).toEqual([]);
	});

	it('keeps its reply when that comes first', async () => {
		isStoppable = false;
		const runId = await send();
		await started(1);
		expect((await cancel(runId, '')).json).toMatchObject({ ok: true, state: 'running' });
		await waitFor('the second try', () => stopped.length > 1);
		gateway.runs.finish(runId, 'Too late');
		await waitFor('the reply', () => gateway.messages.find(runId)?.result);
		expect((await cancel(runId)).json).toMatchObject({ ok: true, reply: { text: 'Too late' } });
	});

	it('is ended by the next runner when the one that it was with ends', async () => {
		isStoppable = false;
		const runId = await send();
		await started(1);
		await cancel(runId, '');
		isStoppable = true;
		await gateway.restart();
		await waitFor('the end', () => gateway.messages.find(runId)?.result);
		expect(gateway.messages.find(runId)?.result).toMatchObject({ code: 'canceled' });
	});

	it('is one that the caller has sent', async () => {
		const runId = await send();
		await started(1);
		const other = gateway.bearer({ scopes: ['inbound'] });
		expect((await cancel(runId, '', other)).json).toMatchObject({
			error: { code: 'unknown-run' },
		});
		expect(gateway.messages.find(runId)?.isCanceled).toBe(false);
		const { status, headers } = await gateway.get(`runs/${runId}/cancel`);
		expect([status, headers.get('allow')]).toEqual([405, 'POST']);
		expect((await gateway.post(`runs/${runId}/cancel/now`, '')).status).toBe(404);
		expect((await gateway.post(`runs/${runId}/other`, '')).status).toBe(404);
	});
});

describe('the run of a session', () => {
	it('is ended while it is the one that was meant, and no other', async () => {
		const folder = await temporaryFolder('stop');
		const asked: string[] = [];
		const stopRun = createRunStop(folder, async (sessionKey) => {
			await Promise.resolve();
			asked.push(sessionKey);
			return true;
		});
		const { runs, runOfSession } = eventState(folder, () => performance.now());
		expect(await stopRun('run_1')).toBe(false);
		const run = createRun('run_1');
		run.place = { runId: 'run_1', sessionKey: 'agent:a:main' };
		runs.set('run_1', run);
		runOfSession.set('agent:a:main', 'run_1');
		expect(await stopRun('run_1')).toBe(true);
		runOfSession.set('agent:a:main', 'run_2');
		expect(await stopRun('run_1')).toBe(false);
		runOfSession.set('agent:a:main', 'run_1');
		run.end = { place: run.place, outcome: { kind: 'stopped' }, hasDelivered: false };
		expect(await stopRun('run_1')).toBe(false);
		expect(asked).toEqual(['agent:a:main']);
		await removeTemporaryFolder(folder);
	});
});
