/** What is used of commander's `Command`, which the gateway brings along. */
export interface Commander {
	command(usage: string): Commander;
	description(text: string): Commander;
	option(flags: string, description: string): Commander;
	action(handler: (...values: unknown[]) => Promise<void>): Commander;
	addHelpText(position: 'after', text: string): Commander;
	/** Is called instead of ending the process. */
	exitOverride(handler: (error: CommanderExit) => never): Commander;
}

/** Thrown by commander: the command line is wrong, or help was shown. */
export interface CommanderExit extends Error {
	/** 0 when help was asked for. */
	exitCode: number;
}

/**
 * Takes the program that the gateway passes.
 *
 * @throws TypeError when it is none
 */
export function asCommander(program: unknown): Commander {
	if (typeof program === 'object' && program !== null && 'command' in program) {
		return program as Commander;
	}
	throw new TypeError('The gateway passed no command line to add commands to');
}
