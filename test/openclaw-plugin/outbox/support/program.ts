import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/**
 * Compiles a program of the tests into one file, so that a child process can run it.
 *
 * @returns the file
 */
export function compileProgram(source: string, folder: string): string {
	const outfile = join(folder, 'program.mjs');
	buildSync({
		entryPoints: [source],
		outfile,
		bundle: true,
		format: 'esm',
		platform: 'node',
		target: 'node24',
		// json5 is CommonJS, which asks for `require`.
		banner: {
			js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
		},
	});
	return outfile;
}

/**
 * Runs a program, kills it (SIGKILL) some time after its first line of output, and returns the lines that
 * it had written as a whole.
 */
export async function runAndKill(
	program: string,
	args: readonly string[],
	killAfterMs: number,
): Promise<readonly string[]> {
	const child = spawn(process.execPath, [program, ...args], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	let output = '';
	child.stdout.on('data', (chunk: Buffer) => {
		if (output === '') setTimeout(() => child.kill('SIGKILL'), killAfterMs);
		output += chunk.toString();
	});
	await new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	return output.split('\n').slice(0, -1);
}
