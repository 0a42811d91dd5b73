import { readFile } from 'node:fs/promises';
import { planImport, readWebhooks } from '../settings/importPlan';
import type { DiffLine } from '../settings/importPlan';
import type { ConfigIssue } from '../protocol';
import { errorText } from '../logger';
import { CliFault, usageFault } from './command';
import type { CommandDefinition, CommandInput, CommandTools } from './command';
import { printableLines } from './table';
import type { Terminal } from './terminal';

/** Name of the environment that the imported settings need. */
interface EnvironmentName {
	readonly name: string;
	/** Whether this process has it; the gateway's environment may be another. */
	readonly isSet: boolean;
}

/** `import`: takes over a file written as `openclaw.json5` with top-level `webhooks`. */
export const importCommand: CommandDefinition = {
	usage: 'import <file>',
	description: "Put the webhooks of a file into the gateway's configuration",
	options: [
		['--dry-run', 'Show what would change and stop'],
		['--yes', 'Change without asking'],
		['--replace', 'Remove settings that the file does not have, instead of keeping them'],
	],
	examples: ['import openclaw.json5 --dry-run', 'import openclaw.json5 --yes'],
	run: async (tools, input) => {
		const { terminal, configFile, env } = tools;
		const { webhooks, environmentNames } = await readImported(input.args[0] ?? '');
		const file = await configFile.read();
		const isReplacement = input.options.replace === true;
		const plan = planImport(file, webhooks, { isReplacement });
		const names = environmentNames.map((name) => ({ name, isSet: (env[name] ?? '') !== '' }));
		if (!input.isJson) {
			if (plan.diff.length > 0) terminal.print(describeDiff(terminal, plan.diff));
			const note = describeEnvironment(names);
			if (note !== '') terminal.print(`\n${note}`);
		}
		const isApplied = plan.diff.length > 0 && (await mayApply(tools, input));
		if (isApplied) {
			await configFile.change((draft) => {
				plan.apply(draft);
			});
		}
		return {
			json: {
				isChanged: plan.diff.length > 0,
				isApplied,
				diff: plan.diff.map(({ kind, text }) => `${MARKS[kind]} ${text}`),
				environment: names,
			},
			text: () => describeResult(plan.diff.length > 0, isApplied),
		};
	},
};

const MARKS = { added: '+', removed: '-', same: ' ' } as const;

async function readImported(path: string) {
	let text: string;
	try {
		text = await readFile(path, 'utf8');
	} catch (error) {
		throw new CliFault('not_found', `'${path}' cannot be read: ${errorText(error)}`);
	}
	const read = readWebhooks(text);
	if (read.ok) return read;
	const issues = read.issues.map((issue) => `  ${place(issue)}${issue.message}`).join('\n');
	throw new CliFault('invalid_file', `'${path}' is not right; nothing was changed:\n${issues}`);
}

function place({ line, column }: ConfigIssue): string {
	if (line === undefined) return '';
	return `line ${String(line)}${column === undefined ? '' : `:${String(column)}`}: `;
}

async function mayApply({ terminal }: CommandTools, input: CommandInput): Promise<boolean> {
	if (input.options.dryRun === true) return false;
	if (input.options.yes === true) return true;
	if (input.isJson || !terminal.canAsk) {
		throw usageFault('Nobody can be asked here: add --yes to change, or --dry-run to look');
	}
	return await terminal.confirm('\nWrite this into the configuration of the gateway?');
}

function describeDiff(terminal: Terminal, diff: readonly DiffLine[]): string {
	const title = terminal.paint('strong', 'plugins.entries["event-webhooks"]');
	const lines = diff.map(({ kind, text }) => {
		const line = `${MARKS[kind]} ${printableLines(text)}`;
		if (kind === 'same') return terminal.paint('quiet', line);
		return terminal.paint(kind === 'added' ? 'good' : 'bad', line);
	});
	return [title, ...lines].join('\n');
}

function describeEnvironment(names: readonly EnvironmentName[]): string {
	if (names.length === 0) return '';
	const lines = names.map(({ name, isSet }) => `  ${name}${isSet ? '' : '  (not set here)'}`);
	return `These must be set in the environment of the gateway:\n${lines.join('\n')}`;
}

function describeResult(isChanged: boolean, isApplied: boolean): string {
	if (!isChanged) return 'The gateway is configured like this already: nothing to change.';
	return isApplied
		? 'Written. A running gateway applies it by itself within seconds.'
		: 'Nothing was changed.';
}
