import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { at, listAt, textAt, tryParseJson } from '../testbed/json';
import { packPackage, REPOSITORY } from '../testbed/packPackage';
import { removeTemporaryFolder, temporaryFolder } from '../testbed/temporaryFolder';
import { unpack } from '../testbed/unpack';

/** The scanner's verdict on a folder. */
interface Verdict {
	readonly passed: boolean;
	readonly message: string;
	readonly details: string;
}

type Analyze = (folder: string, patterns: readonly string[]) => Promise<Verdict>;

/** n8n scans the sources by these patterns, and the package by those below. */
const PACKAGE_PATTERNS = ['**/*.js', 'package.json'];

/**
 * Loads n8n's scanner. Its command line only takes published packages, with their provenance; the
 * analysis underneath works on any folder.
 */
async function loadScanner(): Promise<{ analyze: Analyze; sourcePatterns: readonly string[] }> {
	const file = require.resolve('@n8n/scan-community-package/scanner/scanner.mjs');
	const scanner: unknown = await import(pathToFileURL(file).href);
	const analyzePackage = at(scanner, 'analyzePackage');
	const sourcePatterns = listAt(scanner, 'SOURCE_FILE_PATTERNS').filter(
		(pattern) => typeof pattern === 'string',
	);
	if (typeof analyzePackage !== 'function' || sourcePatterns.length === 0) {
		throw new Error("n8n's scanner has changed: analyzePackage or SOURCE_FILE_PATTERNS is missing");
	}
	const analyze: Analyze = async (folder, patterns) => {
		const verdict = await (analyzePackage as (...args: unknown[]) => unknown)(folder, patterns);
		const message = textAt(verdict, 'message');
		return {
			// It also says so when it has found nothing to look at.
			passed: at(verdict, 'passed') === true && message === '',
			message,
			details: textAt(verdict, 'details'),
		};
	};
	return { analyze, sourcePatterns };
}

/** Names what should be in the package and isn't; for what shouldn't be and is, see checkPackages.ts. */
async function checkContents(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = entries
		.filter((entry) => !entry.isDirectory())
		.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
	const manifest = tryParseJson(await readFile(join(folder, 'package.json'), 'utf8'));
	const entryPoints = [at(manifest, 'main'), at(manifest, 'types')].concat(
		listAt(manifest, 'n8n', 'nodes'),
		listAt(manifest, 'n8n', 'credentials'),
	);
	const needed = ['README.md', 'LICENSE', 'THIRD_PARTY_LICENSES.md', ...entryPoints.map(String)];
	return needed.filter((file) => !files.includes(file)).map((file) => `${file} is missing`);
}

async function scan(folder: string): Promise<boolean> {
	const given = process.argv[2];
	const tarball = given === undefined ? await packPackage(folder) : resolve(given);
	const { analyze, sourcePatterns } = await loadScanner();
	const unpacked = await unpack(tarball, folder);
	const { size } = await stat(tarball);

	const verdicts = [
		['sources', await analyze(REPOSITORY, sourcePatterns)],
		['packed package', await analyze(unpacked, PACKAGE_PATTERNS)],
	] as const;
	for (const [what, { passed, message, details }] of verdicts) {
		console.log(`${passed ? '✔' : '✖'} n8n's scanner on the ${what} ${message}`.trimEnd());
		if (details !== '') console.log(details);
	}
	const strays = await checkContents(unpacked);
	console.log(
		`${strays.length === 0 ? '✔' : '✖'} contents of the package (${Math.round(size / 1024)} KiB)`,
	);
	for (const stray of strays) console.log(`  ${stray}`);
	return strays.length === 0 && verdicts.every(([, { passed }]) => passed);
}

async function main(): Promise<void> {
	const folder = await temporaryFolder('scan');
	try {
		if (!(await scan(folder))) process.exitCode = 1;
	} finally {
		await removeTemporaryFolder(folder);
	}
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
