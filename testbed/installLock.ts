import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { waitFor } from './waitFor';

const LONGEST_INSTALL_MS = 60 * 60 * 1000;
const FOREIGN_LOCK_MS = 20 * 60 * 1000;

function isCode(error: unknown, code: string): boolean {
	return error instanceof Error && 'code' in error && error.code === code;
}

async function isAbandoned(file: string): Promise<boolean> {
	const [content, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
	const [pid, host] = content.split('\n');
	// Another machine or container that shares the folder: its processes can't be seen from here.
	if (host !== hostname()) return Date.now() - mtimeMs > FOREIGN_LOCK_MS;
	try {
		process.kill(Number(pid), 0);
		return false;
	} catch (error) {
		return isCode(error, 'ESRCH');
	}
}

async function tryTake(file: string): Promise<boolean> {
	try {
		await writeFile(file, `${String(process.pid)}\n${hostname()}`, { flag: 'wx' });
		return true;
	} catch (error) {
		if (!isCode(error, 'EEXIST')) throw error;
	}
	try {
		if (await isAbandoned(file)) {
			const aside = `${file}.${String(process.pid)}`;
			await rename(file, aside);
			await rm(aside);
		}
	} catch (error) {
		// Somebody else removed it in the meantime.
		if (!isCode(error, 'ENOENT')) throw error;
	}
	return false;
}

/**
 * Runs `work` while no other process holds the same lock file. A lock left behind by a process that
 * no longer runs is taken over.
 *
 * @param onWait called once when another process has to be waited for
 */
export async function withInstallLock<Result>(
	file: string,
	onWait: () => void,
	work: () => Promise<Result>,
): Promise<Result> {
	await mkdir(dirname(file), { recursive: true });
	let waiting = false;
	await waitFor(
		`the other installation that holds ${file}`,
		async () => {
			if (await tryTake(file)) return true;
			if (!waiting) onWait();
			waiting = true;
			return false;
		},
		{ timeoutMs: LONGEST_INSTALL_MS, everyMs: 300 },
	);
	try {
		return await work();
	} finally {
		await rm(file, { force: true });
	}
}
