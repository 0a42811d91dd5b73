import { capturedEvent } from '../../testbed/capturedEvents';
import type { N8n } from '../../testbed/n8n/instance';
import { startOwnN8n } from './support/environment';
import { publishTrigger, TRIGGER } from './support/triggerWorkflow';

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
