import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { JsonObject } from '../json';
import { removeTemporaryFolder, temporaryFolder } from '../temporaryFolder';

/**
 * What programs have written and stored stays here after they were removed, so that it can be searched
 * for secrets at the end of a test run. Nothing is kept where the variable is not set.
 */
const VARIABLE = 'OPENCLAW_WEBHOOKS_EVIDENCE';
const SECRETS = 'secrets.txt';
const ANSWERS = 'execution-answers.txt';

/** The folder of this run's evidence; undefined when none is kept. */
export function evidenceFolder(): string | undefined {
	const folder = process.env[VARIABLE] ?? '';
	return folder === '' ? undefined : folder;
}

/**
 * Begins to keep evidence, unless that has begun.
 *
 * @param cleanup gets what has to be undone
 */
export async function beginEvidence(cleanup: {
	defer(task: () => Promise<void>): void;
}): Promise<void> {
	if (evidenceFolder() !== undefined) return;
	const folder = await temporaryFolder('evidence');
	process.env[VARIABLE] = folder;
	cleanup.defer(async () => removeTemporaryFolder(folder));
}

/**
 * Keeps files of a program that is about to be removed.
 *
 * @param folder of the program
 * @param files relative to it; those that are not there are left out
 */
export async function keepFiles(folder: string, files: readonly string[]): Promise<void> {
	const evidence = evidenceFolder();
	if (evidence === undefined) return;
	for (const file of files.filter((name) => existsSync(join(folder, name)))) {
		const kept = join(evidence, basename(folder), file);
		mkdirSync(dirname(kept), { recursive: true });
		await cp(join(folder, file), kept);
	}
}

/** Keeps what n8n tells of an execution: it goes when its workflow is deleted. */
export function keepExecution(answer: unknown): void {
	append(ANSWERS, JSON.stringify(answer));
}

/** Remembers the secrets in the data of a credential, which must turn up nowhere else. */
export function rememberSecrets(data: JsonObject): void {
	for (const value of [data.accessToken, data.hookToken, data.signingSecret]) {
		if (typeof value === 'string' && value !== '') append(SECRETS, value.split(/\s+/).join('\n'));
	}
}

/** All secrets that were remembered. */
export function rememberedSecrets(): readonly string[] {
	const file = join(evidenceFolder() ?? '', SECRETS);
	return existsSync(file) ? [...new Set(readFileSync(file, 'utf8').split('\n'))] : [];
}

function append(file: string, line: string): void {
	const folder = evidenceFolder();
	if (folder !== undefined) appendFileSync(join(folder, file), `${line}\n`);
}

/** Name of the file with the secrets themselves, which is no evidence. */
export const SECRETS_FILE = SECRETS;
