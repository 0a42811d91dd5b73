import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { run } from '../command';
import { childEnvironment } from '../childEnvironment';
import { textAt, tryParseJson } from '../json';

/** A packed npm package. */
export interface Tarball {
	readonly file: string;
	readonly name: string;
	readonly version: string;
}

/** Reads name and version out of a packed package. */
export async function readTarball(file: string): Promise<Tarball> {
	const manifest = tryParseJson(
		await run({
			command: 'tar',
			args: ['-xzOf', file, 'package/package.json'],
			cwd: '/',
			env: childEnvironment(),
		}),
	);
	return { file, name: textAt(manifest, 'name'), version: textAt(manifest, 'version') };
}

/**
 * Writes a program named `npm` which answers `view` and `pack` of one package with its tarball and
 * leaves everything else to the real npm. With its folder first in `PATH`, n8n's own installer takes
 * the package as if it came from the registry.
 *
 * @returns the folder to put first in `PATH`
 */
export async function writeStandInNpm(folder: string, tarball: Tarball): Promise<string> {
	await mkdir(folder, { recursive: true });
	const script = `#!/bin/sh
case "$1 $2" in
	'view ${tarball.name}'*) echo '"${tarball.version}"'; exit ;;
	'pack ${tarball.name}'*) cp '${tarball.file}' . && echo '${basename(tarball.file)}'; exit ;;
esac
PATH="\${PATH#*:}" exec npm "$@"
`;
	const file = join(folder, 'npm');
	await writeFile(file, script);
	await chmod(file, 0o755);
	return folder;
}
