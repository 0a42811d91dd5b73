import { createEventId } from '../../index';
import { countWaiting, putIntoOutbox, readConnections } from '../../testbed/connectionOutbox';
import { startGateway, type Gateway } from '../../testbed/gateway';
import { obtainPlugin } from '../../testbed/plugin';
import { issueToken } from '../../testbed/pluginToken';
import { ensureRuntimes } from '../../testbed/runtime';
import { startScriptedModel } from '../../testbed/scriptedModel';
import { waitFor } from '../../testbed/waitFor';
import type { BenchContext } from '../benchContext';
import { sizedEvent } from '../load/signedRequests';

const API = '/plugins/event-webhooks/api';

/** A real gateway with the plugin, from which n8n fetches. */
export interface FeedingGateway {
	readonly gateway: Gateway;
	/** A token of the plugin for n8n. */
	readonly accessToken: string;
}

/** Starts the gateway; it ends with the benchmark. */
export async function startFeedingGateway({
	progress,
	cleanup,
}: Pick<BenchContext, 'progress' | 'cleanup'>): Promise<FeedingGateway> {
	const runtimes = await ensureRuntimes(progress, { n8n: false });
	const packageFile = await obtainPlugin(progress, cleanup);
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const gateway = await progress.step('Starting a gateway with the plugin', async () =>
		startGateway({ runtimes, modelUrl: model.url, plugin: { packageFile, config: {} } }),
	);
	cleanup.defer(async () => gateway.remove());
	return { gateway, accessToken: await issueToken(gateway) };
}

/** What n8n has registered for a workflow with one trigger. */
export async function endpointOf(gateway: Gateway, workflowId: string): Promise<string> {
	const ours = () => readConnections(gateway.folder).find((name) => name.includes(workflowId));
	return await waitFor('the endpoint of the trigger', () => ours(), { timeoutMs: 60_000 });
}

/** Events of one size with ids of their own, as they happen now. */
export function newEvents(count: number, bodyBytes: number) {
	return Array.from({ length: count }, () => sizedEvent(createEventId(), bodyBytes));
}

/**
 * Lets n8n have events all at once, and waits until it has settled each.
 *
 * @returns when they were there to be fetched, in milliseconds since 1970
 */
export async function feed(
	{ gateway, accessToken }: FeedingGateway,
	endpoint: string,
	events: ReturnType<typeof newEvents>,
): Promise<number> {
	const change = async (action: 'pause' | 'resume') => {
		const url = `${gateway.url}${API}/endpoints/${encodeURIComponent(endpoint)}/${action}`;
		const headers = { authorization: `Bearer ${accessToken}` };
		const response = await fetch(url, { method: 'POST', headers });
		if (!response.ok) throw new Error(`The gateway answered ${action} with ${response.status}`);
		await response.text();
	};
	// Whoever has paused waits for news; writing into the database of a gateway that runs makes none.
	await change('pause');
	putIntoOutbox(gateway.folder, endpoint, events);
	const releasedAt = Date.now();
	await change('resume');
	await waitFor('all events to be settled', () => countWaiting(gateway.folder, endpoint) === 0, {
		timeoutMs: 120_000,
		everyMs: 100,
	});
	return releasedAt;
}
