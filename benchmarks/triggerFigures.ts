import type { BenchTable } from './benchContext';
import type { BenchTarget } from './result';
import { median, percentile } from './statistics';
import type { Engine } from './triggerEngines';
import type { Variant, VariantName } from './triggerVariants';

/** One round of one variant. */
export interface Sample {
	/** CPU time of n8n for each event, in milliseconds. */
	readonly cpuMs: number;
	/** Until the last execution has ended; of requests that cause none, until the last answer. */
	readonly perSecond: number;
	/** Of the answers to requests. */
	readonly latenciesMs: readonly number[];
}

export type Samples = ReadonlyMap<Variant, readonly Sample[]>;

function samplesOf(samples: Samples, name: VariantName): readonly Sample[] {
	for (const [variant, own] of samples) if (variant.name === name) return own;
	return [];
}

/** How much cheaper one variant is than another, and how much faster: medians over the rounds. */
function compare(samples: Samples, name: VariantName, other: VariantName) {
	const others = samplesOf(samples, other);
	const ratios = samplesOf(samples, name).map((own, round) => ({
		cheaper: (others[round]?.cpuMs ?? NaN) / own.cpuMs,
		faster: own.perSecond / (others[round]?.perSecond ?? NaN),
	}));
	return {
		cheaper: median(ratios.map(({ cheaper }) => cheaper)),
		faster: median(ratios.map(({ faster }) => faster)),
	};
}

/** All figures of one setting. */
export function toTable(engine: Engine, samples: Samples): BenchTable {
	const rows = [...samples].map(([{ name, title }, own]) => {
		const { cheaper, faster } = compare(samples, name, 'webhook');
		const latencies = own.flatMap(({ latenciesMs }) => latenciesMs);
		return [
			title,
			median(own.map(({ cpuMs }) => cpuMs)).toFixed(1),
			cheaper.toFixed(2),
			median(own.map(({ perSecond }) => perSecond)).toFixed(1),
			faster.toFixed(2),
			latencies.length === 0
				? '–'
				: `${percentile(latencies, 0.5).toFixed(0)} / ${percentile(latencies, 0.99).toFixed(0)}`,
		];
	});
	return {
		title: `With ${engine.title}`,
		columns: ['', 'CPU ms/event', '× as cheap', 'events/s', '× as fast', 'answer p50 / p99 ms'],
		rows,
	};
}

function target(label: string, least: number, actual: number): BenchTarget {
	return { label, target: `≥ ${least}`, actual, met: actual >= least };
}

/** Events that are gathered, of the built-in Webhook's one by one. */
const BATCHED = { cheaper: 10, faster: 8 } as const;

/** What the setting had to reach: in CPU time, which other programs disturb least, and in events. */
export function targetsOf({ title, targets }: Engine, samples: Samples): BenchTarget[] {
	const both = (
		label: string,
		least: number | { readonly cheaper: number; readonly faster: number } | undefined,
		name: VariantName,
		other: VariantName,
	): BenchTarget[] => {
		if (least === undefined) return [];
		const wanted = typeof least === 'number' ? { cheaper: least, faster: least } : least;
		const { cheaper, faster } = compare(samples, name, other);
		return [
			target(`${title}: ${label}, by CPU`, wanted.cheaper, cheaper),
			target(`${title}: ${label}, by events/s`, wanted.faster, faster),
		];
	};
	const fetched = { cheaper: targets.fetchedOfWebhook, faster: 1 };
	return [
		...both('fetched, of Webhook', fetched, 'connection', 'webhook'),
		...both('fetched and gathered, of Webhook', BATCHED, 'batched', 'webhook'),
		...both('webhook, of Webhook', targets.acceptedOfWebhook, 'trigger', 'webhook'),
		...both('webhook, of the chain', targets.acceptedOfChain, 'trigger', 'chain'),
		...both('webhook, forged, of Webhook accepting', targets.forgedOfWebhook, 'forged', 'webhook'),
	];
}
