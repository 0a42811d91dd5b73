import {
	closeSync,
	constants,
	fchmodSync,
	futimesSync,
	openSync,
	readFileSync,
	statSync,
	utimesSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ensureOwnFolder } from '../store/database';
import { listFaults, onFaultChange } from './faults';
import type { Fault, FaultCode } from './faults';

export type { Fault, FaultCode, NewFault } from './faults';
export { clearFault, listFaults, reportFault } from './faults';

/** What the gateway tells about itself. Times are milliseconds since 1970. */
interface Status {
	readonly pid: number;
	readonly version: string;
	readonly startedAt: number;
	/** Some seconds ago at most while the gateway runs. */
	readonly updatedAt: number;
	/** Present when it was stopped in good order. */
	readonly stoppedAt?: number;
	readonly faults: readonly Fault[];
}

/** How the gateway's plugin is, as any process can tell. */
export interface Health extends Status {
	/** Whether it says so still: it has given a sign within the last 15 seconds and not been stopped. */
	readonly isRunning: boolean;
}

/**
 * Where the gateway shows that a service does not work: `openclaw health`, the list of plugins. It is part of
 * the context that a service is started with.
 *
 * @see https://docs.openclaw.ai/plugins/sdk-runtime
 */
export interface ServiceHealth {
	reportFailure(error: unknown): void;
	clearFailure(): void;
}

export interface HealthOptions {
	/** Version of the plugin. */
	readonly version: string;
	/** Milliseconds since 1970. */
	readonly now?: () => number;
	readonly serviceHealth?: ServiceHealth | undefined;
}

const HEARTBEAT_MS = 5000;
const SILENCE_MS = 15_000;
/** Milliseconds between two writes while faults come and go. */
const WRITE_PAUSE_MS = 1000;

/**
 * Reads how the gateway's plugin is. Works while the database cannot be read, and from other processes.
 *
 * @param folder see `dataFolder`
 * @returns undefined when it has never run with this folder
 * @example
 * readHealth(folder)?.faults.map(({ message }) => message);
 */
export function readHealth(folder: string, now: number = Date.now()): Health | undefined {
	const status = readStatus(folder);
	if (status === undefined) return undefined;
	const isHeard = Math.abs(now - status.updatedAt) < SILENCE_MS;
	return { ...status, isRunning: status.stoppedAt === undefined && isHeard };
}

/**
 * Keeps the health of a gateway readable for other processes: in a file that is written when a fault comes or
 * goes, and whose time is set every five seconds, which writes no data. To be called by the gateway's service
 * only.
 *
 * @returns a function that ends it and leaves word that the gateway was stopped
 */
export function startHealth(folder: string, options: HealthOptions): () => void {
	const { version, now = Date.now, serviceHealth } = options;
	const startedAt = now();
	let immediate: NodeJS.Immediate | undefined;
	let pause: NodeJS.Timeout | undefined;
	/** Whether the file says what is. */
	let isWritten = false;

	const write = (more: { stoppedAt?: number } = {}) => {
		const { pid } = process;
		const faults = listFaults(folder);
		tellGateway(faults, serviceHealth);
		try {
			ensureOwnFolder(folder);
			writeStatus(folder, { pid, version, startedAt, updatedAt: now(), ...more, faults });
			isWritten = true;
		} catch {
			// Nowhere to write to: the gateway's log has the faults too.
		}
	};
	const endPause = () => {
		pause = undefined;
		if (!isWritten) write();
	};
	const forget = onFaultChange(folder, () => {
		isWritten = false;
		if (pause !== undefined) return;
		immediate ??= setImmediate(() => {
			immediate = undefined;
			write();
			pause = setTimeout(endPause, WRITE_PAUSE_MS).unref();
		});
	});
	const timer = setInterval(() => {
		if (!isWritten || !touchStatus(folder, now())) write();
	}, HEARTBEAT_MS).unref();
	write();
	return () => {
		forget();
		clearInterval(timer);
		clearTimeout(pause);
		clearImmediate(immediate);
		write({ stoppedAt: now() });
		serviceHealth?.clearFailure();
	};
}

/**
 * Faults of the plugin as a whole. Those of one endpoint or one setting are not for the gateway: it counts
 * such a plugin as broken, and refuses updates of itself because of it.
 */
const OF_THE_SERVICE: ReadonlySet<FaultCode> = new Set([
	'disk-full',
	'database-unavailable',
	'database-newer',
	'outbox-full',
	'events-waiting',
	'internal',
]);

function tellGateway(faults: readonly Fault[], serviceHealth: ServiceHealth | undefined): void {
	const texts = faults
		.filter(({ code, severity }) => severity === 'fault' && OF_THE_SERVICE.has(code))
		.map(({ message }) => message);
	if (texts.length === 0) serviceHealth?.clearFailure();
	else serviceHealth?.reportFailure(new Error(texts.join('; ')));
}

const STATUS_FILE = 'event-webhooks.status.json';
/** The file always has this size: a full disk takes no more bytes, but lets old ones be overwritten. */
const FILE_BYTES = 32_768;
const MAX_MESSAGE_LENGTH = 1000;
const READS = 3;

/** Writes a status over the one before. @throws Error of the file system */
function writeStatus(folder: string, status: Status): void {
	const path = join(folder, STATUS_FILE);
	const bytes = Buffer.alloc(FILE_BYTES, ' ');
	bytes.write(fit(status));
	bytes.write('\n', FILE_BYTES - 1);
	// Opened without emptying it, and written at once: readers see the old status or the new one.
	const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
	try {
		fchmodSync(descriptor, 0o600);
		writeSync(descriptor, bytes, 0, FILE_BYTES, 0);
		const seconds = status.updatedAt / 1000;
		futimesSync(descriptor, seconds, seconds);
	} finally {
		closeSync(descriptor);
	}
}

/** Gives a sign of life; says whether there is a file to give it with. */
function touchStatus(folder: string, now: number): boolean {
	try {
		utimesSync(join(folder, STATUS_FILE), now / 1000, now / 1000);
		return true;
	} catch {
		return false;
	}
}

/** Reads what the gateway wrote last; undefined when it has never run, or nothing can be read. */
function readStatus(folder: string): Status | undefined {
	const path = join(folder, STATUS_FILE);
	for (let read = 0; read < READS; read += 1) {
		try {
			const touchedAt = Math.round(statSync(path).mtimeMs);
			const status: unknown = JSON.parse(readFileSync(path, 'utf8'));
			if (!isStatus(status)) return undefined;
			return { ...status, updatedAt: Math.max(status.updatedAt, touchedAt) };
		} catch {
			// Half of one status and half of another; the next read gets a whole one.
		}
	}
	return undefined;
}

function isStatus(value: unknown): value is Status {
	if (typeof value !== 'object' || value === null) return false;
	const { updatedAt, faults } = value as Partial<Status>;
	return typeof updatedAt === 'number' && Array.isArray(faults);
}

function fit(status: Status): string {
	const faults = status.faults.map((fault) => ({
		...fault,
		message: fault.message.slice(0, MAX_MESSAGE_LENGTH),
	}));
	for (;;) {
		const text = JSON.stringify({ ...status, faults });
		if (Buffer.byteLength(text) < FILE_BYTES) return text;
		faults.pop();
	}
}
