import { Cleanup } from '../testbed/cleanup';
import { createProgress, type Progress } from '../testbed/progress';

/** What a command works with. */
export interface CommandTools {
	readonly progress: Progress;
	/** Undoes what the command has started, however it ends. */
	readonly cleanup: Cleanup;
}

/**
 * Runs a command of this repository to its end. One that fails says why and ends with 1.
 *
 * @example
 * void runCommand(async ({ progress, cleanup }) => { … });
 */
export async function runCommand(work: (tools: CommandTools) => Promise<void>): Promise<void> {
	const cleanup = new Cleanup();
	try {
		await work({ progress: createProgress(), cleanup });
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	} finally {
		await cleanup.run();
	}
}
