import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LoggedProcess } from '../childProcess';
import { run } from '../command';
import type { Runtimes } from '../runtime';
import { runtimeEnvironment } from '../runtimeEnvironment';
import { GiveUp, waitFor } from '../waitFor';
import { ONE_REQUEST } from './session';

const QUIET: Readonly<Record<string, string>> = {
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
	N8N_PYTHON_ENABLED: 'false',
};

/** It fetches a list from n8n's servers. An n8n that doesn't have it yet refuses to start with its name. */
const MODULE_TO_DISABLE = 'mcp-registry';

function disabledModules({ n8n }: Runtimes): Record<string, string> {
	const modules = join(dirname(n8n), '..', 'dist', 'modules');
	const isThere = existsSync(join(modules, MODULE_TO_DISABLE));
	return isThere ? { N8N_DISABLED_MODULES: MODULE_TO_DISABLE } : {};
}

/**
 * Environment variables of one process of a throwaway n8n.
 *
 * @param ports where it listens, and where its task runner finds it
 * @param url by which n8n is reached; its own address unless given
 */
export function n8nSettings(
	runtimes: Runtimes,
	folder: string,
	ports: { readonly web: number; readonly broker: number },
	url = `http://127.0.0.1:${ports.web}`,
): Record<string, string> {
	return {
		...QUIET,
		...disabledModules(runtimes),
		N8N_USER_FOLDER: folder,
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
		N8N_PORT: String(ports.web),
		N8N_RUNNERS_BROKER_PORT: String(ports.broker),
		N8N_EDITOR_BASE_URL: url,
		WEBHOOK_URL: url,
		// The address is plain http.
		N8N_SECURE_COOKIE: 'false',
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		N8N_LOG_LEVEL: 'info',
		GENERIC_TIMEZONE: 'UTC',
	};
}

/** Puts a package where n8n loads community packages from. */
export async function installByNpm(
	folder: string,
	packageFile: string,
	runtimes: Runtimes,
): Promise<void> {
	const nodes = join(folder, '.n8n', 'nodes');
	await mkdir(nodes, { recursive: true });
	await run({
		command: 'npm',
		args: [
			...'install --ignore-scripts --legacy-peer-deps --no-audit --no-fund'.split(' '),
			packageFile,
		],
		cwd: nodes,
		env: runtimeEnvironment(runtimes.nodeFolder),
	});
}

/** Waits until a process of n8n answers for itself. @throws Error with its last lines when it ends */
export async function waitUntilHealthy(url: string, program: LoggedProcess): Promise<void> {
	await waitFor(
		'n8n to be ready',
		async () => {
			if (program.ended()) throw new GiveUp(`n8n ended:\n${program.logTail()}`);
			return (await fetch(`${url}/healthz/readiness`, { headers: ONE_REQUEST })).ok;
		},
		{ timeoutMs: 180_000, everyMs: 100 },
	);
}

/** Waits until the editor's API is there, which is a moment after the database is. */
export async function waitForApi(url: string): Promise<void> {
	await waitFor(
		"n8n's REST API",
		async () => (await fetch(`${url}/rest/settings`, { headers: ONE_REQUEST })).ok,
	);
}
