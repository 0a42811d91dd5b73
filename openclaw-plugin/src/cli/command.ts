import type { Approvals } from '../approvals/approvals';
import type { HostRules } from '../delivery/hostGuard';
import type { Outcome } from '../endpoints/endpoint';
import type { EndpointManager } from '../endpoints/manage';
import type { ConfigFile } from '../settings/gatewayConfig';
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
	/** All that can be done with tool calls that need to be allowed. */
	readonly approvals: Approvals;
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

/** Options by their long names in camel case, as commander gives them. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** What was given on the command line. */
export interface CommandInput {
	/** Arguments in order; one that may be left out is undefined then. */
	readonly args: readonly (string | undefined)[];
	readonly options: OptionValues;
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

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,6})(ms|s|m|h|d)$/;

/** A text that was given; an empty one is as good as none. */
export function readText(options: OptionValues, name: string): string | undefined {
	const value = options[name];
	return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** Texts separated by commas, each once unless it says otherwise; undefined when none is given. */
export function readList(
	options: OptionValues,
	name: string,
	{ isEachKept = false }: { readonly isEachKept?: boolean } = {},
): readonly string[] | undefined {
	const words = readText(options, name)
		?.split(',')
		.map((word) => word.trim())
		.filter((word) => word !== '');
	if (words === undefined || words.length === 0) return undefined;
	return isEachKept ? words : [...new Set(words)];
}

/** What was given each time, of an option that may be given several times. */
export function readMany(options: OptionValues, name: string): readonly string[] {
	const values = options[name];
	return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];
}

/** A whole number within limits. */
export function readCount(
	options: OptionValues,
	name: string,
	limits: { readonly min: number; readonly max: number },
): number | undefined {
	const text = readText(options, name);
	if (text === undefined) return undefined;
	const count = Number(text);
	if (Number.isInteger(count) && count >= limits.min && count <= limits.max) return count;
	const range = `${String(limits.min)} to ${String(limits.max)}`;
	throw usageFault(`--${kebab(name)} must be a whole number from ${range}, not '${text}'`);
}

/** One of several words. */
export function readChoice<Choice extends string>(
	options: OptionValues,
	name: string,
	choices: readonly Choice[],
): Choice | undefined {
	const text = readText(options, name);
	if (text === undefined) return undefined;
	const choice = choices.find((known) => known === text);
	if (choice !== undefined) return choice;
	throw usageFault(`--${kebab(name)} must be one of ${choices.join(', ')}, not '${text}'`);
}

/** A duration such as `24h`, in milliseconds. */
export function readDuration(options: OptionValues, name: string): number | undefined {
	const text = readText(options, name);
	if (text === undefined) return undefined;
	const ms = parseDuration(text);
	if (ms !== undefined) return ms;
	throw usageFault(
		`--${kebab(name)} must be a duration such as 90s, 30m, 24h or 7d, not '${text}'`,
	);
}

/**
 * A moment in milliseconds since 1970: a date (`2026-03-14`, `2026-03-14T10:30`, local time unless it
 * names a zone), or how long ago (`2h`).
 */
export function readTime(options: OptionValues, name: string, now: number): number | undefined {
	const text = readText(options, name);
	if (text === undefined) return undefined;
	const ago = parseDuration(text);
	if (ago !== undefined) return now - ago;
	// A date alone would count from midnight in Greenwich.
	const time = /^\d{4}-\d{2}-\d{2}/.test(text)
		? Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text)
		: Number.NaN;
	if (Number.isFinite(time)) return time;
	throw usageFault(
		`--${kebab(name)} must be a date such as 2026-03-14T10:30 or a duration such as 2h, not '${text}'`,
	);
}

/** Milliseconds of a duration such as `90s`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
	const [, count, unit] = DURATION.exec(text) ?? [];
	if (count === undefined || unit === undefined) return undefined;
	return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

function kebab(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
