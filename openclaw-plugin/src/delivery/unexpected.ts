import type { Logger } from '../sdk';
import { errorText } from '../store/errorText';
import { storeFailureOf } from '../store/storeError';

/** Logs what should not have happened. That the database cannot be used, its store has reported. */
export function reportUnexpected(error: unknown, logger: Logger): void {
	if (storeFailureOf(error) !== undefined) return;
	logger.error(`Deliveries are held up: ${errorText(error)}`);
}
