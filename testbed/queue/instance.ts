import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { END_WITH_PARENT, startLogged, type LoggedProcess } from '../childProcess';
import { N8nClient } from '../n8n/client';
import type { N8n, N8nOptions } from '../n8n/instance';
import { installByNpm, n8nSettings, waitForApi, waitUntilHealthy } from '../n8n/program';
import { keepFiles } from '../evidence/evidence';
import { freePorts } from '../ports';
import { runtimeEnvironment } from '../runtimeEnvironment';
import { removeTemporaryFolder, temporaryFolder } from '../temporaryFolder';
import { startBalancer, type Balancer } from './balancer';
import { startQueueServices, type QueueServices } from './services';

/** How many processes an n8n in queue mode has besides its main one. */
export interface QueueSize {
	readonly processors: number;
	readonly workers: number;
}

export const USUAL_SIZE: QueueSize = { processors: 2, workers: 2 };

type Role = 'main' | 'processor' | 'worker';

/** An n8n of several processes. */
export interface QueueN8n extends N8n {
	/** Addresses of the webhook processors, past the one address of all. */
	readonly processorUrls: readonly string[];
	/** Ids of the running processes. */
	pidsOf(role: Role): readonly number[];
	/** Its processes of a kind, each to be ended and started by itself. */
	processes(role: Role): readonly QueueProcess[];
	/** Lines that a query of its database prints. */
	query(sql: string): Promise<readonly string[]>;
}

/** One process of an n8n in queue mode; what it is part of goes on without it. */
export interface QueueProcess {
	/** Ends it in order (SIGTERM). */
	stop(): Promise<void>;
	/** Ends it at once, as a crash would. */
	kill(): Promise<void>;
	start(): Promise<void>;
}

/** One process of it. */
interface Part {
	readonly name: string;
	readonly role: Role;
	readonly ports: { readonly web: number; readonly broker: number };
}

const COMMANDS: Readonly<Record<Role, readonly string[]>> = {
	main: ['start'],
	processor: ['webhook'],
	worker: ['worker', '--concurrency=10'],
};

async function planParts({ processors, workers }: QueueSize): Promise<readonly Part[]> {
	const roles: Role[] = [
		'main',
		...Array<Role>(processors).fill('processor'),
		...Array<Role>(workers).fill('worker'),
	];
	const ports = await freePorts(2 * roles.length);
	return roles.map((role, index) => ({
		name: `${role}-${String(index)}`,
		role,
		ports: { web: ports[2 * index] ?? 0, broker: ports[2 * index + 1] ?? 0 },
	}));
}

/**
 * Starts an n8n in queue mode of its own: one main process, webhook processors, workers, PostgreSQL and
 * Redis, behind one address. The processes share a folder with the installed package, as containers
 * with one volume do.
 *
 * @throws Error with the last lines of the process that doesn't come up
 * @example
 * const n8n = await startQueueN8n({ runtimes, packageFile });
 */
export async function startQueueN8n(
	options: N8nOptions & { readonly size?: QueueSize },
): Promise<QueueN8n> {
	const { runtimes, packageFile, size = USUAL_SIZE } = options;
	const folder = await temporaryFolder('n8n-queue');
	const parts = await planParts(size);
	const [port = 0] = await freePorts(1);
	const url = `http://127.0.0.1:${String(port)}`;
	const client = new N8nClient(url);
	const running = new Map<string, LoggedProcess>();
	let services: QueueServices | undefined;
	let balancer: Balancer | undefined;
	let more: Readonly<Record<string, string>> = {
		...options.env,
		N8N_ENCRYPTION_KEY: randomBytes(24).toString('hex'),
		N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true',
	};

	const of = (role: Role) => parts.filter((part) => part.role === role);
	const startPart = async ({ name, role, ports }: Part): Promise<void> => {
		const env = {
			...n8nSettings(runtimes, folder, ports, url),
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: String(ports.web),
			...services?.env,
			...more,
		};
		const program = await startLogged({
			command: runtimes.node,
			args: ['--require', END_WITH_PARENT, runtimes.n8n, ...COMMANDS[role]],
			cwd: folder,
			env: runtimeEnvironment(runtimes.nodeFolder, env),
			logFile: join(folder, `${name}.log`),
		});
		running.set(name, program);
		await waitUntilHealthy(`http://127.0.0.1:${String(ports.web)}`, program);
	};
	const start = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
		more = { ...more, ...env };
		services ??= await startQueueServices(folder);
		const [main, ...others] = parts;
		// The main process makes the tables.
		if (main !== undefined) await startPart(main);
		await Promise.all(others.map(startPart));
		balancer ??= await startBalancer(port, {
			main: main?.ports.web ?? 0,
			processors: of('processor').map(({ ports }) => ports.web),
		});
		await waitForApi(url);
		await client.logIn();
	};
	const endAll = async (how: 'stop' | 'kill'): Promise<void> => {
		await Promise.all([...running.values()].map(async (program) => program[how]()));
		running.clear();
	};
	const remove = async (): Promise<void> => {
		await endAll('kill');
		await keepFiles(
			folder,
			parts.map(({ name }) => `${name}.log`),
		);
		await balancer?.close();
		balancer = undefined;
		await services?.remove();
		services = undefined;
		await removeTemporaryFolder(folder);
	};

	try {
		if (packageFile !== undefined) await installByNpm(folder, packageFile, runtimes);
		await start();
	} catch (error) {
		await remove();
		throw error;
	}
	return {
		url,
		client,
		folder,
		get pid() {
			return running.get(parts[0]?.name ?? '')?.pid ?? 0;
		},
		processorUrls: of('processor').map(({ ports }) => `http://127.0.0.1:${String(ports.web)}`),
		pidsOf: (role) => of(role).flatMap(({ name }) => running.get(name)?.pid ?? []),
		processes: (role) =>
			of(role).map((part) => {
				const end = async (how: 'stop' | 'kill') => {
					await running.get(part.name)?.[how]();
					running.delete(part.name);
				};
				return {
					stop: async () => end('stop'),
					kill: async () => end('kill'),
					start: async () => startPart(part),
				};
			}),
		query: async (sql) => (await services?.query(sql)) ?? [],
		log: async () => {
			const files = (await readdir(folder)).filter((file) =>
				/^(?:main|processor|worker)-/.test(file),
			);
			const texts = files.map(async (file) => readFile(join(folder, file), 'utf8'));
			return (await Promise.all(texts)).join('\n');
		},
		stop: async () => endAll('stop'),
		kill: async () => endAll('kill'),
		start,
		remove,
	};
}
