import type { BenchTable } from './benchContext';
import { ITEMS, type InboundVariant } from './inboundVariants';
import type { BenchTarget } from './result';
import { median } from './statistics';

/** One run of one variant. */
export interface InboundSample {
	/** What n8n notes as the node's time, in milliseconds. */
	readonly nodeMs: number;
	/** CPU time of n8n for the whole execution, in milliseconds. */
	readonly cpuMs: number;
}

export type InboundSamples = ReadonlyMap<InboundVariant, readonly InboundSample[]>;

/** A setting of n8n's expression engine. */
export interface InboundEngine {
	readonly title: string;
	readonly env: Readonly<Record<string, string>>;
	/** How many times as fast as the fastest HTTP Request our node has to be. */
	readonly target: number;
}

export const INBOUND_ENGINES: readonly InboundEngine[] = [
	{ title: 'the default engine (vm)', env: {}, target: 1 },
	{
		title: '`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true`',
		env: { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' },
		target: 1.5,
	},
	{
		title: '`N8N_EXPRESSION_ENGINE=legacy`',
		env: { N8N_EXPRESSION_ENGINE: 'legacy' },
		target: 1,
	},
];

const medianMs = (samples: readonly InboundSample[]) => median(samples.map(({ nodeMs }) => nodeMs));

type Entry = readonly [InboundVariant, readonly InboundSample[]];

function fastestHttpRequest(samples: InboundSamples): Entry {
	const [first, ...rest] = [...samples].filter(([{ side }]) => side === 'httpRequest');
	if (first === undefined) throw new RangeError('Nothing to compare with');
	return rest.reduce((best, next) => (medianMs(next[1]) < medianMs(best[1]) ? next : best), first);
}

function compare(own: readonly InboundSample[], other: readonly InboundSample[]) {
	const ratios = (of: keyof InboundSample) =>
		median(own.map((sample, round) => (other[round]?.[of] ?? NaN) / sample[of]));
	return { faster: ratios('nodeMs'), cheaper: ratios('cpuMs') };
}

/** All figures of one setting. */
export function toTable(engine: InboundEngine, samples: InboundSamples): BenchTable {
	const [, reference] = fastestHttpRequest(samples);
	const rows = [...samples].map(([{ title }, own]) => {
		const { faster, cheaper } = compare(own, reference);
		return [
			title,
			medianMs(own).toFixed(0),
			((ITEMS * 1000) / medianMs(own)).toFixed(0),
			faster.toFixed(2),
			median(own.map(({ cpuMs }) => cpuMs)).toFixed(0),
			cheaper.toFixed(2),
		];
	});
	return {
		title: `With ${engine.title}; ratios to the fastest HTTP Request`,
		columns: ['', 'ms', 'items/s', '× as fast', 'CPU ms', '× as cheap'],
		rows,
	};
}

/** Our node with its defaults has to be as fast as HTTP Request in the fastest of its ways. */
export function targetsOf(engine: InboundEngine, samples: InboundSamples): BenchTarget[] {
	const [reference, referenceSamples] = fastestHttpRequest(samples);
	return [...samples]
		.filter(([{ side, isDefault }]) => side === 'inbound' && isDefault)
		.map(([{ title }, own]) => {
			const { faster } = compare(own, referenceSamples);
			return {
				label: `${engine.title}: ${title}, of ${reference.title}`,
				target: `≥ ${engine.target.toFixed(1)}`,
				actual: faster,
				met: faster >= engine.target,
			};
		});
}
