import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Linux counts in ticks of 10 ms towards programs (`USER_HZ`), whatever the kernel uses inside. */
const TICK_MS = 10;

interface ProcessTimes {
	readonly parent: number;
	readonly ticks: number;
}

function readTimes(pid: number): ProcessTimes | undefined {
	let text: string;
	try {
		text = readFileSync(`/proc/${pid}/stat`, 'utf8');
	} catch {
		// It has ended meanwhile.
		return undefined;
	}
	// The name in parentheses may hold anything, blanks and parentheses included.
	const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
	const field = (number: number) => Number(fields[number - 3]);
	// Own user and system time, and those of children that have ended.
	return { parent: field(4), ticks: field(14) + field(15) + field(16) + field(17) };
}

/**
 * CPU time that a process and its descendants have used, in milliseconds.
 *
 * @throws Error where there is no `/proc` (benchmarks in the real n8n need Linux)
 * @see proc_pid_stat(5)
 * @example
 * const before = cpuTimeMs(n8n.pid);
 */
export function cpuTimeMs(pid: number): number {
	const times = new Map<number, ProcessTimes>();
	for (const name of readdirSync('/proc')) {
		const read = /^\d+$/.test(name) ? readTimes(Number(name)) : undefined;
		if (read !== undefined) times.set(Number(name), read);
	}
	const belongs = (id: number): boolean =>
		id === pid || (id > 1 && belongs(times.get(id)?.parent ?? 0));
	let ticks = 0;
	for (const [id, time] of times) if (belongs(id)) ticks += time.ticks;
	return ticks * TICK_MS;
}

const LOOK_MS = 100;
const QUIET_LOOKS = 3;
const MOST_LOOKS = 150;

/**
 * Waits until a process and its descendants use hardly any CPU time: answers come before the work for
 * them ends (executions that go on, isolates that n8n makes for later), and that work belongs to them.
 *
 * @returns the CPU time so far, in milliseconds
 */
export async function settledCpuTimeMs(pid: number): Promise<number> {
	let before = cpuTimeMs(pid);
	for (let look = 0, quiet = 0; look < MOST_LOOKS && quiet < QUIET_LOOKS; look++) {
		await delay(LOOK_MS);
		const now = cpuTimeMs(pid);
		quiet = now - before <= TICK_MS ? quiet + 1 : 0;
		before = now;
	}
	return before;
}
