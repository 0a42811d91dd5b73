import { createInterface } from 'node:readline';

/** Lines that people type while other lines come in. */
export interface Prompt {
	/** Prints a line above what is being typed. */
	readonly print: (line: string) => void;
	/** Has each line taken care of, one after the other. */
	readonly onLine: (take: (line: string) => Promise<void>) => void;
	readonly close: () => void;
}

/** Reads standard input line by line, also when it is a pipe. Its end closes nothing. */
export function openPrompt(): Prompt {
	const terminal = process.stdin.isTTY && process.stdout.isTTY;
	const lines = createInterface({
		input: process.stdin,
		output: terminal ? process.stdout : undefined,
		terminal,
		prompt: '> ',
	});
	let open = true;
	const print = (line: string) => {
		if (terminal) process.stdout.write('\r\u001b[2K');
		process.stdout.write(`${line}\n`);
		if (terminal && open) lines.prompt(true);
	};
	const onLine: Prompt['onLine'] = (take) => {
		let before: Promise<void> = Promise.resolve();
		lines.on('line', (line) => {
			before = before
				.then(async () => take(line))
				.catch((error: unknown) => {
					print(`   ${error instanceof Error ? error.message : String(error)}`);
				})
				.then(() => {
					if (terminal && open) lines.prompt();
				});
		});
	};
	// On a terminal readline takes Ctrl-C for itself.
	lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
	lines.on('close', () => {
		open = false;
	});
	if (terminal) lines.prompt();
	return {
		print,
		onLine,
		close: () => {
			lines.close();
		},
	};
}
