import { feed, newEvents } from '../../benchmarks/connection/feed';
import { cpuTimeMs, settledCpuTimeMs } from '../../benchmarks/cpuTime';
import { startLoadGenerator, type LoadGenerator } from '../../benchmarks/load/loadGenerator';
import { shuffled } from '../../benchmarks/statistics';
import { waitFor } from '../../testbed/waitFor';
import type { Receiver } from './candidate';
import { handedOn } from './watch';
import type { World } from './world';

export const CONCURRENCY = 8;
export const BODY_BYTES = 726;

/** How much is measured. */
export interface LoadSize {
	readonly rounds: number;
	/** Events in a round, for each candidate. */
	readonly events: number;
}

/** One round of one candidate. */
export interface Round {
	/** From the first event to the last one at the sink. */
	readonly perSecond: number;
	/** CPU time of n8n and its task runner for each event. */
	readonly cpuMs: number;
}

/** All rounds, in the order of the candidates. */
export type ThroughputResult = ReadonlyArray<readonly Round[]>;

/** Lets a candidate have events; returns when they were there, in milliseconds since 1970. */
async function give(
	{ gateway, accessToken, secrets }: World,
	load: LoadGenerator,
	receiver: Receiver,
	count: number,
): Promise<number> {
	if (receiver.way === 'fetched') {
		const events = newEvents(count, BODY_BYTES);
		return await feed({ gateway, accessToken }, receiver.registered, events);
	}
	const { url, endpoint } = receiver;
	const startedAt = Date.now();
	await load.run({
		url,
		count,
		concurrency: CONCURRENCY,
		secret: secrets.signing,
		bodyBytes: BODY_BYTES,
		expectedStatus: 200,
		...(endpoint.headers === undefined ? {} : { headers: endpoint.headers }),
	});
	return startedAt;
}

async function measure(
	world: World,
	load: LoadGenerator,
	receiver: Receiver,
	count: number,
): Promise<Round> {
	const { n8n, sink } = world;
	const before = handedOn({ sink }, receiver.key).length;
	const cpuBefore = cpuTimeMs(n8n.pid);
	const startedAt = await give(world, load, receiver, count);
	const last = await waitFor('all events at the sink', () =>
		handedOn({ sink }, receiver.key).at(before + count - 1),
	);
	const cpuMs = (await settledCpuTimeMs(n8n.pid)) - cpuBefore;
	return { perSecond: (count * 1000) / (last.receivedAt - startedAt), cpuMs: cpuMs / count };
}

/** Measures all candidates in turns, in another order in each round. */
export async function measureThroughput(
	world: World,
	{ rounds, events }: LoadSize,
	note: (text: string) => void,
): Promise<ThroughputResult> {
	const load = startLoadGenerator();
	try {
		const receivers: readonly Receiver[] = [world.connection, ...world.webhooks];
		const samples = receivers.map((receiver) => ({ receiver, measured: [] as Round[] }));
		for (const { receiver } of samples) await measure(world, load, receiver, events);
		for (let round = 1; round <= rounds; round += 1) {
			note(`round ${String(round)} of ${String(rounds)}`);
			for (const { receiver, measured } of shuffled(samples)) {
				measured.push(await measure(world, load, receiver, events));
			}
		}
		return samples.map(({ measured }) => measured);
	} finally {
		load.stop();
	}
}
