import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A long-running program whose output goes to a file. */
export interface LoggedProcess {
	readonly pid: number;
	readonly logFile: string;
	/** Whether it has ended. */
	ended(): boolean;
	/** The last lines it wrote. */
	logTail(lines?: number): string;
	/** Asks it to end (SIGTERM), and ends it (SIGKILL) when it hasn't after `graceMs`. */
	stop(graceMs?: number): Promise<void>;
	/** Ends it at once, as a crash or a power cut of the process would. */
	kill(): Promise<void>;
}

/** What to start. */
export interface Launch {
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	readonly logFile: string;
}

/** Module for `node --require` that ends a program together with the process that started it. */
export const END_WITH_PARENT = join(__dirname, 'endWithParent.ts');

const alive = new Set<ChildProcess>();

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
	if (child.pid === undefined) return;
	try {
		process.kill(-child.pid, signal);
	} catch {
		// The group is gone already.
	}
}

// `exit` handlers cannot wait, so what is still there at the very end gets no chance to linger.
process.on('exit', () => {
	for (const child of alive) signalGroup(child, 'SIGKILL');
});

/**
 * Starts a program in its own process group, so that its helpers (n8n's task runner) end with it.
 *
 * @throws Error when the program can't be started
 */
export async function startLogged(launch: Launch): Promise<LoggedProcess> {
	const log = openSync(launch.logFile, 'a');
	const child = spawn(launch.command, launch.args, {
		cwd: launch.cwd,
		env: launch.env,
		stdio: ['ignore', log, log],
		detached: true,
	});
	closeSync(log);
	const exited = new Promise<void>((resolve) => {
		child.once('exit', () => {
			alive.delete(child);
			resolve();
		});
	});
	const pid = await new Promise<number>((resolve, reject) => {
		child.once('error', reject);
		child.once('spawn', () => {
			resolve(child.pid ?? 0);
		});
	});
	alive.add(child);

	const ended = () => child.exitCode !== null || child.signalCode !== null;
	return {
		pid,
		logFile: launch.logFile,
		ended,
		logTail: (lines = 20) =>
			readFileSync(launch.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n'),
		async stop(graceMs = 15_000) {
			if (!ended()) {
				child.kill('SIGTERM');
				await Promise.race([exited, delay(graceMs, undefined, { ref: false })]);
			}
			signalGroup(child, 'SIGKILL');
			if (!ended()) await exited;
		},
		async kill() {
			signalGroup(child, 'SIGKILL');
			if (!ended()) await exited;
		},
	};
}
