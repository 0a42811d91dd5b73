import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeMachine } from '../../benchmarks/machine';
import { runCommand, type CommandTools } from '../../scripts/runCommand';
import { formatResults } from '../results';
import { connectionTrial } from './connection';
import { diskTrial } from './disk';
import { gatewayTrial } from './gateway';
import { queueTrial } from './queue';
import type { Trial } from './trial';

const TRIALS: Readonly<Record<string, Trial>> = {
	gateway: gatewayTrial,
	disk: diskTrial,
	connection: connectionTrial,
	queue: queueTrial,
};

/** @example `npm run crash -- disk 2` */
function readArguments(): { readonly trial: Trial; readonly amount: number } {
	const [, , first = 'gateway', second] = process.argv;
	// A number alone is how often the gateway is killed.
	const [name, number] = Number.isNaN(Number(first)) ? [first, second] : ['gateway', first];
	const trial = Object.hasOwn(TRIALS, name) ? TRIALS[name] : undefined;
	if (trial === undefined) {
		throw new Error(`There is no trial "${name}": ${Object.keys(TRIALS).join(', ')}`);
	}
	const amount = Number(number ?? trial.usual);
	if (!(amount > 0)) throw new Error('Say how often, or for how many minutes: npm run crash -- 3');
	return { trial, amount };
}

/**
 * `npm run crash` kills the gateway 50 times, `npm run crash -- 3` three times; `npm run crash -- disk 10`
 * makes trouble with its disk for ten minutes; `npm run crash -- connection` kills n8n and the gateway 20 times
 * each while n8n fetches; `npm run crash -- queue` ends the processes of an n8n in queue mode.
 */
async function main(tools: CommandTools): Promise<void> {
	const started = performance.now();
	const { trial, amount } = readArguments();
	const { rows, isGood } = await trial.run(amount, tools);
	tools.progress.line();
	for (const [label, value] of rows) tools.progress.line(`${label}: ${value}`);
	if (amount >= trial.usual) {
		const page = formatResults({
			...trial,
			parts: [rows],
			took: performance.now() - started,
			facts: describeMachine(),
		});
		await writeFile(join(__dirname, trial.page), page);
	}
	if (!isGood) process.exitCode = 1;
	tools.progress.line(`\n${isGood ? '1 passed, 0 failed' : '0 passed, 1 failed'}`);
}

void runCommand(main);
