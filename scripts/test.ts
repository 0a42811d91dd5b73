import { spawn } from 'node:child_process';
import { REPOSITORY } from '../testbed/packPackage';
import { createProgress } from '../testbed/progress';
import { ensureRuntimes } from '../testbed/runtime';
import { runtimeEnvironment } from '../testbed/runtimeParts';

/**
 * Runs the unit and integration tests on the Node.js that n8n and OpenClaw need, whatever the
 * system's is. Arguments go to jest: `npm test -- protocol`.
 */
async function main(): Promise<number> {
	const { node, nodeFolder } = await ensureRuntimes(createProgress(), {
		n8n: false,
		openclaw: false,
	});
	const chosen = process.argv.slice(2);
	// The share of covered code means something only when all tests run.
	const options = chosen.some((argument) => !argument.startsWith('-')) ? [] : ['--coverage'];
	const child = spawn(
		node,
		[
			'--disable-warning=ExperimentalWarning',
			require.resolve('jest/bin/jest'),
			'--selectProjects',
			'unit',
			'integration',
			...options,
			'--testPathPatterns',
			...(chosen.length > 0 ? chosen : ['test/']),
		],
		{
			cwd: REPOSITORY,
			env: { ...process.env, ...runtimeEnvironment(nodeFolder) },
			stdio: 'inherit',
		},
	);
	return await new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', (code) => {
			resolve(code ?? 1);
		});
	});
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
