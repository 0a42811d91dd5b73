import { spawn } from 'node:child_process';
import { REPOSITORY } from './packPackage';
import type { Runtimes } from './runtime';
import { runtimeEnvironment } from './runtimeEnvironment';

/**
 * Runs a program of this repository on the Node.js that n8n and OpenClaw need, whatever the system's
 * is, with its output shown. Ctrl-C reaches the program itself, which cleans up: this waits for it.
 *
 * @param args of `node`
 * @returns the program's exit code
 */
export async function runOnRuntimeNode(
	{ node, nodeFolder }: Runtimes,
	args: readonly string[],
	env: Readonly<Record<string, string>> = {},
): Promise<number> {
	const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...args], {
		cwd: REPOSITORY,
		env: { ...process.env, ...runtimeEnvironment(nodeFolder), ...env },
		stdio: 'inherit',
	});
	process.on('SIGINT', () => undefined);
	process.on('SIGTERM', (signal) => child.kill(signal));
	return await new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', (code) => {
			resolve(code ?? 1);
		});
	});
}
