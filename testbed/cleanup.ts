/** Undoes what a command has started, last things first, however the command ends. */
export class Cleanup {
	private readonly tasks: Array<() => Promise<void>> = [];

	private running: Promise<void> | undefined;

	/** Ends the command in order when it is interrupted (Ctrl-C) or asked to end. */
	constructor() {
		const interrupted = (signal: NodeJS.Signals) => {
			process.stderr.write('\nStopping …\n');
			// A second Ctrl-C must not cut the cleaning up short, so nothing else happens here.
			void this.run().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
		};
		process.on('SIGINT', interrupted);
		process.on('SIGTERM', interrupted);
	}

	/** Remembers what to do at the end. */
	defer(task: () => Promise<void>): void {
		this.tasks.push(task);
	}

	/** Does it, once; what fails doesn't keep the rest from being done. */
	async run(): Promise<void> {
		this.running ??= (async () => {
			for (const task of this.tasks.reverse()) {
				await task().catch((error: unknown) => {
					console.error(error);
				});
			}
		})();
		await this.running;
	}
}
