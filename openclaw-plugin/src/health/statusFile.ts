import { closeSync, constants, fchmodSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault';

/** What the gateway tells about itself. Times are milliseconds since 1970. */
export interface Status {
	readonly pid: number;
	readonly version: string;
	readonly startedAt: number;
	/** Some seconds ago at most while the gateway runs. */
	readonly updatedAt: number;
	/** Present when it was stopped in good order. */
	readonly stoppedAt?: number;
	readonly faults: readonly Fault[];
}

const STATUS_FILE = 'event-webhooks.status.json';
/** The file always has this size: a full disk takes no more bytes, but lets old ones be overwritten. */
const FILE_BYTES = 32_768;
const MAX_MESSAGE_LENGTH = 1000;
const READS = 3;

/** Writes a status over the one before. @throws Error of the file system */
export function writeStatus(folder: string, status: Status): void {
	const path = join(folder, STATUS_FILE);
	const bytes = Buffer.alloc(FILE_BYTES, ' ');
	bytes.write(fit(status));
	bytes.write('\n', FILE_BYTES - 1);
	// Opened without emptying it, and written at once: readers see the old status or the new one.
	const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
	try {
		fchmodSync(descriptor, 0o600);
		writeSync(descriptor, bytes, 0, FILE_BYTES, 0);
	} finally {
		closeSync(descriptor);
	}
}

/** Reads what the gateway wrote last; undefined when it has never run, or nothing can be read. */
export function readStatus(folder: string): Status | undefined {
	for (let read = 0; read < READS; read += 1) {
		try {
			const status: unknown = JSON.parse(readFileSync(join(folder, STATUS_FILE), 'utf8'));
			return isStatus(status) ? status : undefined;
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
