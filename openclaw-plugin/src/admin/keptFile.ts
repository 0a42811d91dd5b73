import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** A file that the gateway keeps, open. */
export interface KeptFile {
	/** Bytes, as of when it was opened. */
	readonly size: number;
	/** Reads so many, piece by piece. @throws Error when the file has become shorter */
	read(): AsyncGenerator<Uint8Array>;
	close(): Promise<void>;
}

/** A link in the place of the file isn't followed, and a pipe doesn't hold the gateway up. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const PIECE_BYTES = 65_536;
/** What is not there, or is not what the gateway has put there. */
const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO']);

/**
 * Opens a regular file in a folder or below it. Neither the file nor a folder on the way to it may be a
 * link, not even one that is put there meanwhile: it could lead to anything that the gateway may read.
 *
 * @param folders where it may be; they themselves may be reached by links
 * @param path as the gateway has told it
 * @returns undefined when there is no such file
 * @throws Error without the path, when the system cannot open it now
 */
export async function openKeptFile(
	folders: readonly string[],
	path: string,
): Promise<KeptFile | undefined> {
	let file: FileHandle | undefined;
	try {
		const real = await placeBelow(folders, path);
		if (real === undefined) return undefined;
		file = await open(real, FLAGS);
		const kept = file;
		const opened = await kept.stat();
		// Asked only now: what was opened has to be what stands at the path without any link.
		const isDirect = (await realpath(real)) === real;
		const named = await lstat(real);
		const isSame = opened.dev === named.dev && opened.ino === named.ino;
		if (!opened.isFile() || !isDirect || !isSame) {
			await kept.close();
			return undefined;
		}
		const { size } = opened;
		return {
			size,
			read: () => readPieces(kept, size),
			close: async () => {
				await kept.close();
			},
		};
	} catch (error) {
		await file?.close().catch(() => undefined);
		const { code } = error as NodeJS.ErrnoException;
		if (GONE.has(code)) return undefined;
		throw new Error(`A file of an event could not be opened (${code ?? 'unknown reason'})`);
	}
}

async function* readPieces(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
	for (let position = 0; position < size; ) {
		const length = Math.min(PIECE_BYTES, size - position);
		const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
		if (bytesRead === 0) throw new Error('A file of an event was cut while it was read');
		position += bytesRead;
		yield buffer.subarray(0, bytesRead);
	}
}

/** The path without the links that lead to its folder; undefined for one that is below none of them. */
async function placeBelow(folders: readonly string[], path: string): Promise<string | undefined> {
	if (!isAbsolute(path)) return undefined;
	for (const folder of folders) {
		const base = await realpath(folder).catch(() => undefined);
		if (base === undefined) continue;
		for (const start of [folder, base]) {
			const below = relative(start, path);
			const isBelow =
				below !== '' && below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
			if (isBelow) return join(base, below);
		}
	}
	return undefined;
}

/**
 * Where the gateway keeps the files that it receives: `media` in its state folder, or beside its
 * configuration file where only the place of that one was chosen.
 *
 * @param env of the gateway
 * @see https://docs.openclaw.ai/help/environment
 */
export function mediaFoldersOf(
	stateDir: string,
	{ OPENCLAW_STATE_DIR: chosen, OPENCLAW_CONFIG_PATH: configPath }: NodeJS.ProcessEnv,
): readonly string[] {
	const folders = [join(stateDir, 'media')];
	const config = configPath?.trim() ?? '';
	if ((chosen?.trim() ?? '') === '' && config !== '') {
		folders.push(join(dirname(resolve(config.replace(/^~(?=\/|$)/, homedir()))), 'media'));
	}
	return folders;
}
