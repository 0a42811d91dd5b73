import { takeCleanup } from './keptCleanup';

/** Ends what the set-up has started. */
export default async function globalTeardown(): Promise<void> {
	await takeCleanup('stack')?.run();
}
