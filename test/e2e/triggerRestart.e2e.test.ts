import { capturedEvent } from '../../testbed/capturedEvents';
import type { N8n } from '../../testbed/n8n/instance';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, node, noOp } from '../../testbed/n8n/workflow';
import { sendEvent } from '../../testbed/sendEvent';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { startOwnN8n } from './support/environment';
import { newSecret, publishTrigger, TRIGGER } from './support/triggerWorkflow';

let n8n: N8n;

beforeAll(async () => {
	n8n = await startOwnN8n();
});

afterAll(async () => {
	await n8n.remove();
});

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
	await n8n.kill();
	expect((await first)?.status).not.toBe(200);
	await n8n.start();

	const answer = await sendEvent(url, { event, secret, timestamp: signedAt + 1 });
	expect(answer.status).toBe(200);
	// In queue mode n8n keeps the one that was cut off as running, for hours.
	const ended = await waitFor('the end of the second execution', async () => {
		const rows = await n8n.client.executions(workflow);
		const succeeded = rows.filter(({ status }) => status === 'success');
		return rows.length === 2 && succeeded.length > 0 && succeeded;
	});
	const executions = await Promise.all(ended.map(async ({ id }) => n8n.client.execution(id)));
	expect(executions.map((execution) => execution.ran('Arrived'))).toEqual([true]);
});
