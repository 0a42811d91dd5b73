import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();

// For commands that are interrupted before they have come to clean up.
process.on('exit', () => {
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * Makes an empty folder that is deleted at the latest when this process ends.
 *
 * @param purpose part of its name
 */
export async function temporaryFolder(purpose: string): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), `openclaw-webhooks-${purpose}-`));
	folders.add(folder);
	return folder;
}

/** Deletes such a folder now. */
export async function removeTemporaryFolder(folder: string): Promise<void> {
	folders.delete(folder);
	await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
