import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
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
