import { readFileSync } from 'node:fs';

/**
 * Memory that a process has in use, in MiB: its own, without that of processes that it has started.
 *
 * @returns undefined when it has just ended, or the system has no `/proc`
 * @see proc_pid_status(5)
 * @example
 * const before = residentMebibytes(gateway.pid);
 */
export function residentMebibytes(pid: number): number | undefined {
	try {
		const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
		return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
	} catch {
		return undefined;
	}
}
