import { capturedEvent } from '../../testbed/capturedEvents';
import {
	AUTO_MAPPED_FIELDS,
	byId,
	CREDENTIAL_TYPE,
	inboundNode,
} from '../../testbed/n8n/openclawNodes';
import { chain, manualTrigger } from '../../testbed/n8n/workflow';
import { credentialData } from '../../testbed/stack';
import { environment } from './support/environment';
import { publishTrigger, TRIGGER } from './support/triggerWorkflow';

const { n8n, gatewayUrl, model } = environment();

describe('an event on its way into n8n', () => {
	it('runs the workflow with exactly the event that was signed', async () => {
		const hook = await publishTrigger(n8n);
		const event = capturedEvent('message.received');

		const answer = await hook.send({ event });

		expect({ status: answer.status, body: answer.json }).toEqual({
			status: 200,
			body: { received: true },
		});
		const [execution, ...others] = await hook.executions(1);
		expect(others).toEqual([]);
		expect(execution?.status).toBe('success');
		const items = execution?.json(TRIGGER) ?? [];
		expect(items).toHaveLength(1);
		expect(items[0]).toMatchObject(event);
		expect(execution?.json('Arrived')).toEqual(items);
	});

	it('refuses a forged event without leaving an execution behind', async () => {
		const hook = await publishTrigger(n8n);
		const event = capturedEvent('message.received');
		const forged = JSON.stringify({ ...event, data: { ...event.data, userId: 'someone-else' } });

		const answer = await hook.send({ event, sentBody: forged });

		expect(answer.status).toBe(401);
		expect(await hook.executionsSoFar()).toEqual([]);
	});
});

describe('a message on its way to an agent', () => {
	it('reaches the model of the chosen agent word for word', async () => {
		const credential = await n8n.createCredential(CREDENTIAL_TYPE, credentialData(gatewayUrl));
		const workflow = await n8n.createWorkflow({
			name: 'Tell the agent',
			nodes: [
				manualTrigger(),
				inboundNode(credential, {
					source: 'define',
					agent: byId('support-bot'),
					template: 'New ticket: {{body.title}} <b>{{body.count}}</b>',
					fields: AUTO_MAPPED_FIELDS,
				}),
			],
			connections: chain('Start', 'OpenClaw Inbound'),
			pinData: { Start: [{ json: { title: '打印机 is on fire 🔥', count: 3 } }] },
		});

		const execution = await n8n.runToEnd(workflow, 'Start');

		expect(execution.errorMessage).toBe('');
		const message = 'New ticket: 打印机 is on fire 🔥 <b>3</b>';
		expect(execution.json('OpenClaw Inbound')).toEqual([
			expect.objectContaining({ ok: true, agentId: 'support-bot', message }),
		]);
		const asked = await model.waitForRequest((request) => request.message.includes('打印机'));
		expect({ agentId: asked.agentId, message: asked.message }).toEqual({
			agentId: 'support-bot',
			message,
		});
	});
});
