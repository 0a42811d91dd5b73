import { randomUUID } from 'node:crypto';
import { chown, mkdir, readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { childEnvironment } from '../childEnvironment';
import { startLogged, type LoggedProcess } from '../childProcess';
import { run } from '../command';
import { freePorts } from '../ports';
import { GiveUp, waitFor } from '../waitFor';

/** PostgreSQL and Redis of a queue mode, with a database of its own. */
export interface QueueServices {
	/** Environment variables by which n8n finds them. */
	readonly env: Readonly<Record<string, string>>;
	/** Lines that a query of n8n's database prints. */
	query(sql: string): Promise<readonly string[]>;
	/** Drops the database, and ends what was started. */
	remove(): Promise<void>;
}

const HOST = '127.0.0.1';
const POSTGRES_PORT = 5432;
const REDIS_PORT = 6379;
const POSTGRES_PROGRAMS = '/usr/lib/postgresql';

/** A server, found or started. */
interface Server {
	readonly port: number;
	stop(): Promise<void>;
}

async function shell(command: string, args: readonly string[]): Promise<string> {
	return await run({ command, args: [...args], cwd: '/', env: childEnvironment() });
}

async function answers(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, HOST);
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => {
			resolve(false);
		});
	});
}

async function untilItAnswers(what: string, port: number, program: LoggedProcess): Promise<void> {
	await waitFor(`${what} to answer`, async () => {
		if (program.ended()) throw new GiveUp(`${what} ended:\n${program.logTail()}`);
		return await answers(port);
	});
}

async function findOrStartRedis(folder: string): Promise<Server> {
	if (await answers(REDIS_PORT)) {
		return { port: REDIS_PORT, stop: async () => Promise.resolve() };
	}
	const [port = 0] = await freePorts(1);
	const program = await startLogged({
		command: 'redis-server',
		args: ['--bind', HOST, '--port', String(port), '--save', '', '--appendonly', 'no'],
		cwd: folder,
		env: childEnvironment(),
		logFile: join(folder, 'redis.log'),
	});
	await untilItAnswers('Redis', port, program);
	return { port, stop: async () => program.stop() };
}

function psql(port: number, sql: string, database = 'postgres'): readonly string[] {
	const place = ['-h', HOST, '-p', String(port), '-U', 'postgres', '-d', database];
	return [...place, '-v', 'ON_ERROR_STOP=1', '-qtAc', sql];
}

/** Whether the machine's PostgreSQL lets anybody on this machine in. */
async function hasOpenPostgres(): Promise<boolean> {
	if (!(await answers(POSTGRES_PORT))) return false;
	try {
		await shell('psql', [...psql(POSTGRES_PORT, 'SELECT 1'), '--no-password']);
		return true;
	} catch {
		return false;
	}
}

async function postgresPrograms(): Promise<string> {
	const versions = await readdir(POSTGRES_PROGRAMS).catch(() => []);
	const newest = versions.sort((one, other) => Number(one) - Number(other)).at(-1);
	if (newest === undefined) {
		throw new Error("Queue mode needs PostgreSQL: install Debian's package 'postgresql'");
	}
	return join(POSTGRES_PROGRAMS, newest, 'bin');
}

async function findOrStartPostgres(folder: string): Promise<Server> {
	if (await hasOpenPostgres()) {
		return { port: POSTGRES_PORT, stop: async () => Promise.resolve() };
	}
	const programs = await postgresPrograms();
	const [port = 0] = await freePorts(1);
	const data = join(folder, 'postgres');
	await mkdir(data, { recursive: true });
	// PostgreSQL refuses to run as root.
	const isRoot = process.getuid?.() === 0;
	const as = isRoot ? ['runuser', '-u', 'postgres', '--'] : [];
	if (isRoot) {
		const ids = await Promise.all([
			shell('id', ['-u', 'postgres']),
			shell('id', ['-g', 'postgres']),
		]);
		const [uid = 0, gid = 0] = ids.map(Number);
		await chown(folder, uid, gid);
		await chown(data, uid, gid);
	}
	const initialize = [join(programs, 'initdb'), '-D', data, '-U', 'postgres', '-A', 'trust'];
	const [first = '', ...rest] = [...as, ...initialize];
	await shell(first, rest);
	const serve = [
		join(programs, 'postgres'),
		'-D',
		data,
		'-h',
		HOST,
		'-p',
		String(port),
		'-k',
		data,
	];
	const [command = '', ...args] = [...as, ...serve];
	const logFile = join(folder, 'postgres.log');
	const program = await startLogged({ command, args, cwd: '/', env: childEnvironment(), logFile });
	await untilItAnswers('PostgreSQL', port, program);
	return { port, stop: async () => program.stop() };
}

/**
 * Takes the machine's PostgreSQL and Redis where they are running, and starts them from Debian's
 * packages otherwise. The database is a new one either way, and so are the keys in Redis.
 *
 * @param folder for what is started
 */
export async function startQueueServices(folder: string): Promise<QueueServices> {
	const redis = await findOrStartRedis(folder);
	const postgres = await findOrStartPostgres(folder);
	const name = `n8n_${randomUUID().replaceAll('-', '')}`;
	await waitFor('PostgreSQL to make a database', async () => {
		await shell('psql', psql(postgres.port, `CREATE DATABASE ${name}`));
		return true;
	});
	return {
		env: {
			EXECUTIONS_MODE: 'queue',
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: HOST,
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_DATABASE: name,
			DB_POSTGRESDB_USER: 'postgres',
			QUEUE_BULL_REDIS_HOST: HOST,
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			QUEUE_BULL_PREFIX: name,
			N8N_REDIS_KEY_PREFIX: name,
		},
		query: async (sql) => {
			const lines = (await shell('psql', psql(postgres.port, sql, name))).split('\n');
			return lines.filter((line) => line !== '');
		},
		remove: async () => {
			await shell('psql', psql(postgres.port, `DROP DATABASE ${name} WITH (FORCE)`));
			await postgres.stop();
			await redis.stop();
		},
	};
}
