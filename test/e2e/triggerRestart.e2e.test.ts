import type { OpenClawEvent } from '../../index';
import { capturedEvent } from '../../testbed/capturedEvents';
import { isQueueMode } from '../../testbed/n8n/anyInstance';
import type { N8n } from '../../testbed/n8n/instance';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, node, noOp } from '../../testbed/n8n/workflow';
import { sendEvent } from '../../testbed/sendEvent';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { startOwnN8n } from './support/environment';
import {
	newSecret,
	publishTrigger,
	TRIGGER,
	type TriggerWorkflow,
} from './support/triggerWorkflow';

let n8n: N8n;

beforeAll(async () => {
	n8n = await startOwnN8n();
});

afterAll(async () => {
	await n8n.remove();
});

async function clockReaches(what: string, time: number): Promise<void> {
	await waitFor(what, () => Date.now() > time);
}

test.each(['stop', 'kill'] as const)(
	'an event that comes again after n8n was restarted (%s) runs nothing',
	async (end) => {
		const hook = await publishTrigger(n8n.client);
		const event = capturedEvent('message.received');
		expect((await hook.send({ event })).status).toBe(200);
		const [first] = await hook.executions(1);
		expect(first?.ran('Arrived')).toBe(true);

		await n8n[end]();
		await n8n.start();

		expect(await hook.send({ event })).toMatchObject({ status: 200, json: { received: true } });
		const executions = await n8n.client.waitForExecutions(hook.workflow, 2);
		const again = executions.find(({ id }) => id !== first?.id);
		expect(again?.status).toBe('success');
		expect(again?.json(TRIGGER)).toEqual([]);
		expect(again?.ran('Arrived')).toBe(false);
	},
);

test('a workflow that a crash cut off runs again, where the sender waits for its last node', async () => {
	const secret = newSecret();
	const data = credentialData('http://127.0.0.1:9', { accessToken: '', signingSecret: secret });
	const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
	const workflow = await n8n.client.createWorkflow({
		name: 'Takes its time',
		nodes: [
			triggerNode(credential, { options: { respond: 'lastNode' } }, TRIGGER),
			node('Take Time', 'n8n-nodes-base.wait', 1.1, { amount: 5, unit: 'seconds' }),
			noOp('Arrived'),
		],
		connections: chain(TRIGGER, 'Take Time', 'Arrived'),
	});
	await n8n.client.publish(workflow);
	const url = n8n.client.webhookUrl(workflow, TRIGGER);
	const event = capturedEvent('message.received');
	const signedAt = Math.floor(Date.now() / 1000);
	const first = sendEvent(url, { event, secret, timestamp: signedAt }).catch(() => undefined);
	await waitFor('the execution to run', async () =>
		(await n8n.client.executions(workflow)).some(({ status }) => status === 'running'),
	);
	// The id is on its way into the database, where it is before the crash.
	await clockReaches('the id to be recorded', Date.now() + 1000);
	await n8n.kill();
	expect((await first)?.status).not.toBe(200);
	await n8n.start();

	const answer = await sendEvent(url, { event, secret, timestamp: signedAt + 1 });
	expect(answer.status).toBe(200);
	const executions = await n8n.client.waitForExecutions(workflow, 2);
	expect(executions.filter((execution) => execution.ran('Arrived'))).toHaveLength(1);
});

describe('an event that was recorded while it ran', () => {
	const TOLERANCE_SECONDS = 6;
	/**
	 * An id may wait a quarter of a second to be written; in queue mode workers look after half a second,
	 * and again, whether it still is. The rest is for the writes.
	 */
	const RECORDED_AFTER_MS = isQueueMode() ? 4_000 : 1_000;

	const publish = async () =>
		publishTrigger(n8n.client, { options: { toleranceSeconds: TOLERANCE_SECONDS } });

	/** From then on, what happens cannot have run in an earlier life of n8n. */
	async function longAfterStart(): Promise<void> {
		await clockReaches('twice the tolerance', Date.now() + 2 * TOLERANCE_SECONDS * 1000);
	}

	async function sendAll(hook: TriggerWorkflow, events: readonly OpenClawEvent[]): Promise<void> {
		const answers = await Promise.all(events.map(async (event) => hook.send({ event })));
		for (const answer of answers) {
			expect(answer).toMatchObject({ status: 200, json: { received: true } });
		}
	}

	test.each(['stop', 'kill'] as const)(
		'runs nothing when it comes again after n8n was restarted (%s)',
		async (end) => {
			const hook = await publish();
			await longAfterStart();
			const events = Array.from({ length: 10 }, () => capturedEvent('message.received'));
			await sendAll(hook, events);
			const sentAt = Date.now();
			const first = await hook.executions(events.length);
			expect(first.map((execution) => execution.ran('Arrived'))).toEqual(events.map(() => true));
			await clockReaches('the ids to be recorded', sentAt + RECORDED_AFTER_MS);

			await n8n[end]();
			await n8n.start();

			await sendAll(hook, events);
			const executions = await hook.executions(2 * events.length);
			const again = executions.slice(events.length);
			expect(again.map((execution) => execution.ran('Arrived'))).toEqual(events.map(() => false));
		},
	);

	/** In queue mode workers look all events up, as others receive them. */
	const testInOneProcess = isQueueMode() ? test.skip : test;

	// Last: from then on this n8n looks all events up.
	testInOneProcess('is told of when another process has run it all the same', async () => {
		const hook = await publish();
		const event = capturedEvent('message.received');
		await sendAll(hook, [event]);
		await hook.executions(1);
		await n8n.stop();
		await n8n.start();
		await longAfterStart();

		// A sender that breaks the rules: the same event happens at two times.
		const restamped = { ...event, timestamp: new Date().toISOString() };
		await sendAll(hook, [restamped]);
		const [, second] = await hook.executions(2);
		expect(second?.ran('Arrived')).toBe(true);
		await waitFor('the warning', async () =>
			(await n8n.log()).includes('which another n8n process has run too'),
		);
	});
});
