import type { Terminal } from './terminal';
import type { CommandTools } from './tools';

/** An option as commander writes it, such as `--recent <count>`, and what it is for. */
export type OptionLine = readonly [flags: string, description: string];

/** What was given on the command line. */
export interface CommandInput {
	/** Arguments in order; one that may be left out is undefined then. */
	readonly args: readonly (string | undefined)[];
	/** Options by their long names in camel case, as commander gives them. */
	readonly options: Readonly<Record<string, unknown>>;
	/** Whether the answer is for a program: nothing else is written then, and nobody asked. */
	readonly isJson: boolean;
}

/** What a command answers. */
export interface CommandOutput {
	/** For programs; its form stays the same within a major version. */
	readonly json: unknown;
	/** For people. */
	text(terminal: Terminal): string;
	/** Makes the exit code 1. */
	readonly isFailure?: boolean;
}

/** A command under `openclaw event-webhooks`. `--json` is added to each. */
export interface CommandDefinition {
	/** With its arguments, such as `show <id>`. */
	readonly usage: string;
	readonly description: string;
	readonly options?: readonly OptionLine[];
	/** Commands below this one; it then may do without `run`. */
	readonly subcommands?: readonly CommandDefinition[];
	/** Command lines to show in its help. */
	readonly examples?: readonly string[];
	readonly run?: (
		tools: CommandTools,
		input: CommandInput,
	) => CommandOutput | Promise<CommandOutput>;
}
