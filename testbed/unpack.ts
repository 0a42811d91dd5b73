import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from './childEnvironment';
import { run } from './command';

/**
 * Unpacks a package's tarball.
 *
 * @param folder existing folder, for a new one in it
 * @returns the folder with the package's files
 */
export async function unpack(tarball: string, folder: string): Promise<string> {
	const unpacked = await mkdtemp(join(folder, 'unpacked-'));
	await run({
		command: 'tar',
		args: ['-xzf', tarball, '-C', unpacked, '--strip-components=1'],
		cwd: folder,
		env: childEnvironment(),
	});
	return unpacked;
}
