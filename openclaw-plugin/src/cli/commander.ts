import { errorText } from '../logger';
import { CliFault } from './command';
import type { CommandDefinition, CommandInput, CommandTools } from './command';
import { printableLines } from './table';
import type { Terminal } from './terminal';

/** What is used of commander's `Command`, which the gateway brings along. */
export interface Commander {
	command(usage: string): Commander;
	description(text: string): Commander;
	option(
		flags: string,
		description: string,
		parse?: (value: string, previous: readonly string[] | undefined) => readonly string[],
	): Commander;
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

/** What running a command needs besides its definition. */
export interface CommandHost {
	readonly terminal: Terminal;
	/** Makes what commands work with; called when a command runs, not before. */
	openTools(): CommandTools & { close(): void };
	setExitCode(code: number): void;
}

const COMMAND = 'openclaw event-webhooks';

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

/** Adds commands below another one, `--json` to each. */
export function addCommands(
	parent: Commander,
	definitions: readonly CommandDefinition[],
	host: CommandHost,
): void {
	parent.exitOverride((error) => {
		if (error.exitCode !== 0) {
			error.exitCode = 2;
			host.setExitCode(2);
		}
		throw error;
	});
	for (const definition of definitions) {
		const command = parent.command(definition.usage).description(definition.description);
		for (const [flags, description, repeat] of definition.options ?? []) {
			if (repeat === undefined) command.option(flags, description);
			else command.option(flags, description, (value, previous = []) => [...previous, value]);
		}
		const { run, examples = [], subcommands = [] } = definition;
		if (run !== undefined) {
			command.option('--json', 'Write JSON for programs');
			command.action(async (...values) => {
				await runCommand(host, run, readInput(values));
			});
		}
		if (examples.length > 0) {
			const lines = examples.map((line) => `  $ ${COMMAND} ${line}`).join('\n');
			command.addHelpText('after', `\nExamples:\n${lines}`);
		}
		addCommands(command, subcommands, host);
	}
}

/**
 * Commander passes the arguments, then the options, then the command itself. An option that a command and
 * the one above it have in common, such as `--json`, is among those of the upper one.
 */
function readInput(values: readonly unknown[]): CommandInput {
	const command = values.at(-1) as { optsWithGlobals(): Readonly<Record<string, unknown>> };
	const options = command.optsWithGlobals();
	const args = values.slice(0, -2).map((value) => (typeof value === 'string' ? value : undefined));
	return { args, options, isJson: options.json === true };
}

async function runCommand(
	host: CommandHost,
	run: NonNullable<CommandDefinition['run']>,
	input: CommandInput,
): Promise<void> {
	const { terminal } = host;
	try {
		const tools = host.openTools();
		try {
			const output = await run(tools, input);
			if (output === undefined) return;
			if (input.isJson) printJson(terminal, output.json);
			else terminal.print(output.text(terminal));
			if (output.isFailure === true) host.setExitCode(1);
		} finally {
			tools.close();
		}
	} catch (error) {
		const fault = asFault(error);
		const { code, message } = fault;
		if (input.isJson) printJson(terminal, { error: { code, message } });
		else terminal.warn(`${terminal.paint('bad', 'Error:')} ${printableLines(message)}`);
		host.setExitCode(fault.exitCode);
	}
}

function printJson(terminal: Terminal, value: unknown): void {
	terminal.print(printableLines(JSON.stringify(value, null, 2)));
}

function asFault(error: unknown): CliFault {
	if (error instanceof CliFault) return error;
	const message = errorText(error);
	if (typeof error === 'object' && error !== null && 'errcode' in error) {
		return new CliFault('database', `The plugin's database cannot be used: ${message}`);
	}
	return new CliFault('failed', message);
}
