/** Shows what a long command is doing: a spinner on a terminal, plain lines anywhere else. */
export interface Progress {
	/**
	 * Runs `work` as one named step and shows how long it took. A failure is shown and passed on.
	 *
	 * @param work gets a function that shows what the step is busy with right now
	 */
	step<Result>(
		title: string,
		work: (note: (text: string) => void) => Promise<Result>,
	): Promise<Result>;
	/** Prints a line between steps. */
	readonly line: (text?: string) => void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPINNER_MS = 100;
const PLAIN_REMINDER_MS = 30_000;

/**
 * Formats a duration for people.
 *
 * @param milliseconds elapsed time
 * @example
 * formatDuration(83_000); // '1 min 23 s'
 */
export function formatDuration(milliseconds: number): string {
	if (milliseconds < 950) return `${String(Math.round(milliseconds))} ms`;
	if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
	const seconds = Math.round(milliseconds / 1000);
	return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60)} s`;
}

interface OpenStep {
	readonly title: string;
	readonly started: number;
	note: string;
}

/** How the steps that are under way are shown. */
interface Display {
	readonly everyMs: number;
	begin(step: OpenStep): void;
	tick(steps: readonly OpenStep[]): void;
	/** Makes room for a whole line. */
	clear(): void;
}

function elapsed({ started }: OpenStep): string {
	return formatDuration(performance.now() - started);
}

function terminalDisplay(stream: NodeJS.WriteStream): Display {
	let frame = 0;
	const clear = () => stream.write('\r\u001b[2K');
	return {
		everyMs: SPINNER_MS,
		begin: () => undefined,
		tick: (steps) => {
			const texts = steps.map((step) => `${step.title} (${elapsed(step)}) ${step.note}`);
			const text = `${FRAMES[frame++ % FRAMES.length] ?? ''} ${texts.join(' · ')}`;
			clear();
			stream.write(text.slice(0, Math.max(20, stream.columns - 1)));
		},
		clear,
	};
}

function plainDisplay(stream: NodeJS.WritableStream): Display {
	return {
		everyMs: PLAIN_REMINDER_MS,
		begin: ({ title }) => stream.write(`… ${title}\n`),
		tick: (steps) => {
			for (const step of steps) {
				const note = step.note === '' ? '' : `, ${step.note}`;
				stream.write(`… ${step.title}: still busy after ${elapsed(step)}${note}\n`);
			}
		},
		clear: () => undefined,
	};
}

/**
 * Creates the progress display of a command.
 *
 * @example
 * const progress = createProgress();
 * await progress.step('Building the package', async () => build());
 */
export function createProgress(stream: NodeJS.WriteStream = process.stdout): Progress {
	const display = stream.isTTY ? terminalDisplay(stream) : plainDisplay(stream);
	const open = new Set<OpenStep>();
	let timer: NodeJS.Timeout | undefined;
	const write = (text: string) => {
		display.clear();
		stream.write(`${text}\n`);
	};
	const begin = (step: OpenStep) => {
		open.add(step);
		display.begin(step);
		timer ??= setInterval(() => {
			display.tick([...open]);
		}, display.everyMs);
	};
	const end = (step: OpenStep, mark: string) => {
		open.delete(step);
		if (open.size === 0) {
			clearInterval(timer);
			timer = undefined;
		}
		write(`${mark} ${step.title} (${elapsed(step)})`);
	};
	return {
		line: (text = '') => {
			write(text);
		},
		async step(title, work) {
			const step: OpenStep = { title, started: performance.now(), note: '' };
			begin(step);
			try {
				const result = await work((text) => {
					step.note = text;
				});
				end(step, '✔');
				return result;
			} catch (error) {
				end(step, '✖');
				throw error;
			}
		},
	};
}

/** The same display with the steps numbered in the order in which they begin. */
export function numberSteps(progress: Progress): Progress {
	let count = 0;
	return {
		line: progress.line,
		step: async (title, work) => await progress.step(`${String(++count)}. ${title}`, work),
	};
}

/** A display that shows nothing, for use inside tests. */
export const silentProgress: Progress = {
	step: async (_title, work) => await work(() => undefined),
	line: () => undefined,
};
