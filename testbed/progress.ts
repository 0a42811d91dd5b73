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
	line(text?: string): void;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const SPINNER_MS = 100;
const PLAIN_REMINDER_MS = 15_000;

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

interface Display {
	begin(title: string): void;
	tick(title: string, elapsed: string, note: string): void;
	end(): void;
	readonly everyMs: number;
}

function terminalDisplay(stream: NodeJS.WriteStream): Display {
	let frame = 0;
	const erase = () => stream.write('\r\u001b[2K');
	return {
		everyMs: SPINNER_MS,
		begin: () => undefined,
		tick: (title, elapsed, note) => {
			const text = `${FRAMES[frame++ % FRAMES.length] ?? ''} ${title} (${elapsed}) ${note}`;
			erase();
			stream.write(text.slice(0, Math.max(20, stream.columns - 1)));
		},
		end: erase,
	};
}

function plainDisplay(stream: NodeJS.WritableStream): Display {
	return {
		everyMs: PLAIN_REMINDER_MS,
		begin: (title) => stream.write(`… ${title}\n`),
		tick: (title, elapsed, note) =>
			stream.write(`… ${title}: still busy after ${elapsed}${note === '' ? '' : `, ${note}`}\n`),
		end: () => undefined,
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
	let open = 0;
	return {
		line: (text = '') => stream.write(`${text}\n`),
		async step(title, work) {
			const started = performance.now();
			let note = '';
			const elapsed = () => formatDuration(performance.now() - started);
			// Of nested steps only the outermost animates: two spinners would fight for one line.
			const outermost = open++ === 0;
			const timer = setInterval(() => {
				if (outermost) display.tick(title, elapsed(), note);
			}, display.everyMs);
			timer.unref();
			if (outermost) display.begin(title);
			const close = (mark: string) => {
				open--;
				clearInterval(timer);
				if (outermost) display.end();
				stream.write(`${mark} ${title} (${elapsed()})\n`);
			};
			try {
				const result = await work((text) => {
					note = text;
				});
				close('✔');
				return result;
			} catch (error) {
				close('✖');
				throw error;
			}
		},
	};
}

/** A display that shows nothing, for use inside tests. */
export const silentProgress: Progress = {
	step: async (_title, work) => await work(() => undefined),
	line: () => undefined,
};
