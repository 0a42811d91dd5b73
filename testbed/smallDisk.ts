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
	/** Takes the whole disk away, files and all; what is open stays open. */
	withdraw(): void;
	giveBack(): void;
	/** Lets nobody write; no file may be open. */
	lock(): void;
	unlock(): void;
	unmount(): void;
}

/**
 * Mounts a file system in memory as `<folder>/<name>`; undefined where that is not allowed, as it takes root.
 */
export function mountSmallDisk(
	folder: string,
	megabytes: number,
	name = 'disk',
): SmallDisk | undefined {
	const path = join(folder, name);
	const elsewhere = `${path}.withdrawn`;
	mkdirSync(path, { recursive: true });
	try {
		const options = `size=${megabytes}m`;
		execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
	} catch {
		return undefined;
	}
	const filler = join(path, 'filler');
	const mount = (...args: string[]) => {
		execFileSync('mount', args, { stdio: 'ignore' });
	};
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
		withdraw: () => {
			mkdirSync(elsewhere, { recursive: true });
			mount('--move', path, elsewhere);
		},
		giveBack: () => {
			mount('--move', elsewhere, path);
		},
		lock: () => {
			mount('-o', 'remount,ro', path);
		},
		unlock: () => {
			mount('-o', 'remount,rw', path);
		},
		unmount: () => {
			execFileSync('umount', ['--lazy', path]);
		},
	};
}
