import { createProgress } from '../testbed/progress';
import { ensureRuntimes } from '../testbed/runtime';
import { runOnRuntimeNode } from '../testbed/runtimeNode';

/**
 * Runs the unit and integration tests on the Node.js that n8n and OpenClaw need. Arguments go to
 * jest: `npm test -- protocol`.
 */
async function main(): Promise<number> {
	const runtimes = await ensureRuntimes(createProgress(), { n8n: false, openclaw: false });
	const chosen = process.argv.slice(2);
	// The share of covered code means something only when all tests run.
	const coverage = chosen.some((argument) => !argument.startsWith('-')) ? [] : ['--coverage'];
	const jest = require.resolve('jest/bin/jest');
	const args = [jest, ...coverage, '--selectProjects', 'unit', 'integration', '--no-watchman'];
	return await runOnRuntimeNode(runtimes, [...args, ...chosen]);
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
