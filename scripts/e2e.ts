import { spawn } from 'node:child_process';
import { REPOSITORY } from '../testbed/packPackage';
import { createProgress } from '../testbed/progress';
import { ensureRuntimes } from '../testbed/runtime';
import { ensureChromium } from './chromium';

/**
 * Runs the end-to-end tests: the packed package in a real n8n, against a real OpenClaw gateway.
 * Arguments go to jest: `npm run test:e2e -- smoke`.
 */
async function main(): Promise<number> {
	const progress = createProgress();
	await ensureRuntimes(progress);
	const chromium = await ensureChromium(progress);
	if (chromium === undefined) {
		progress.line('! No Chromium found: the tests of the editor are skipped');
	}
	return await runJest({ ...process.env, OPENCLAW_WEBHOOKS_CHROMIUM: chromium ?? '' });
}

async function runJest(env: NodeJS.ProcessEnv): Promise<number> {
	const jest = require.resolve('jest/bin/jest');
	const args = [jest, '--selectProjects', 'e2e', '--runInBand', ...process.argv.slice(2)];
	const child = spawn(process.execPath, args, { cwd: REPOSITORY, env, stdio: 'inherit' });
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
