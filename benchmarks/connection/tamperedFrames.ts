import { textAt } from '../../testbed/json';
import type { N8n } from '../../testbed/n8n/instance';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, noOp } from '../../testbed/n8n/workflow';
import { credentialData } from '../../testbed/stack';
import { endpointOf, feed, newEvents, type FeedingGateway } from './feed';
import { startTampering, type Tampering } from './tampering';

const EVENTS = 20;
const BODY_BYTES = 700;

/** What became of frames that somebody between n8n and the gateway has added. */
export interface TamperedFrames extends Readonly<Tampering['counts']> {
	/** Genuine events that ran. */
	readonly genuineRuns: number;
	/** Executions beyond one for each genuine event. */
	readonly otherRuns: number;
}

/** Lets n8n fetch through a proxy that adds forged frames, and replays genuine ones. */
export async function runTamperedFrames(
	n8n: N8n,
	feeding: FeedingGateway,
): Promise<TamperedFrames> {
	const { gateway, accessToken } = feeding;
	const tampering = await startTampering(gateway.url);
	try {
		const data = credentialData(tampering.url, { accessToken });
		const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
		const trigger = triggerNode(credential, { endpointSetup: 'connection' });
		const workflow = await n8n.client.createWorkflow({
			name: 'Tampered frames',
			nodes: [trigger, noOp('Done')],
			connections: chain(trigger.name, 'Done'),
		});
		await n8n.client.publish(workflow);
		const endpoint = await endpointOf(gateway, workflow.id);
		const rounds = [1, 2, 3].map(() => newEvents(EVENTS, BODY_BYTES));
		// Those of the round before come once more with each.
		for (const events of rounds) await feed(feeding, endpoint, events);
		const genuine = new Set(rounds.flat().map(({ id }) => id));
		const executions = await n8n.client.waitForExecutions(workflow, genuine.size);
		const ids = executions.map((one) => textAt(one.json(trigger.name)[0], 'id'));
		const ran = new Set(ids.filter((id) => genuine.has(id)));
		await n8n.client.deleteWorkflow(workflow);
		return {
			...tampering.counts,
			genuineRuns: ran.size,
			otherRuns: ids.length - ran.size,
		};
	} finally {
		await tampering.stop();
	}
}
