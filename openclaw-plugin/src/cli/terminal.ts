import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { styleText } from 'node:util';

/** What a text is about; colours follow from it. */
export type Tone = 'good' | 'bad' | 'waiting' | 'quiet' | 'strong';

/** Where commands write to and whom they ask. */
export interface Terminal {
	/** Columns to fill: 80 to 120. */
	readonly columns: number;
	/** Whether somebody is watching, so that lines may be written over. */
	readonly isLive: boolean;
	/** Whether somebody can answer a question. */
	readonly canAsk: boolean;
	/** Writes a text and a line's end to the standard output. */
	print(text: string): void;
	/** Writes a text and a line's end to the standard error output. */
	warn(text: string): void;
	/** Writes over the current line of the standard error output; an empty text clears it. */
	rewrite(text: string): void;
	/** Colours a text, where colours are wanted. */
	paint(tone: Tone, text: string): string;
	/** Writes a text as it is, and waits until it is taken; says whether anybody still reads. */
	write(text: string): Promise<boolean>;
	/** Reads all that is handed over on the standard input. */
	readInput(): Promise<string>;
	/** Asks a question that is answered with y or n; n unless answered otherwise. */
	confirm(question: string): Promise<boolean>;
}

/** The streams of a process. */
export interface Streams {
	readonly stdin: Readable & { readonly isTTY?: boolean };
	readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
	readonly stderr: Writable & { readonly isTTY?: boolean };
}

const STYLES = {
	good: 'green',
	bad: 'red',
	waiting: 'yellow',
	quiet: 'dim',
	strong: 'bold',
} as const;

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const FRAME_MS = 100;

/**
 * @param env of the process: `NO_COLOR` with any value switches colours off
 * @see https://no-color.org
 */
export function createTerminal(
	{ stdin, stdout, stderr }: Streams,
	env: Readonly<Record<string, string | undefined>>,
): Terminal {
	const isColoured = stdout.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
	return {
		columns: Math.min(120, Math.max(80, stdout.columns ?? 120)),
		isLive: stderr.isTTY === true,
		canAsk: stdin.isTTY === true && stderr.isTTY === true,
		print: (text) => stdout.write(`${text}\n`),
		warn: (text) => stderr.write(`${text}\n`),
		rewrite: (text) => stderr.write(`\r\u001b[K${text}`),
		paint: (tone, text) =>
			isColoured ? styleText(STYLES[tone], text, { validateStream: false }) : text,
		write: async (text) =>
			await new Promise((resolve) => {
				// Whoever has read enough (`export | head`) closes the pipe.
				const gone = () => {
					resolve(false);
				};
				stdout.once('error', gone);
				stdout.write(text, (error) => {
					const isTaken = error === null || error === undefined;
					if (isTaken) stdout.off('error', gone);
					resolve(isTaken);
				});
			}),
		readInput: async () => await readAll(stdin),
		confirm: async (question) => {
			const lines = createInterface({ input: stdin, output: stderr });
			try {
				return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
			} finally {
				lines.close();
			}
		},
	};
}

/** Shows that something is going on while a work is, where somebody is watching. */
export async function withSpinner<Result>(
	terminal: Terminal,
	text: string,
	work: () => Promise<Result>,
): Promise<Result> {
	if (!terminal.isLive) return await work();
	let frame = 0;
	const draw = () => {
		terminal.rewrite(`${FRAMES.charAt(frame % FRAMES.length)} ${text}`);
		frame += 1;
	};
	draw();
	const timer = setInterval(draw, FRAME_MS);
	try {
		return await work();
	} finally {
		clearInterval(timer);
		terminal.rewrite('');
	}
}
