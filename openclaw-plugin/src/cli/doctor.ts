import { readHealth } from '../health/health';
import type { CommandDefinition } from './command';
import {
	checkApprovals,
	checkConfiguration,
	checkConnections,
	checkEvents,
	checkGateway,
	checkHooks,
	checkStore,
} from './ownChecks';
import type { Check } from './ownChecks';
import { checkReceivers } from './receiverChecks';
import { printable } from './table';
import { withSpinner } from './terminal';
import type { Terminal } from './terminal';

/**
 * `doctor`: looks at everything that deliveries depend on, from the settings to each receiver's clock. It
 * changes and delivers nothing. The exit code is 1 when something does not work.
 */
export const doctorCommand: CommandDefinition = {
	usage: 'doctor',
	description: 'Check settings, database, disk, gateway, hooks, and how receivers are reached',
	options: [['--offline', 'Make no requests: leave the receivers out']],
	examples: ['doctor', 'doctor --offline', 'doctor --json'],
	run: async (tools, { options }) => {
		const health = readHealth(tools.folder, tools.now());
		const stored = checkStore(tools);
		const receivers =
			options.offline === true
				? []
				: await withSpinner(tools.terminal, 'Asking the receivers', async () =>
						checkReceivers(tools, stored.database),
					);
		const checks = [
			...checkConfiguration(tools),
			...stored.checks,
			...(await checkGateway(tools, health)),
			...(stored.database === undefined
				? []
				: [
						...checkHooks(stored.database, tools.now()),
						...checkEvents(stored.database, tools.now()),
						...checkConnections(stored.database, tools.now()),
						...(await checkApprovals(tools, stored.database)),
					]),
			...receivers,
		];
		const faults = checks.filter(({ result }) => result === 'fault').length;
		return {
			json: { isHealthy: faults === 0, checks },
			isFailure: faults > 0,
			text: (terminal) =>
				[...checks.map((check) => line(terminal, check)), '', summary(checks)].join('\n'),
		};
	},
};

const MARKS = { ok: ['good', '✔'], warning: ['waiting', '!'], fault: ['bad', '✖'] } as const;

function line(terminal: Terminal, { about, result, message }: Check): string {
	const [tone, mark] = MARKS[result];
	return `${terminal.paint(tone, mark)} ${terminal.paint('quiet', about.padEnd(13))} ${printable(message)}`;
}

function summary(checks: readonly Check[]): string {
	const count = (result: Check['result']) =>
		checks.filter((check) => check.result === result).length;
	const [faults, warnings] = [count('fault'), count('warning')];
	if (faults === 0 && warnings === 0) return 'All is well.';
	const parts = [
		...(faults === 0
			? []
			: [faults === 1 ? '1 thing does not work' : `${String(faults)} things do not work`]),
		...(warnings === 0 ? [] : [warnings === 1 ? '1 warning' : `${String(warnings)} warnings`]),
	];
	return `${parts.join(', ')}.`;
}
