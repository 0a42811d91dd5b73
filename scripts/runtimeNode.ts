import { createProgress } from '../testbed/progress';
import { ensureRuntimes } from '../testbed/runtime';
import { runOnRuntimeNode } from '../testbed/runtimeNode';

/** Runs a script of this repository on Node.js 24: `tsx scripts/runtimeNode.ts trials/crash/run.ts 3`. */
async function main(): Promise<number> {
	const runtimes = await ensureRuntimes(createProgress(), { n8n: false, openclaw: false });
	return await runOnRuntimeNode(runtimes, ['--import', 'tsx', ...process.argv.slice(2)]);
}

main().then(
	(code) => {
		process.exitCode = code;
	},
	(error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	},
);
