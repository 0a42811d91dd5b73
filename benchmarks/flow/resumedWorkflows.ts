import { randomUUID } from 'node:crypto';
import { at, listAt, tryParseJson } from '../../testbed/json';
import type { Gateway } from '../../testbed/gateway';
import type { N8n } from '../../testbed/n8n/instance';
import { byId, CREDENTIAL_TYPE, inboundNode, mappedFields } from '../../testbed/n8n/openclawNodes';
import { chain, node, noOp } from '../../testbed/n8n/workflow';
import type { ScriptedModel } from '../../testbed/scriptedModel';
import { sendRaw } from '../../testbed/sendEvent';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';

/** Milliseconds between the moments of one resumption. */
export interface Resumption {
	/** From the last byte of the model to the callback's request: the gateway, and the plugin. */
	readonly toCallbackMs: number;
	/** From there to the start of the next node: n8n, and the node's `webhook()`. */
	readonly toNextNodeMs: number;
}

const WAITING = 'Ask the Agent';
const AFTER = 'After';
const PATH = 'bench-ask';

async function publish(n8n: N8n, gatewayUrl: string, accessToken: string) {
	const credential = await n8n.client.createCredential(
		CREDENTIAL_TYPE,
		credentialData(gatewayUrl, { accessToken }),
	);
	const start = node('Webhook', 'n8n-nodes-base.webhook', 2.1, {
		httpMethod: 'POST',
		path: PATH,
		options: {},
	});
	const ask = inboundNode(
		credential,
		{
			operation: 'sendAndWait',
			source: 'define',
			agent: byId('main'),
			template: 'Question {{body.id}} [[slow:700]]',
			fields: mappedFields({ id: '={{ $json.body.id }}' }),
		},
		WAITING,
	);
	const workflow = await n8n.client.createWorkflow({
		name: 'Asks an agent',
		nodes: [{ ...start, webhookId: randomUUID() }, ask, noOp(AFTER)],
		connections: chain('Webhook', WAITING, AFTER),
	});
	await n8n.client.publish(workflow);
	return workflow;
}

/** When the requests to callback URLs began, oldest first. */
async function callbackStarts(gateway: Gateway): Promise<readonly number[]> {
	const words = ['event-webhooks', 'list', '--type', 'inbound.completed', '--recent', '500'];
	const page = tryParseJson(await gateway.openclaw([...words, '--json']));
	return listAt(page, 'deliveries')
		.map((delivery) => Number(at(delivery, 'settledAt')) - Number(at(delivery, 'responseTimeMs')))
		.sort((one, other) => one - other);
}

/**
 * Has a workflow wait for an agent's answer, several times, one after the other. The agent takes longer
 * than n8n needs to park the execution, so that no callback comes too early.
 */
export async function resumeWorkflows(
	{
		n8n,
		gateway,
		model,
		accessToken,
	}: {
		readonly n8n: N8n;
		readonly gateway: Gateway;
		readonly model: ScriptedModel;
		readonly accessToken: string;
	},
	count: number,
): Promise<readonly Resumption[]> {
	const workflow = await publish(n8n, gateway.url, accessToken);
	const before = (await callbackStarts(gateway)).length;
	const ends: { answeredAt: number; nextNodeAt: number }[] = [];
	for (let round = 1; round <= count; round += 1) {
		const id = randomUUID();
		const answer = await sendRaw(`${n8n.url}/webhook/${PATH}`, {
			headers: { 'content-type': 'application/json' },
			body: JSON.stringify({ id }),
		});
		if (answer.status !== 200) throw new Error(`The workflow was not started: ${answer.status}`);
		const finished = await waitFor('the workflow to go on', async () => {
			const rows = await n8n.client.executions(workflow);
			const done = rows.filter(({ status }) => status === 'success');
			return done.length >= round && done;
		});
		const newest = Math.max(...finished.map((row) => Number(row.id)));
		const execution = await n8n.client.execution(String(newest));
		const turn = (await model.requests()).find(({ message }) => message.includes(id));
		ends.push({
			answeredAt: turn?.answeredAt ?? Number.NaN,
			nextNodeAt: Number(at(execution.resultData, 'runData', AFTER, 0, 'startTime')),
		});
	}
	const starts = (await callbackStarts(gateway)).slice(before);
	return ends.map(({ answeredAt, nextNodeAt }, index) => {
		const callbackAt = starts[index] ?? Number.NaN;
		return { toCallbackMs: callbackAt - answeredAt, toNextNodeMs: nextNodeAt - callbackAt };
	});
}
