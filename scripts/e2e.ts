import { createProgress } from '../testbed/progress';
import { ensureRuntimes } from '../testbed/runtime';
import { runOnRuntimeNode } from '../testbed/runtimeNode';
import { ensureChromium } from './chromium';

/**
 * Runs the end-to-end tests: the packed package in a real n8n, against a real OpenClaw gateway, and
 * the packed plugin in gateways of its own.
 * Arguments go to jest: `npm run test:e2e -- smoke`. An empty OPENCLAW_WEBHOOKS_CHROMIUM leaves the
 * editor out.
 */
async function main(): Promise<number> {
	const progress = createProgress();
	const runtimes = await ensureRuntimes(progress);
	const chromium = process.env.OPENCLAW_WEBHOOKS_CHROMIUM ?? (await ensureChromium(progress)) ?? '';
	if (chromium === '') progress.line('! Without Chromium: the tests of the editor are skipped');
	const jest = require.resolve('jest/bin/jest');
	const given = process.argv.slice(2);
	const projects = given.includes('--selectProjects')
		? []
		: ['--selectProjects', 'e2e', 'e2e-plugin'];
	// An option has to follow the projects, or jest takes the names of tests for projects, and runs all.
	const args = [jest, ...projects, '--runInBand', ...given];
	return await runOnRuntimeNode(runtimes, args, {
		OPENCLAW_WEBHOOKS_CHROMIUM: chromium,
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
