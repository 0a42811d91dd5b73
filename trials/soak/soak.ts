import { setTimeout as delay } from 'node:timers/promises';
import { EVENT_TYPES } from '../../protocol';
import { readEventIds, readPluginDatabase } from '../../testbed/pluginDatabase';
import { formatDuration, type Progress } from '../../testbed/progress';
import { startAttacker, type AttackRecord } from './attacker';
import { balance, type Books } from './books';
import { breakThings, type Fault } from './chaos';
import type { Evidence } from './checks';
import type { RunEntry, TakenMessage } from './entries';
import { memoryTrend, MemoryWatch, type MemoryTrend } from './memory';
import { readOutbox } from './outboxRows';
import type { N8nLife } from './repeats';
import { readRuns } from './runs';
import { settle } from './settle';
import type { Site } from './site';
import { startTraffic } from './traffic';

/** Everything that a soak test has found. */
export interface Outcome extends Evidence {
	readonly faults: readonly Fault[];
	readonly written: number;
	readonly asked: number;
	readonly runs: readonly RunEntry[];
	readonly messages: readonly TakenMessage[];
	/** Requests to the second receiver. */
	readonly received: ReadonlyMap<string, number>;
	/** All programs, whether they are checked or not. */
	readonly trends: readonly MemoryTrend[];
}

/** A shorter test says nothing about memory. */
const MEMORY_CHECKED_FROM_MS = 600_000;
/** The scripted model keeps what it was asked; nobody reads it here. */
const FORGET_EVERY_MS = 60_000;

function describeFault({ kind, programs, downAt, upAt }: Fault): string {
	const took = formatDuration(upAt - downAt);
	if (kind === 'outage') return `the receiver refused connections for ${took}`;
	const done = kind === 'kill' ? 'killed' : 'restarted';
	return `${programs.join(' and ')} ${done}, back after ${took}`;
}

function livesOf(startedAt: number, faults: readonly Fault[]): readonly N8nLife[] {
	const ends = faults.filter(({ programs }) => programs.includes('n8n'));
	const starts = [startedAt, ...ends.map(({ upAt }) => upAt)];
	return starts.map((start, index) => {
		const end = ends[index];
		return { startedAt: start, killedAt: end?.kind === 'kill' ? end.downAt : undefined };
	});
}

interface Disturbance {
	readonly faults: readonly Fault[];
	readonly attacks: AttackRecord;
	readonly watch: MemoryWatch;
	readonly written: number;
	readonly asked: number;
}

/** Mixed traffic, attacks and chaos, until the time is over. */
async function disturb(
	site: Site,
	milliseconds: number,
	seed: string,
	{ line, noteIds }: { line: Progress['line']; noteIds: () => void },
): Promise<Disturbance> {
	const { n8n, gateway, telegram, receiver, model } = site;
	const began = Date.now();
	const faults: Fault[] = [];
	const programs = { n8n, gateway };
	const watch = new MemoryWatch();
	watch.begin('n8n', n8n.pid);
	watch.begin('gateway', gateway.pid);
	const traffic = startTraffic(telegram, gateway.url, seed);
	const attacker = startAttacker(site, seed);
	const forget = setInterval(() => void model.clear(), FORGET_EVERY_MS);
	try {
		await breakThings(
			{
				programs,
				receiver,
				pause: delay,
				onDown: (program) => {
					watch.end(program);
					noteIds();
				},
				onUp: (program) => {
					watch.begin(program, programs[program].pid);
				},
				onFault: (fault) => {
					faults.push(fault);
					line(`${formatDuration(fault.downAt - began)}: ${describeFault(fault)}`);
				},
			},
			milliseconds,
			seed,
		);
	} finally {
		clearInterval(forget);
		watch.stop();
		await Promise.all([traffic.stop(), attacker.stop()]);
	}
	return {
		faults,
		attacks: attacker.record,
		watch,
		written: traffic.written,
		asked: traffic.asked,
	};
}

function balanceSite(
	{ n8n, gateway, receiver, heard }: Site,
	seenIds: ReadonlySet<string>,
	lives: readonly N8nLife[],
): Pick<Outcome, 'runs' | 'messages' | 'deliveredTwice'> & { readonly books: Books } {
	const { events, messages, deliveredTwice } = readOutbox(gateway.folder);
	const runs = readRuns(n8n.folder);
	const { received } = receiver;
	const entries = { events, runs, messages, seenIds, received, heard, lives };
	return { books: balance(entries, EVENT_TYPES), runs, messages, deliveredTwice };
}

/** Lets a site run under chaos and balances the books. */
export async function soak(
	site: Site,
	milliseconds: number,
	seed: string,
	progress: Progress,
): Promise<Outcome> {
	const startedAt = Date.now();
	const seenIds = new Set<string>();
	const noteIds = () => {
		for (const id of readPluginDatabase(site.gateway.folder, readEventIds)) seenIds.add(id);
	};
	const title = `Traffic and chaos for ${formatDuration(milliseconds)}`;
	const { faults, attacks, watch, written, asked } = await progress.step(title, async () =>
		disturb(site, milliseconds, seed, { line: progress.line, noteIds }),
	);
	const unsettled = await settle(site, progress);
	const length = Math.max(milliseconds, ...watch.samples.map(({ at }) => at));
	const trends = (['n8n', 'gateway'] as const).map((program) =>
		memoryTrend(program, watch.samples, length),
	);
	return {
		...balanceSite(site, seenIds, livesOf(startedAt, faults)),
		attacks,
		unsettled,
		unverified: site.receiver.unverified,
		memory: milliseconds >= MEMORY_CHECKED_FROM_MS ? trends : [],
		faults,
		written,
		asked,
		received: site.receiver.received,
		trends,
	};
}
