import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { textAt } from '../../testbed/json';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import type { N8n } from '../../testbed/n8n/instance';
import { chain, node } from '../../testbed/n8n/workflow';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';

/** Secret of the events. */
export const SECRET = 'whsec_scaling_8f21ab';

/** A workflow that hands each event on to a server. */
export interface MeasuredFlow {
	/** Production URL of the trigger, without the address. */
	readonly path: string;
	/** How often each event was handed on, by its id. */
	arrivals(): ReadonlyMap<string, number>;
	/** Waits until so many were. */
	waitForArrivals(count: number): Promise<void>;
	clear(): void;
	stop(): Promise<void>;
}

/** Publishes OpenClaw Trigger → HTTP Request, whose requests are counted. */
export async function publishFlow(n8n: N8n): Promise<MeasuredFlow> {
	const sink = await startHttpSink();
	const data = credentialData('http://127.0.0.1:9', { signingSecret: SECRET });
	const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
	const trigger = triggerNode(credential);
	const handOn = node('Hand On', 'n8n-nodes-base.httpRequest', 4.2, {
		method: 'POST',
		url: sink.url,
		sendBody: true,
		specifyBody: 'json',
		jsonBody: '={{ JSON.stringify({ id: $json.id }) }}',
		options: {},
	});
	const workflow = await n8n.client.createWorkflow({
		name: 'Hand each event on',
		nodes: [trigger, handOn],
		connections: chain(trigger.name, handOn.name),
	});
	await n8n.client.publish(workflow);
	return {
		path: new URL(n8n.client.webhookUrl(workflow, trigger.name)).pathname,
		arrivals: () => countById(sink),
		waitForArrivals: async (count) => {
			await waitFor(
				`${String(count)} events to be handed on, ${String(countById(sink).size)} are`,
				() => countById(sink).size >= count,
				{ timeoutMs: 180_000, everyMs: 20 },
			);
		},
		clear: () => {
			sink.clear();
		},
		stop: async () => sink.stop(),
	};
}

function countById(sink: HttpSink): ReadonlyMap<string, number> {
	const counts = new Map<string, number>();
	for (const { json } of sink.requests) {
		const id = textAt(json, 'id');
		counts.set(id, (counts.get(id) ?? 0) + 1);
	}
	return counts;
}
