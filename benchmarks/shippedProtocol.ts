import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseConfigFileTextToJson, transpileModule } from 'typescript';
import type * as signature from '../protocol/signature';

/** What the protocol's signature module exports. */
export type SignatureModule = typeof signature;

const ROOT = join(__dirname, '..');

/**
 * Loads the signature code as users get it: compiled with the package's own settings. The loader that
 * runs the benchmarks compiles on the fly and puts a getter before every import, which costs a tenth
 * of a verification.
 */
export async function loadShippedSignature(): Promise<SignatureModule> {
	const settings = readFileSync(join(ROOT, 'tsconfig.json'), 'utf8');
	const { config } = parseConfigFileTextToJson('tsconfig.json', settings) as {
		config: { compilerOptions: Record<string, unknown> };
	};
	const { target, esModuleInterop } = config.compilerOptions;
	const folder = mkdtempSync(join(tmpdir(), 'shipped-protocol-'));
	try {
		// Schemas are in folders of their own, and nothing that signs needs them.
		for (const { name: file } of readdirSync(join(ROOT, 'protocol'), {
			withFileTypes: true,
		}).filter((entry) => entry.isFile())) {
			const source = readFileSync(join(ROOT, 'protocol', file), 'utf8');
			const compilerOptions = { target, esModuleInterop, module: 'commonjs' };
			// The compiler takes the names in tsconfig.json as well as its own numbers.
			const { outputText } = transpileModule(source, { compilerOptions: compilerOptions as never });
			writeFileSync(join(folder, `${basename(file, '.ts')}.js`), outputText);
		}
		return (await import(join(folder, 'signature.js'))) as SignatureModule;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
