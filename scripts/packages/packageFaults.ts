import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { textAt, tryParseJson } from '../../testbed/json';
import { codeFaults } from './codeFaults';
import { manifestFaults } from './manifestFaults';
import { rulesFor } from './packageRules';
import { textFaults } from './textFaults';

/** Verdict on an unpacked package. */
export interface PackageVerdict {
	readonly name: string;
	readonly fileCount: number;
	/** What is wrong with it, for people. */
	readonly faults: readonly string[];
}

/**
 * Looks at everything in an unpacked package.
 *
 * @throws Error when it is none of our packages
 */
export async function checkPackage(folder: string): Promise<PackageVerdict> {
	const manifest = tryParseJson(await readFile(join(folder, 'package.json'), 'utf8'));
	const rules = rulesFor(textAt(manifest, 'name'));
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const nameOf = (entry: (typeof entries)[number]) =>
		relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
	const files = entries.filter((entry) => entry.isFile()).map(nameOf);
	const odd = entries.filter((entry) => !entry.isFile() && !entry.isDirectory()).map(nameOf);
	const faults = [
		...odd.map((file) => `${file} is a link or no file at all`),
		...files
			.filter((file) => !rules.files.some((pattern) => pattern.test(file)))
			.map((file) => `${file} does not belong into the package`),
		...manifestFaults(manifest, rules),
	];
	for (const file of files) {
		const text = await readFile(join(folder, file), 'utf8');
		faults.push(...textFaults(file, text));
		if (file.endsWith('.js')) faults.push(...codeFaults(file, text, rules));
	}
	return { name: rules.name, fileCount: files.length, faults };
}
