import { setTimeout as delay } from 'node:timers/promises';
import { listAt, textAt } from '../../testbed/json';
import { forgetDelivered } from '../../testbed/pluginDatabase';
import { waitFor } from '../../testbed/waitFor';
import { readStored } from '../storedEvents';
import { askOnce } from '../load';
import { readExecutions } from '../storedExecutions';
import { HAND_ON, type Receiver } from './candidate';
import { countRuns, type RunCounts } from './runCounts';
import { handedOn, Watch } from './watch';
import type { World } from './world';

/** The program that asks agents, and how long it waits after each answer: n8n has to keep up. */
const PROGRAM = 1;
const PAUSE_MS = 2000;
/** Events that are handed on, by all candidates together, between a start of n8n and the next kill. */
const EVENTS_PER_LIFE = 50;
/** The kill comes up to so many milliseconds later, at random. */
const LONGEST_WAIT_MS = 2000;
const DELIVERY_MS = 600_000;

/** How one candidate came through. */
export interface CrashBooks {
	/** When everything had been delivered. */
	readonly afterKills: RunCounts;
	/** Events that more than one execution had run to its end by then. */
	readonly endedTwice: number;
	/** When every delivery had been made once more. */
	readonly afterReplay: RunCounts;
	/** Executions that n8n lists as crashed. */
	readonly cutOff: number;
}

export interface CrashResult {
	readonly kills: number;
	/** Deliveries that the gateway had given up. */
	readonly failed: number;
	/** In the order of the candidates. */
	readonly books: readonly CrashBooks[];
}

function startTurns(gatewayUrl: string): { stop(): Promise<void> } {
	const stopped = new AbortController();
	const ask = async () => {
		while (!stopped.signal.aborted) {
			await askOnce(gatewayUrl, PROGRAM);
			await delay(PAUSE_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
		}
	};
	const running = ask();
	// It is looked at in the end; until then a failure is no unhandled one.
	running.catch(() => undefined);
	return {
		stop: async () => {
			stopped.abort();
			await running;
		},
	};
}

async function killOften(
	{ n8n, sink }: World,
	kills: number,
	note: (text: string) => void,
): Promise<void> {
	for (let kill = 1; kill <= kills; kill += 1) {
		note(`kill ${String(kill)} of ${String(kills)}`);
		const before = sink.requests.length;
		await waitFor(
			'events after the start',
			() => sink.requests.length >= before + EVENTS_PER_LIFE,
			{ timeoutMs: DELIVERY_MS },
		);
		await delay(Math.random() * LONGEST_WAIT_MS);
		await n8n.kill();
		await n8n.start();
	}
}

async function waitUntilDelivered(world: World): Promise<void> {
	await waitFor('the outbox to be empty', () => readStored(world.gateway.folder).pending === 0, {
		timeoutMs: DELIVERY_MS,
		everyMs: 500,
	});
	for (const receiver of world.webhooks) await Watch.begin(world, receiver);
}

/** Ids of the events whose executions have run to their end, as often as they have. */
function endedRuns({ n8n }: World, { workflow }: Receiver): readonly string[] {
	const ended = readExecutions(n8n.folder, workflow.id).filter(
		({ status }) => status === 'success',
	);
	// The sink answers with the id of what it was handed.
	const ids = ended.map(({ ran }) => textAt(ran(HAND_ON), 'data', 'main', 0, 0, 'json', 'id'));
	return ids.filter((id) => id !== '');
}

async function crashedRows({ n8n }: World, { workflow }: Receiver): Promise<number> {
	const filter = JSON.stringify({ workflowId: workflow.id, status: ['crashed'] });
	const path = `/rest/executions?filter=${encodeURIComponent(filter)}&limit=100`;
	return listAt(await n8n.client.request('GET', path), 'results').length;
}

/**
 * Lets agents work while n8n is killed and started again, waits until everything is delivered, then lets the
 * gateway forget that, and make every delivery once more.
 */
export async function crashOften(
	world: World,
	kills: number,
	note: (text: string) => void,
): Promise<CrashResult> {
	const { gateway, n8n, sink } = world;
	const receivers: readonly Receiver[] = [world.connection, ...world.webhooks];
	// Those that were measured went to one candidate only.
	const earlier = new Set(readStored(gateway.folder).eventIds);
	const count = (ids: readonly string[]) =>
		receivers.map(({ key }) =>
			countRuns(
				ids,
				handedOn(world, key).map(({ json }) => textAt(json, 'id')),
			),
		);
	sink.answerBy(({ json }) => ({ body: { id: textAt(json, 'id') } }));
	const turns = startTurns(gateway.url);
	await killOften(world, kills, note);
	await turns.stop();
	note('waiting until everything is delivered');
	await waitUntilDelivered(world);
	const stored = readStored(gateway.folder);
	const emitted = stored.eventIds.filter((id) => !earlier.has(id));
	const afterKills = count(emitted);
	const ended = receivers.map((receiver) => countRuns(emitted, endedRuns(world, receiver)));

	note('making every delivery once more');
	await gateway.stop();
	await n8n.kill();
	forgetDelivered(gateway.folder, emitted);
	await gateway.start();
	await n8n.start();
	await waitUntilDelivered(world);
	const afterReplay = count(emitted);
	const books: CrashBooks[] = [];
	for (const [index, receiver] of receivers.entries()) {
		const [kill, replay, ends] = [afterKills[index], afterReplay[index], ended[index]];
		if (kill === undefined || replay === undefined || ends === undefined) continue;
		const cutOff = await crashedRows(world, receiver);
		books.push({
			afterKills: kill,
			endedTwice: ends.repeated,
			afterReplay: replay,
			cutOff,
		});
	}
	return { kills: kills + 1, failed: stored.failed, books };
}
