import { startQueueN8n } from '../queue/instance';
import { startN8n, type N8n, type N8nOptions } from './instance';

/** How the n8n of a test run is made up: `queue`, or one process. */
export const MODE_VARIABLE = 'OPENCLAW_WEBHOOKS_N8N_MODE';

export const isQueueMode = (): boolean => process.env[MODE_VARIABLE] === 'queue';

/** Starts a throwaway n8n of the kind that this test run is about. */
export async function startAnyN8n(options: N8nOptions): Promise<N8n> {
	return isQueueMode() ? await startQueueN8n(options) : await startN8n(options);
}
