import type { CommandDefinition, CommandInput } from './command';
import type { Commander } from './commander';
import { printableLines } from './displayWidth';
import { CliFault, messageOf } from './fault';
import type { Terminal } from './terminal';
import type { CommandTools } from './tools';

/** What running a command needs besides its definition. */
export interface CommandHost {
	readonly terminal: Terminal;
	/** Opens the database; called when a command runs, not before. */
	openTools(): CommandTools & { close(): void };
	setExitCode(code: number): void;
}

const COMMAND = 'openclaw event-webhooks';

/** Adds commands below another one, `--json` to each. */
export function addCommands(
	parent: Commander,
	definitions: readonly CommandDefinition[],
	host: CommandHost,
	path: readonly string[] = [],
): void {
	parent.exitOverride((error) => {
		if (error.exitCode !== 0) {
			error.exitCode = 2;
			host.setExitCode(2);
		}
		throw error;
	});
	for (const definition of definitions) {
		const [name = ''] = definition.usage.split(' ');
		const here = [...path, name];
		const command = parent.command(definition.usage).description(definition.description);
		for (const [flags, description] of definition.options ?? []) command.option(flags, description);
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
		addCommands(command, subcommands, host, here);
	}
}

/** Commander passes the arguments, then the options, then the command itself. */
function readInput(values: readonly unknown[]): CommandInput {
	const options = (values.at(-2) ?? {}) as Readonly<Record<string, unknown>>;
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
	const message = messageOf(error);
	if (typeof error === 'object' && error !== null && 'errcode' in error) {
		return new CliFault('database', `The plugin's database cannot be used: ${message}`);
	}
	return new CliFault('failed', message);
}
