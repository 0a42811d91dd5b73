import { createSecret } from '../protocol';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from '../testbed/cleanup';
import { startGateway, type Gateway } from '../testbed/gateway';
import { startHttpSink } from '../testbed/httpSink';
import { obtainPlugin } from '../testbed/plugin';
import { formatDuration, type Progress } from '../testbed/progress';
import { ensureRuntimes } from '../testbed/runtime';
import { startScriptedModel } from '../testbed/scriptedModel';
import { startTelegramStandIn } from '../testbed/telegramStandIn';
import { waitFor } from '../testbed/waitFor';
import { describeMachine } from '../benchmarks/machine';
import { readReceived, readStored } from './crash/books';
import { markOf, messagesSeenByModel, startLoad } from './crash/load';
import { runCommand, type CommandTools } from './runCommand';

const KILLS = 50;
/** A kill comes up to so many milliseconds after the first event of the gateway's life, at random. */
const LONGEST_LIFE_MS = 6000;
const RESULTS_FILE = join(__dirname, '..', 'benchmarks', 'CRASHES.md');

interface Outcome {
	readonly kills: number;
	readonly written: number;
	readonly accepted: number;
	readonly received: number;
	readonly lost: readonly string[];
	readonly unheard: readonly string[];
	readonly repeated: number;
	readonly deliveredTwice: number;
	readonly unverified: number;
	readonly failed: number;
}

async function killOften(
	gateway: Gateway,
	kills: number,
	progress: Progress,
): Promise<ReadonlySet<string>> {
	const accepted = new Set<string>();
	const note = () => {
		for (const id of readStored(gateway.folder).eventIds) accepted.add(id);
	};
	let before = 0;
	for (let kill = 1; kill <= kills; kill += 1) {
		await waitFor(
			'events after the start',
			() => readStored(gateway.folder).eventIds.length > before,
		);
		await delay(Math.random() * LONGEST_LIFE_MS);
		await gateway.kill();
		note();
		before = accepted.size;
		await gateway.start();
		progress.line(
			`killed ${String(kill)} of ${String(kills)} times, ${String(accepted.size)} events accepted`,
		);
	}
	return accepted;
}

async function rehearse(kills: number, progress: Progress, cleanup: Cleanup): Promise<Outcome> {
	const runtimes = await ensureRuntimes(progress, { n8n: false });
	const packageFile = await obtainPlugin(progress, cleanup);
	const secret = createSecret();
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	const sink = await startHttpSink();
	cleanup.defer(async () => sink.stop());
	const gateway = await progress.step('Starting a gateway with the plugin', async () =>
		startGateway({
			runtimes,
			modelUrl: model.url,
			config: telegram.config('main'),
			plugin: {
				packageFile,
				config: {
					endpoints: [
						{ name: 'sink', url: sink.url, secret, events: ['*'], allowPrivateHosts: true },
					],
				},
			},
		}),
	);
	cleanup.defer(async () => gateway.remove());

	const load = startLoad(telegram, gateway.url);
	const accepted = new Set(await killOften(gateway, kills, progress));
	await load.stop();
	await progress.step('Waiting until everything is delivered', async () =>
		waitFor('the outbox to be empty', () => readStored(gateway.folder).pending === 0, {
			timeoutMs: 300_000,
			everyMs: 500,
		}),
	);
	const stored = readStored(gateway.folder);
	for (const id of stored.eventIds) accepted.add(id);
	const received = readReceived(sink.requests, secret);
	const heard = new Set([...received.texts].map(markOf));
	const asked = [...(await messagesSeenByModel(model))];
	return {
		kills,
		written: load.written,
		accepted: accepted.size,
		received: received.times.size,
		lost: [...accepted].filter((id) => !received.times.has(id)),
		unheard: asked.filter((text) => !heard.has(text)),
		repeated: [...received.times.values()].filter((times) => times > 1).length,
		deliveredTwice: stored.deliveredTwice,
		unverified: received.unverified,
		failed: stored.failed,
	};
}

function rows(outcome: Outcome): ReadonlyArray<readonly [string, string]> {
	return [
		['`kill -9` of the gateway', String(outcome.kills)],
		['Messages that users wrote meanwhile', String(outcome.written)],
		['Events accepted (on disk when the process died, or later)', String(outcome.accepted)],
		['Events received', String(outcome.received)],
		['Events accepted and never received', String(outcome.lost.length)],
		['Messages an agent worked on without a message.received', String(outcome.unheard.length)],
		['Events received more than once (same id)', String(outcome.repeated)],
		['… although their answer had been recorded', String(outcome.deliveredTwice)],
		['Requests that did not verify', String(outcome.unverified)],
	];
}

async function writeResults(outcome: Outcome, took: number): Promise<void> {
	const table = (lines: ReadonlyArray<readonly [string, string]>) =>
		['| | |', '| --- | ---: |', ...lines.map((line) => `| ${line.join(' | ')} |`)].join('\n');
	const text = `# Crashes

Written by \`npm run crash\`: a real gateway with the plugin, four users who write without a pause over a stand-in for Telegram, two programs that ask over the gateway's API, and \`kill -9\` at random moments up to ${String(LONGEST_LIFE_MS / 1000)} s after the first event of each life.

${table(rows(outcome))}

${table([
	['Date', new Date().toISOString().slice(0, 10)],
	['Took', formatDuration(took)],
	...describeMachine(undefined),
])}
`;
	await writeFile(RESULTS_FILE, text);
}

/** `npm run crash` kills the gateway 50 times, `npm run crash -- 3` three times. */
async function main({ progress, cleanup }: CommandTools): Promise<void> {
	const started = performance.now();
	const kills = Number(process.argv[2] ?? KILLS);
	const outcome = await rehearse(kills, progress, cleanup);
	progress.line();
	for (const [label, value] of rows(outcome)) progress.line(`${label}: ${value}`);
	const faults = [outcome.lost.length, outcome.unheard.length, outcome.deliveredTwice];
	const isGood = [...faults, outcome.unverified, outcome.failed].every((count) => count === 0);
	if (!isGood) process.exitCode = 1;
	if (kills >= KILLS) await writeResults(outcome, performance.now() - started);
	progress.line(`\n${isGood ? '1 passed, 0 failed' : '0 passed, 1 failed'}`);
}

void runCommand(main);
