import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of a few megabytes. */
export interface SmallDisk {
	readonly path: string;
	/** Takes all the room that is left. */
	fill(): void;
	/** Gives it back. */
	free(): void;
	unmount(): void;
}

/** Mounts a file system in memory; undefined where that is not allowed, as it takes root. */
export function mountSmallDisk(folder: string, megabytes: number): SmallDisk | undefined {
	const path = join(folder, 'disk');
	mkdirSync(path);
	try {
		const options = `size=${megabytes}m`;
		execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
	} catch {
		return undefined;
	}
	const filler = join(path, 'filler');
	return {
		path,
		fill: () => {
			for (let size = megabytes * 1_048_576; size >= 1; size = Math.floor(size / 2)) {
				try {
					writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
				} catch {
					// No room for so much; the next one is half as large.
				}
			}
		},
		free: () => {
			rmSync(filler, { force: true });
		},
		unmount: () => {
			execFileSync('umount', ['--lazy', path]);
		},
	};
}
