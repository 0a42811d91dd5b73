import type { HostRules } from '../delivery/hostGuard';
import type { Outcome } from '../endpoints/endpoint';
import type { EndpointManager } from '../endpoints/manage';
import type { ConfigFile } from '../settings/configFile';
import type { Settings } from '../settings/settings';
import type { Database } from '../store/databaseAccess';
import type { Terminal } from './terminal';

/** What commands work with. The gateway may be running or not. */
export interface CommandTools {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	/** Opened when it is first asked for. */
	readonly database: Database;
	readonly settings: Settings;
	/** All that can be done with endpoints and deliveries. */
	readonly manager: EndpointManager;
	readonly configFile: ConfigFile;
	readonly terminal: Terminal;
	/** Version of the plugin that is installed. */
	readonly pluginVersion: string;
	/** Which hosts requests must not lead to. */
	readonly hostRules: HostRules;
	/** Version of OpenClaw; undefined where it does not say so. */
	readonly gatewayVersion: string | undefined;
	/** Environment of this process; the gateway's may be another. */
	readonly env: Readonly<Record<string, string | undefined>>;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

/**
 * An option as commander writes it, such as `--recent <count>`, and what it is for. `many`: it may be
 * given several times.
 */
export type OptionLine = readonly [flags: string, description: string, repeat?: 'many'];

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
	/** @returns undefined when it has written its answer itself */
	readonly run?: (
		tools: CommandTools,
		input: CommandInput,
	) => CommandOutput | undefined | Promise<CommandOutput | undefined>;
}

/** Why a command could not do what it was asked to. */
export class CliFault extends Error {
	/**
	 * @param code for programs, in the form `not_found`
	 * @param message what happened, to what, and how to go on
	 */
	constructor(
		readonly code: string,
		message: string,
	) {
		super(message);
	}

	/** What the process ends with: 1 when it failed, 2 when it was called wrongly. */
	get exitCode(): 1 | 2 {
		return this.code === 'usage' ? 2 : 1;
	}
}

/** The command line is wrong: nothing was done. */
export function usageFault(message: string): CliFault {
	return new CliFault('usage', message);
}

/**
 * The value of something that was done.
 *
 * @throws CliFault that says why it was not
 */
export function valueOf<Value>(outcome: Outcome<Value>): Value {
	if (outcome.ok) return outcome.value;
	const { code, message } = outcome.refused;
	throw new CliFault(code, /[.?]$/.test(message) ? message : `${message}.`);
}

/** What an error says about itself. */
export function messageOf(error: unknown): string {
	const isTelling = typeof error === 'object' && error !== null && 'message' in error;
	return String(isTelling ? error.message : error);
}
