import type { Logger } from '../sdk';
import { StoreError } from '../store/storeError';

/** Logs what should not have happened. That the database cannot be used, its store has reported. */
export function reportUnexpected(error: unknown, logger: Logger): void {
	if (error instanceof StoreError) return;
	const reason = error instanceof Error ? error.message : String(error);
	logger.error(`[event-webhooks] Deliveries are held up: ${reason}`);
}
