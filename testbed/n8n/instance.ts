import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { END_WITH_PARENT, startLogged, type LoggedProcess } from '../childProcess';
import { keepFiles } from '../evidence/evidence';
import { freePorts } from '../ports';
import type { Runtimes } from '../runtime';
import { runtimeEnvironment } from '../runtimeEnvironment';
import { removeTemporaryFolder, temporaryFolder } from '../temporaryFolder';
import { N8nClient } from './client';
import { installByNpm, n8nSettings, waitForApi, waitUntilHealthy } from './program';
import { readTarball, writeStandInNpm, type Tarball } from './standInNpm';

/** What it has written and stored, executions among it. */
const N8N_EVIDENCE = [
	'n8n.log',
	join('.n8n', 'n8nEventLog.log'),
	...['', '-wal', '-shm'].map((end) => join('.n8n', `database.sqlite${end}`)),
];

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
	/** Folder of another n8n whose data it starts with a copy of: database, settings and installed packages. */
	readonly copyOf?: string;
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
	let environment = { ...n8nSettings(runtimes, folder, { web, broker }), ...options.env };
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
		await waitUntilHealthy(url, program);
		await waitForApi(url);
		await client.logIn();
	};
	const remove = async () => {
		await program?.kill();
		await keepFiles(folder, N8N_EVIDENCE);
		await removeTemporaryFolder(folder);
	};

	try {
		if (options.copyOf !== undefined) {
			await cp(join(options.copyOf, '.n8n'), join(folder, '.n8n'), { recursive: true });
		}
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
