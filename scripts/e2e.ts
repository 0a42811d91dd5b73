import { spawn } from 'node:child_process';
import { REPOSITORY } from '../testbed/packPackage';
import { createProgress } from '../testbed/progress';
import { ensureRuntimes } from '../testbed/runtime';
import { runtimeEnvironment } from '../testbed/runtimeParts';
import { ensureChromium } from './chromium';

/**
 * Runs the end-to-end tests: the packed package in a real n8n, against a real OpenClaw gateway, and
 * the packed plugin in gateways of its own.
 * Arguments go to jest: `npm run test:e2e -- smoke`.
 */
async function main(): Promise<number> {
	const progress = createProgress();
	const { node, nodeFolder } = await ensureRuntimes(progress);
	const chromium = await ensureChromium(progress);
	if (chromium === undefined) {
		progress.line('! No Chromium found: the tests of the editor are skipped');
	}
	return await runJest(node, {
		...process.env,
		...runtimeEnvironment(nodeFolder),
		OPENCLAW_WEBHOOKS_CHROMIUM: chromium ?? '',
	});
}

async function runJest(node: string, env: NodeJS.ProcessEnv): Promise<number> {
	const jest = require.resolve('jest/bin/jest');
	const args = [
		jest,
		'--selectProjects',
		'e2e',
		'e2e-plugin',
		'--runInBand',
		...process.argv.slice(2),
	];
	const child = spawn(node, args, { cwd: REPOSITORY, env, stdio: 'inherit' });
	// On Ctrl-C jest gets the signal too, and cleans up: this process waits for it.
	const forward = (signal: NodeJS.Signals) => child.kill(signal);
	process.on('SIGINT', () => undefined);
	process.on('SIGTERM', forward);
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
