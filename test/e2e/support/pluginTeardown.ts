import { takeCleanup } from './keptCleanup';

/** Ends what the set-up has started. */
export default async function pluginTeardown(): Promise<void> {
	await takeCleanup('plugin')?.run();
}
