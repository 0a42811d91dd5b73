import { setTimeout as delay } from 'node:timers/promises';
import type { N8nClient, Workflow } from '../../testbed/n8n/client';
import { startN8n } from '../../testbed/n8n/instance';
import type { WorkflowDefinition } from '../../testbed/n8n/workflow';
import type { Progress } from '../../testbed/progress';
import type { ResultRow } from '../results';
import {
	fillOutbox,
	isOfBacklog,
	readFetchedRuns,
	type Backlog,
	type FetchedRun,
} from './fetchedRuns';
import {
	balance,
	comeToRest,
	countEnds,
	definition,
	publish,
	runTwice,
	startFetchingStage,
	underLoad,
	type FetchedBooks,
	type FetchingStage,
} from './fetchingStage';
import { LOAD, type Trial } from './trial';

/** Long enough to be cut off by a kill. */
const TAKE_TIME_SECONDS = 2;
/** A fault comes up to so many milliseconds after the one before is over, at random. */
const LONGEST_CALM_MS = 5000;
const BACKLOG: Backlog = { sessions: 50, eventsOfEach: 20 };
/** A gateway that is there so long must have been told of an end. */
const TELLING_MS = 2000;

/** A time in which a program was not there, in milliseconds since 1970. */
interface Down {
	readonly from: number;
	readonly until: number;
}

interface Troubles {
	readonly edits: number;
	readonly n8n: readonly Down[];
	readonly gateway: readonly Down[];
}

/** What became of the events that the gateway kept for the connection. */
interface ConnectionOutcome extends FetchedBooks {
	readonly kills: number;
	readonly edits: number;
	/** Executions that a kill cut off. */
	readonly cutOff: number;
	/** Those that ran twice whose first end nobody could tell the gateway of before n8n was killed. */
	readonly twiceUntold: readonly string[];
}

/** How a backlog of many sessions was worked off, one event at a time for each. */
interface OrderOutcome {
	readonly events: number;
	readonly sessions: number;
	readonly lost: number;
	readonly twice: number;
	/** Executions that began before the one of their session's event before had ended. */
	readonly outOfOrder: number;
	/** How many sessions were worked on at once, at most. */
	readonly parallel: number;
}

/** Publishes a version of the workflow whose trigger differs. */
async function edit(client: N8nClient, workflow: Workflow, next: WorkflowDefinition) {
	const changed = await client.changeWorkflow(workflow, next);
	await client.publish(changed);
	return changed;
}

async function breakThings(
	stage: FetchingStage,
	workflow: Workflow,
	kills: number,
	progress: Progress,
): Promise<Troubles> {
	const { n8n, gateway, credential } = stage;
	const downs = { n8n: [] as Down[], gateway: [] as Down[] };
	let current = workflow;
	let edits = 0;
	for (let kill = 1; kill <= kills; kill += 1) {
		for (const name of ['n8n', 'gateway'] as const) {
			const program = { n8n, gateway }[name];
			await delay(Math.random() * LONGEST_CALM_MS);
			const from = Date.now();
			await program.kill();
			await program.start();
			downs[name].push({ from, until: Date.now() });
			progress.line(`killed ${name} ${String(kill)} of ${String(kills)} times`);
		}
		await delay(Math.random() * LONGEST_CALM_MS);
		const options = { maxParallel: 4 + (kill % 5) };
		current = await edit(n8n.client, current, definition(credential, options, TAKE_TIME_SECONDS));
		edits += 1;
	}
	return { edits, ...downs };
}

/**
 * The events that ran to their end twice because n8n was killed before it could tell the gateway of the first end:
 * the gateway was hardly there in between.
 */
function untold(
	twice: readonly string[],
	runs: readonly FetchedRun[],
	{ n8n, gateway }: Troubles,
): readonly string[] {
	return twice.filter((id) => {
		const ends = runs.filter(({ eventId, hasEnded }) => eventId === id && hasEnded);
		return ends.slice(1).every((later, place) => {
			const { endedAt = NaN } = ends[place] ?? {};
			const killed = n8n.find(({ from }) => endedAt <= from && from <= later.startedAt);
			if (killed === undefined) return false;
			const away = gateway.map(({ from, until }) =>
				Math.max(0, Math.min(until, killed.from) - Math.max(from, endedAt)),
			);
			return killed.from - endedAt - away.reduce((sum, ms) => sum + ms, 0) < TELLING_MS;
		});
	});
}

async function rehearseFaults(
	stage: FetchingStage,
	kills: number,
	progress: Progress,
): Promise<ConnectionOutcome> {
	const { n8n, credential } = stage;
	const workflow = await n8n.client.createWorkflow(definition(credential, {}, TAKE_TIME_SECONDS));
	const endpoint = await publish(stage, workflow);
	const troubles = await underLoad(stage, endpoint, async () =>
		breakThings(stage, workflow, kills, progress),
	);
	await comeToRest(stage, endpoint, progress);
	const runs = readFetchedRuns(n8n.folder, workflow.id);
	const books = balance(stage, endpoint, runs, progress);
	await n8n.client.deleteWorkflow(workflow);
	return {
		kills,
		edits: troubles.edits,
		...books,
		cutOff: runs.filter(({ status }) => status === 'crashed').length,
		twiceUntold: untold(books.twice, runs, troubles),
	};
}

async function rehearseOrder(stage: FetchingStage, progress: Progress): Promise<OrderOutcome> {
	const { n8n, gateway, credential } = stage;
	const options = { order: 'session', maxParallel: 8 };
	const workflow = await n8n.client.createWorkflow(definition(credential, options, 0));
	const endpoint = await publish(stage, workflow);
	await n8n.stop();
	await gateway.stop();
	fillOutbox(gateway.folder, endpoint, BACKLOG);
	await gateway.start();
	await n8n.start();
	await comeToRest(stage, endpoint, progress);
	const runs = readFetchedRuns(n8n.folder, workflow.id).filter(
		({ eventId = '', hasEnded }) => hasEnded && isOfBacklog(eventId),
	);
	await n8n.client.deleteWorkflow(workflow);
	const ends = countEnds(runs);
	const events = BACKLOG.sessions * BACKLOG.eventsOfEach;
	return {
		events,
		sessions: BACKLOG.sessions,
		lost: events - ends.size,
		twice: runTwice(ends).length,
		outOfOrder: countOutOfOrder(runs),
		parallel: mostAtOnce(runs),
	};
}

function countOutOfOrder(runs: readonly FetchedRun[]): number {
	const last = new Map<string, FetchedRun>();
	let count = 0;
	for (const run of runs) {
		const before = last.get(run.sessionKey);
		// Ids of a session's events go up with their turns.
		const isAfter =
			before === undefined ||
			(before.endedAt <= run.startedAt && (before.eventId ?? '') < (run.eventId ?? ''));
		if (!isAfter) count += 1;
		last.set(run.sessionKey, run);
	}
	return count;
}

function mostAtOnce(runs: readonly FetchedRun[]): number {
	const changes = runs
		.flatMap(({ startedAt, endedAt }) => [
			{ at: startedAt, by: 1 },
			{ at: endedAt, by: -1 },
		])
		.sort((one, other) => one.at - other.at || one.by - other.by);
	let now = 0;
	let most = 0;
	for (const { by } of changes) {
		now += by;
		most = Math.max(most, now);
	}
	return most;
}

/**
 * A real gateway and a real n8n that fetches its events: a backlog of many sessions is worked off in order; then,
 * under load, both are killed again and again and the workflow is published anew each time.
 */
export const connectionTrial: Trial = {
	usual: 20,
	page: 'CONNECTION.md',
	title: 'The connection under crashes',
	story: `Written by \`npm run crash -- connection\`: a real gateway with the plugin, ${LOAD}, and a real n8n whose trigger fetches all its events over a connection; each execution takes two seconds. Both programs are killed at random moments, one after the other, and after each pair a version of the workflow with another trigger is published. Before that, with no other load, a backlog that was put into the outbox is worked off with *Order: One at a Time for Each Session*.`,
	run: async (kills, tools) => {
		const stage = await startFetchingStage(tools, startN8n);
		// First, as a gateway that has been killed often has much to catch up with.
		const order = await rehearseOrder(stage, tools.progress);
		const faults = await rehearseFaults(stage, kills, tools.progress);
		const inexplicable = faults.twice.length - faults.twiceUntold.length;
		const troubles = [faults.lost.length, inexplicable, faults.unsettled];
		const disorder = [order.lost, order.twice, order.outOfOrder];
		return {
			rows: [...faultRows(faults), ...orderRows(order)],
			isGood: [...troubles, ...disorder].every((count) => count === 0) && order.parallel > 1,
		};
	},
};

function faultRows(faults: ConnectionOutcome): readonly ResultRow[] {
	return [
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
	];
}

function orderRows(order: OrderOutcome): readonly ResultRow[] {
	return [
		[
			'Backlog, one at a time for each session',
			`${String(order.events)} events of ${String(order.sessions)} sessions`,
		],
		['… lost, run twice', `${String(order.lost)}, ${String(order.twice)}`],
		['… out of order', String(order.outOfOrder)],
		['… sessions at once, at most', String(order.parallel)],
	];
}
