import type { Progress } from '../../testbed/progress';
import { waitFor } from '../../testbed/waitFor';
import { countUnfinished } from '../storedExecutions';
import { readOpenWork } from './outboxRows';
import type { Site } from './site';

/** The circuit of an endpoint opens for up to five minutes. */
const LIMIT_MS = 420_000;
/** The plugin tells of some replies ten seconds after the run's end. */
const QUIET_MS = 15_000;

function stillUnderWay({ gateway, n8n }: Site): readonly string[] {
	const { deliveries, messages } = readOpenWork(gateway.folder);
	const counts = [
		['deliveries', deliveries],
		['messages to agents', messages],
		['executions', countUnfinished(n8n.folder)],
	] as const;
	return counts.filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`);
}

/**
 * Waits until everything is delivered and run and agents are idle, then ends the gateway, so that the
 * books no longer change.
 *
 * @returns what was still under way when time ran out
 */
export async function settle(site: Site, progress: Progress): Promise<readonly string[]> {
	return await progress.step('Waiting until everything is delivered and run', async (note) => {
		const isQuiet = () => {
			const open = stillUnderWay(site);
			note(open.join(', '));
			const { newestEventAt } = readOpenWork(site.gateway.folder);
			return open.length === 0 && Date.now() - newestEventAt > QUIET_MS;
		};
		await waitFor('everything to come to rest', isQuiet, {
			timeoutMs: LIMIT_MS,
			everyMs: 500,
		}).catch(() => undefined);
		await site.gateway.stop();
		await waitFor('the last executions', () => countUnfinished(site.n8n.folder) === 0).catch(
			() => undefined,
		);
		return stillUnderWay(site);
	});
}
