import { chmodSync, mkdirSync } from 'node:fs';

/** Conversations and signing secrets are in these files: nobody but their owner may read them. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Makes a folder that only its owner can look into, whatever the umask of the process is. One that is
 * there already, from a backup for example, is closed to others.
 *
 * @throws Error of the file system; EPERM when the folder belongs to somebody else
 * @example
 * ensureOwnFolder('/home/me/.openclaw/event-webhooks');
 */
export function ensureOwnFolder(folder: string): void {
	mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
	chmodSync(folder, FOLDER_MODE);
}

/**
 * Closes a file to everybody but its owner; a file that is not there is left out.
 *
 * @throws Error of the file system; EPERM when the file belongs to somebody else
 */
export function closeToOthers(file: string): void {
	try {
		chmodSync(file, FILE_MODE);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
	}
}
