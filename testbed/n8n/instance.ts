import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { END_WITH_PARENT, startLogged, type LoggedProcess } from '../childProcess';
import { run } from '../command';
import { freePorts } from '../ports';
import type { Runtimes } from '../runtime';
import { runtimeEnvironment } from '../runtimeParts';
import { removeTemporaryFolder, temporaryFolder } from '../temporaryFolder';
import { GiveUp, waitFor } from '../waitFor';
import { N8nClient } from './client';
import { readTarball, writeStandInNpm, type Tarball } from './standInNpm';

/** How to start a throwaway n8n. */
export interface N8nOptions {
	readonly runtimes: Runtimes;
	/** Our packed package (a `.tgz` file); n8n starts without it when left out. */
	readonly packageFile?: string;
	/**
	 * `editor` (default): installed as by a click in *Settings > Community nodes*, through n8n's own
	 * installer. `npm`: `npm install` in n8n's folder before the start, which is faster.
	 */
	readonly installBy?: 'editor' | 'npm';
	/** Environment variables for n8n, such as `N8N_EXPRESSION_ENGINE`. */
	readonly env?: Readonly<Record<string, string>>;
}

/** A running throwaway n8n with an owner account. */
export interface N8n {
	readonly url: string;
	/** REST client, logged in as the owner. */
	readonly client: N8nClient;
	/** Folder with the database, the settings and the installed package. */
	readonly folder: string;
	/** Process id of n8n, for measurements. */
	readonly pid: number;
	/** Everything n8n has written so far. */
	log(): Promise<string>;
	/** Ends n8n in order (SIGTERM); data and address stay for `start()`. */
	stop(): Promise<void>;
	/** Ends n8n at once, as a crash would. */
	kill(): Promise<void>;
	/** Starts it again on the same data and address, with more environment variables where given. */
	start(env?: Readonly<Record<string, string>>): Promise<void>;
	/** Ends it and deletes its folder. */
	remove(): Promise<void>;
}

const QUIET: Readonly<Record<string, string>> = {
	N8N_DIAGNOSTICS_ENABLED: 'false',
	// Fetches a list from n8n's servers.
	N8N_DISABLED_MODULES: 'mcp-registry',
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

function settings(folder: string, ports: { web: number; broker: number }): Record<string, string> {
	const url = `http://127.0.0.1:${ports.web}`;
	return {
		...QUIET,
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

async function installByNpm(
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

async function waitUntilReady(url: string, program: LoggedProcess): Promise<void> {
	await waitFor(
		'n8n to be ready',
		async () => {
			if (program.ended()) throw new GiveUp(`n8n ended:\n${program.logTail()}`);
			return (await fetch(`${url}/healthz/readiness`)).ok;
		},
		{ timeoutMs: 180_000, everyMs: 100 },
	);
	// Ready only means that the database is: the editor's API comes a moment later.
	await waitFor("n8n's REST API", async () => (await fetch(`${url}/rest/settings`)).ok);
}

/**
 * Starts an n8n of its own: empty database, own folder, free ports, no calls to n8n's servers.
 *
 * @throws Error with n8n's last lines when it doesn't come up or refuses the package
 * @example
 * const n8n = await startN8n({ runtimes, packageFile });
 * const workflow = await n8n.client.createWorkflow({ name: 'Audit', nodes, connections });
 */
export async function startN8n(options: N8nOptions): Promise<N8n> {
	const { runtimes, packageFile, installBy = 'editor' } = options;
	const folder = await temporaryFolder('n8n');
	const [web = 0, broker = 0] = await freePorts(2);
	const url = `http://127.0.0.1:${web}`;
	const logFile = join(folder, 'n8n.log');
	const client = new N8nClient(url);
	let environment = { ...settings(folder, { web, broker }), ...options.env };
	let tarball: Tarball | undefined;
	let standIns: readonly string[] = [];
	let program: LoggedProcess | undefined;

	const start = async (env: Readonly<Record<string, string>> = {}) => {
		environment = { ...environment, ...env };
		program = await startLogged({
			command: runtimes.node,
			args: ['--require', END_WITH_PARENT, runtimes.n8n, 'start'],
			cwd: folder,
			env: runtimeEnvironment(runtimes.nodeFolder, environment, standIns),
			logFile,
		});
		await waitUntilReady(url, program);
		await client.logIn();
	};
	const remove = async () => {
		await program?.kill();
		await removeTemporaryFolder(folder);
	};

	try {
		if (packageFile !== undefined && installBy === 'npm') {
			await installByNpm(folder, packageFile, runtimes);
		}
		if (packageFile !== undefined && installBy === 'editor') {
			tarball = await readTarball(packageFile);
			standIns = [await writeStandInNpm(join(folder, 'bin'), tarball)];
		}
		await start();
		if (tarball !== undefined) {
			const { name, version } = tarball;
			await client.request('POST', '/rest/community-packages', { name: `${name}@${version}` });
		}
	} catch (error) {
		await remove();
		throw error;
	}
	return {
		url,
		client,
		folder,
		get pid() {
			return program?.pid ?? 0;
		},
		log: async () => readFile(logFile, 'utf8'),
		stop: async () => program?.stop(),
		kill: async () => program?.kill(),
		start,
		remove,
	};
}
