import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { ensureRuntimes } from '../testbed/runtime';
import { removeTemporaryFolder, temporaryFolder } from '../testbed/temporaryFolder';
import type { BenchContext } from './benchContext';

/** A program for the Node.js that gateways run on. */
export interface CompiledProgram {
	/** The `node` program. */
	readonly node: string;
	readonly file: string;
}

const MAX_OUTPUT_BYTES = 1_048_576;

/**
 * Compiles a program as the plugin is compiled: the loader that runs the benchmarks slows down what it
 * compiles.
 *
 * @param source file in this folder
 */
export async function compileProgram(
	{ progress, cleanup }: BenchContext,
	source: string,
): Promise<CompiledProgram> {
	const { node } = await ensureRuntimes(progress, { n8n: false, openclaw: false });
	const folder = await temporaryFolder('bench');
	cleanup.defer(async () => removeTemporaryFolder(folder));
	const file = join(folder, `${basename(source, '.ts')}.mjs`);
	await build({
		entryPoints: [join(__dirname, source)],
		outfile: file,
		bundle: true,
		format: 'esm',
		platform: 'node',
		target: 'node24',
		// json5 is CommonJS, which asks for `require`.
		banner: {
			js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
		},
	});
	return { node, file };
}

/** Runs a program in a process of its own, and reads what it prints as JSON. */
export async function runProgram(
	{ node, file }: CompiledProgram,
	args: readonly string[],
): Promise<unknown> {
	const { stdout } = await promisify(execFile)(node, ['--expose-gc', file, ...args], {
		maxBuffer: MAX_OUTPUT_BYTES,
	});
	return JSON.parse(stdout);
}
