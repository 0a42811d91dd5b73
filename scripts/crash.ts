import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSecret } from '../protocol';
import type { Cleanup } from '../testbed/cleanup';
import { CommandError } from '../testbed/command';
import { startGateway, type Gateway } from '../testbed/gateway';
import { startHttpSink, type HttpSink } from '../testbed/httpSink';
import { listAt, textAt, tryParseJson } from '../testbed/json';
import { obtainPlugin } from '../testbed/plugin';
import { formatDuration, type Progress } from '../testbed/progress';
import { ensureRuntimes } from '../testbed/runtime';
import { startScriptedModel, type ScriptedModel } from '../testbed/scriptedModel';
import { mountSmallDisk } from '../testbed/smallDisk';
import { startTelegramStandIn, type TelegramStandIn } from '../testbed/telegramStandIn';
import { waitFor } from '../testbed/waitFor';
import { describeMachine } from '../benchmarks/machine';
import { readReceived, readStored } from './crash/books';
import { rehearseConnection } from './crash/connectionTrial';
import { troubleDisk, type TroubleCounts } from './crash/diskTrouble';
import { rehearseQueue } from './crash/queueTrial';
import { markOf, messagesSeenByModel, startLoad } from './crash/load';
import { runCommand, type CommandTools } from './runCommand';

const KILLS = 50;
/** A kill comes up to so many milliseconds after the first event of the gateway's life, at random. */
const LONGEST_LIFE_MS = 6000;
/** Minutes of trouble with the disk, and its size. */
const MINUTES = 10;
const DISK_MEGABYTES = 64;
const DISK_RESULTS_FILE = join(__dirname, '..', 'benchmarks', 'DISK.md');
const RESULTS_FILE = join(__dirname, '..', 'benchmarks', 'CRASHES.md');
/** Kills of each program while n8n fetches. */
const CONNECTION_KILLS = 20;
/** How often each process of a queue mode is ended. */
const QUEUE_FAULTS = 10;
const QUEUE_RESULTS_FILE = join(__dirname, '..', 'benchmarks', 'QUEUE.md');
const CONNECTION_RESULTS_FILE = join(__dirname, '..', 'benchmarks', 'CONNECTION.md');

/** A gateway with the plugin, and all that it talks to. */
interface Stage {
	readonly gateway: Gateway;
	readonly model: ScriptedModel;
	readonly telegram: TelegramStandIn;
	readonly sink: HttpSink;
	readonly secret: string;
}

interface Outcome {
	readonly written: number;
	readonly accepted: number;
	readonly received: number;
	readonly lost: readonly string[];
	readonly unheard: readonly string[];
	/** Tool calls of which only the beginning or the end was told. */
	readonly halfTold: number;
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

async function setTheStage(progress: Progress, cleanup: Cleanup): Promise<Stage> {
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
	return { gateway, model, telegram, sink, secret };
}

/** Lets everything be delivered, and compares what was accepted with what was received. */
async function closeBooks(
	{ gateway, model, sink, secret }: Stage,
	known: ReadonlySet<string>,
	written: number,
	progress: Progress,
): Promise<Outcome> {
	await progress.step('Waiting until everything is delivered', async () =>
		waitFor('the outbox to be empty', () => readStored(gateway.folder).pending === 0, {
			timeoutMs: 300_000,
			everyMs: 500,
		}),
	);
	const stored = readStored(gateway.folder);
	const accepted = new Set([...known, ...stored.eventIds]);
	const received = readReceived(sink.requests, secret);
	const heard = new Set([...received.texts].map(markOf));
	const asked = [...(await messagesSeenByModel(model))];
	return {
		written,
		accepted: accepted.size,
		received: received.times.size,
		lost: [...accepted].filter((id) => !received.times.has(id)),
		unheard: asked.filter((text) => !heard.has(text)),
		halfTold: received.halfTold,
		repeated: [...received.times.values()].filter((times) => times > 1).length,
		deliveredTwice: stored.deliveredTwice,
		unverified: received.unverified,
		failed: stored.failed,
	};
}

async function rehearseKills(
	kills: number,
	progress: Progress,
	cleanup: Cleanup,
): Promise<Outcome> {
	const stage = await setTheStage(progress, cleanup);
	const load = startLoad(stage.telegram, stage.gateway.url);
	// Whoever goes on writing keeps this program alive.
	const accepted = await killOften(stage.gateway, kills, progress).finally(load.stop);
	return await closeBooks(stage, accepted, load.written, progress);
}

interface DiskOutcome extends Outcome {
	readonly troubles: TroubleCounts;
	/** Faults of the plugin when all was over. */
	readonly faults: readonly string[];
}

async function rehearseDisk(
	minutes: number,
	progress: Progress,
	cleanup: Cleanup,
): Promise<DiskOutcome> {
	const stage = await setTheStage(progress, cleanup);
	const { gateway, telegram } = stage;
	await gateway.stop();
	const state = join(gateway.folder, 'state');
	await rm(join(state, 'event-webhooks'), { recursive: true, force: true });
	const disk = mountSmallDisk(state, DISK_MEGABYTES, 'event-webhooks');
	if (disk === undefined) throw new Error('Only root can mount the disk that this test needs');
	cleanup.defer(async () => {
		await gateway.kill();
		disk.unmount();
	});
	await gateway.start();
	const load = startLoad(telegram, gateway.url);
	const makeTrouble = async () => {
		await waitFor('the first events', () => readStored(gateway.folder).eventIds.length > 0);
		const until = performance.now() + minutes * 60_000;
		return await troubleDisk(disk, until, (trouble, milliseconds) => {
			progress.line(`${trouble} for ${(milliseconds / 1000).toFixed(1)} s`);
		});
	};
	const troubles = await makeTrouble().finally(load.stop);
	await waitFor(
		'the end of the faults',
		async () => !(await faultCodes(gateway)).includes('events-waiting'),
		{ timeoutMs: 120_000, everyMs: 2000 },
	);
	const books = await closeBooks(stage, new Set(), load.written, progress);
	return { ...books, troubles, faults: await faultCodes(gateway) };
}

/** The command line ends with 1 when there are some. */
async function faultCodes(gateway: Gateway): Promise<readonly string[]> {
	const text = await gateway
		.openclaw(['event-webhooks', 'status', '--json'])
		.catch((error: unknown) => (error instanceof CommandError ? error.stdout : ''));
	return listAt(tryParseJson(text), 'faults').map((fault) => textAt(fault, 'code'));
}

function rows(outcome: Outcome): ReadonlyArray<readonly [string, string]> {
	return [
		['Messages that users wrote meanwhile', String(outcome.written)],
		['Events accepted', String(outcome.accepted)],
		['Events received', String(outcome.received)],
		['Events accepted and never received', String(outcome.lost.length)],
		['Messages an agent worked on without a message.received', String(outcome.unheard.length)],
		['Tool calls of which only the beginning or the end was told', String(outcome.halfTold)],
		['Events received more than once (same id)', String(outcome.repeated)],
		['… although their answer had been recorded', String(outcome.deliveredTwice)],
		['Requests that did not verify', String(outcome.unverified)],
	];
}

async function writeResults(
	file: string,
	heading: string,
	lines: ReadonlyArray<readonly [string, string]>,
	took: number,
): Promise<void> {
	const table = (all: ReadonlyArray<readonly [string, string]>) =>
		['| | |', '| --- | ---: |', ...all.map((line) => `| ${line.join(' | ')} |`)].join('\n');
	const text = `${heading}

${table(lines)}

${table([
	['Date', new Date().toISOString().slice(0, 10)],
	['Took', formatDuration(took)],
	...describeMachine(undefined),
])}
`;
	await writeFile(file, text);
}

const LOAD =
	"four users who write without a pause over a stand-in for Telegram, and two programs that ask over the gateway's API";

/** Kills the gateway often; says whether nothing was lost. */
async function testKills(kills: number, { progress, cleanup }: CommandTools): Promise<boolean> {
	const started = performance.now();
	const outcome = await rehearseKills(kills, progress, cleanup);
	const lines = [['`kill -9` of the gateway', String(kills)] as const, ...rows(outcome)];
	show(lines, progress);
	const heading = `# Crashes

Written by \`npm run crash\`: a real gateway with the plugin, ${LOAD}, and \`kill -9\` at random moments up to ${String(LONGEST_LIFE_MS / 1000)} s after the first event of each life. Accepted is what was on disk when the process died, or later.`;
	if (kills >= KILLS) {
		await writeResults(RESULTS_FILE, heading, lines, performance.now() - started);
	}
	// What a tool call ended with may have died with the process, before any hook was told.
	return isGood(outcome);
}

/** Makes trouble with the disk; says whether nothing was lost. */
async function testDisk(minutes: number, { progress, cleanup }: CommandTools): Promise<boolean> {
	const started = performance.now();
	const outcome = await rehearseDisk(minutes, progress, cleanup);
	const lines = [
		...Object.entries(outcome.troubles).map(([name, count]) => [name, String(count)] as const),
		...rows(outcome),
	];
	show(lines, progress);
	const heading = `# Trouble with the disk

Written by \`npm run crash -- disk\`: a real gateway with the plugin, ${LOAD}, while the disk of the plugin's data is locked by another process, full, or withdrawn, at random, for ${String(minutes)} minutes. Nothing that a hook was told may be missing: each message, and the beginning and the end of each tool call.`;
	if (minutes >= MINUTES) {
		await writeResults(DISK_RESULTS_FILE, heading, lines, performance.now() - started);
	}
	for (const code of outcome.faults) progress.line(`fault: ${code}`);
	return isGood(outcome) && outcome.halfTold === 0 && !outcome.faults.includes('events-lost');
}

/** Kills both programs while n8n fetches; says whether nothing was lost and all stayed in order. */
async function testConnection(kills: number, tools: CommandTools): Promise<boolean> {
	const started = performance.now();
	const { faults, order } = await rehearseConnection(kills, tools);
	const lines: ReadonlyArray<readonly [string, string]> = [
		['`kill -9` of n8n, and of the gateway', String(faults.kills)],
		['Publications of another version meanwhile', String(faults.edits)],
		['Events kept for the connection', String(faults.kept)],
		['Executions that a kill cut off', String(faults.cutOff)],
		['Events that no execution ran to its end', String(faults.lost.length)],
		['Events that ran to their end twice', String(faults.twice.length)],
		[
			'… as n8n was killed before it could tell the gateway of the end',
			String(faults.twiceUntold.length),
		],
		['Deliveries given up', String(faults.unsettled)],
		[
			'Backlog, one at a time for each session',
			`${String(order.events)} events of ${String(order.sessions)} sessions`,
		],
		['… lost, run twice', `${String(order.lost)}, ${String(order.twice)}`],
		['… out of order', String(order.outOfOrder)],
		['… sessions at once, at most', String(order.parallel)],
	];
	show(lines, tools.progress);
	const heading = `# The connection under crashes

Written by \`npm run crash -- connection\`: a real gateway with the plugin, ${LOAD}, and a real n8n whose trigger fetches all its events over a connection; each execution takes two seconds. Both programs are killed at random moments, one after the other, and after each pair a version of the workflow with another trigger is published. Before that, with no other load, a backlog that was put into the outbox is worked off with *Order: One at a Time for Each Session*.`;
	if (kills >= CONNECTION_KILLS) {
		await writeResults(CONNECTION_RESULTS_FILE, heading, lines, performance.now() - started);
	}
	const inexplicable = faults.twice.length - faults.twiceUntold.length;
	const troubles = [faults.lost.length, inexplicable, faults.unsettled];
	const disorder = [order.lost, order.twice, order.outOfOrder];
	return [...troubles, ...disorder].every((count) => count === 0) && order.parallel > 1;
}

/** Kills the processes of an n8n in queue mode; says whether nothing was lost, and nothing ran twice. */
async function testQueue(times: number, tools: CommandTools): Promise<boolean> {
	const started = performance.now();
	const outcome = await rehearseQueue(times, tools);
	const lines: ReadonlyArray<readonly [string, string]> = [
		['Main process restarted, killed; a worker killed', `${String(times)} times each`],
		['Events kept for the connection', String(outcome.kept)],
		['Executions that a kill cut off', String(outcome.cutOff)],
		['Later attempts that ran nothing, as an earlier one had ended', String(outcome.spared)],
		['Events that no execution ran to its end', String(outcome.lost.length)],
		['Events that ran to their end twice', String(outcome.twice.length)],
		['Deliveries given up', String(outcome.unsettled)],
	];
	show(lines, tools.progress);
	const heading = `# The connection in queue mode under crashes

Written by \`npm run crash -- queue\`: a real gateway with the plugin, ${LOAD}, and a real n8n in queue mode, with two workers, PostgreSQL and Redis, whose trigger fetches all its events over a connection; each execution takes eight seconds. The main process is restarted in good order and killed, and the workers are killed in turn, each at a random moment after what was ended before is back. Executions go on at a worker while the main process is away.`;
	if (times >= QUEUE_FAULTS) {
		await writeResults(QUEUE_RESULTS_FILE, heading, lines, performance.now() - started);
	}
	const { lost, twice, unsettled } = outcome;
	return lost.length === 0 && twice.length === 0 && unsettled === 0;
}

function show(lines: ReadonlyArray<readonly [string, string]>, progress: Progress): void {
	progress.line();
	for (const [label, value] of lines) progress.line(`${label}: ${value}`);
}

function isGood(outcome: Outcome): boolean {
	const { lost, unheard, deliveredTwice, unverified, failed } = outcome;
	return [lost.length, unheard.length, deliveredTwice, unverified, failed].every((n) => n === 0);
}

/**
 * `npm run crash` kills the gateway 50 times, `npm run crash -- 3` three times; `npm run crash -- disk 10`
 * makes trouble with its disk for ten minutes; `npm run crash -- connection` kills n8n and the gateway 20 times
 * each while n8n fetches; `npm run crash -- queue` ends the processes of an n8n in queue mode.
 */
async function main(tools: CommandTools): Promise<void> {
	const [, , first, second] = process.argv;
	const test = async () => {
		if (first === 'disk') return await testDisk(Number(second ?? MINUTES), tools);
		if (first === 'connection') {
			return await testConnection(Number(second ?? CONNECTION_KILLS), tools);
		}
		if (first === 'queue') return await testQueue(Number(second ?? QUEUE_FAULTS), tools);
		return await testKills(Number(first ?? KILLS), tools);
	};
	const hasPassed = await test();
	if (!hasPassed) process.exitCode = 1;
	tools.progress.line(`\n${hasPassed ? '1 passed, 0 failed' : '0 passed, 1 failed'}`);
}

void runCommand(main);
