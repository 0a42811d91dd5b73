import { ensureOwnFolder } from '../store/ownerOnly';
import { listFaults, onFaultChange } from './faults';
import { readStatus, writeStatus } from './statusFile';
import type { Status } from './statusFile';

export type { Fault, FaultCode, NewFault } from './fault';
export { clearFault, listFaults, reportFault } from './faults';

/** How the gateway's plugin is, as any process can tell. */
export interface Health extends Status {
	/** Whether it says so still: it has written within the last 15 seconds and not been stopped. */
	readonly isRunning: boolean;
}

const HEARTBEAT_MS = 5000;
const SILENCE_MS = 15_000;

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
	const isRunning = status.stoppedAt === undefined && now - status.updatedAt < SILENCE_MS;
	return { ...status, isRunning };
}

export interface HealthOptions {
	/** Version of the plugin. */
	readonly version: string;
	readonly now?: () => number;
}

/**
 * Keeps the health of a gateway readable for other processes: every five seconds, and within a moment when
 * a fault comes or goes. To be called by the gateway's service only.
 *
 * @returns a function that ends it and leaves word that the gateway was stopped
 */
export function startHealth(
	folder: string,
	{ version, now = Date.now }: HealthOptions,
): () => void {
	const startedAt = now();
	let immediate: NodeJS.Immediate | undefined;
	const write = (more: { stoppedAt?: number } = {}) => {
		immediate = undefined;
		const { pid } = process;
		const updatedAt = now();
		try {
			ensureOwnFolder(folder);
			writeStatus(folder, {
				pid,
				version,
				startedAt,
				updatedAt,
				...more,
				faults: listFaults(folder),
			});
		} catch {
			// Nowhere to write to: the gateway's log has the faults too.
		}
	};
	const forget = onFaultChange(folder, () => {
		immediate ??= setImmediate(write);
	});
	const timer = setInterval(write, HEARTBEAT_MS).unref();
	write();
	return () => {
		forget();
		clearInterval(timer);
		if (immediate !== undefined) clearImmediate(immediate);
		write({ stoppedAt: now() });
	};
}
