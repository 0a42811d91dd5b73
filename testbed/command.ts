import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** A program to run to its end. */
export interface Command {
	readonly command: string;
	readonly args: readonly string[];
	readonly cwd: string;
	readonly env: Readonly<Record<string, string>>;
	/** Gets everything the program writes. */
	readonly logFile?: string;
	/** Called with each line the program writes. */
	readonly onLine?: (line: string) => void;
}

const TAIL_LINES = 25;

/** A program that ended with anything but 0. */
export class CommandError extends Error {
	constructor(
		message: string,
		/** What it wrote to its standard output. */
		readonly stdout: string,
	) {
		super(message);
	}
}

/**
 * Runs a program and returns what it wrote to its standard output.
 *
 * @throws CommandError with the program's last lines when it exits with anything but 0
 */
export async function run(options: Command): Promise<string> {
	const { command, args, cwd, env, logFile, onLine } = options;
	const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
	const tail: string[] = [];
	let stdout = '';
	let rest = '';
	const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
	child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
	child.stderr.setEncoding('utf8');
	for (const stream of [child.stdout, child.stderr]) {
		stream.on('data', (text: string) => {
			log?.write(text);
			const lines = (rest + text).split('\n');
			rest = lines.pop() ?? '';
			for (const line of lines) {
				onLine?.(line);
				tail.push(line);
				if (tail.length > TAIL_LINES) tail.shift();
			}
		});
	}
	const outcome = await new Promise<number | string>((resolve, reject) => {
		child.once('error', reject);
		child.once('close', (code, signal) => {
			resolve(code ?? signal ?? 'no exit code');
		});
	}).finally(() => log?.end());
	if (outcome !== 0) {
		const where = logFile === undefined ? '' : `\n(the whole output is in ${logFile})`;
		throw new CommandError(
			`'${command} ${args.join(' ')}' ended with ${String(outcome)}:\n${[...tail, rest].join('\n').trim()}${where}`,
			stdout,
		);
	}
	return stdout;
}

/** Whether a program answers when it is asked for its version. */
export async function isInstalled(command: string): Promise<boolean> {
	return await new Promise((resolve) => {
		const child = spawn(command, ['--version'], { stdio: 'ignore' });
		child.once('error', () => {
			resolve(false);
		});
		child.once('exit', (code) => {
			resolve(code === 0);
		});
	});
}
