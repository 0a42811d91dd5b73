import type { BenchContext, DetailedResult } from './benchContext';
import { compileProgram, runProgram } from './outboxRunner';
import type { SenderFigures, SenderVariant } from './senderFigures';
import { median, shuffled } from './statistics';

const ROUNDS = 5;
const CALLS = 3000;
/** What is called; the plugin's own share is what it takes beyond a server that only reads and answers. */
const VARIANTS: readonly {
	readonly name: SenderVariant;
	readonly title: string;
	readonly bare?: SenderVariant;
}[] = [
	{ name: 'bareAccepted', title: 'a server that only reads and answers' },
	{ name: 'github', title: 'accepted: signed as GitHub does', bare: 'bareAccepted' },
	{
		name: 'standardWebhooks',
		title: 'accepted: signed by Standard Webhooks',
		bare: 'bareAccepted',
	},
	{ name: 'bareRefused', title: 'the same server, which closes the connection' },
	{ name: 'forged', title: 'refused: signed with another secret', bare: 'bareRefused' },
	{ name: 'unsigned', title: 'refused: not signed', bare: 'bareRefused' },
];
const TARGETS = [
	['github', 2000],
	['standardWebhooks', 2000],
	['forged', 200],
	['unsigned', 200],
] as const;

const METHOD = `${CALLS} calls of 1 KB each, eight at a time, of an inbound endpoint with 'auth' in a process of its own, after 500 that warm up; accepted ones are on disk before they are answered. CPU is that of the thread that serves; who calls is another. Each variant runs ${ROUNDS} times in random order, and the medians count. What a refusal costs includes closing its connection, and noting it.`;

const titleOf = (name: SenderVariant) => VARIANTS.find((each) => each.name === name)?.title ?? name;

/** Calls that their sender signs. */
export async function run(context: BenchContext): Promise<DetailedResult> {
	const program = await compileProgram(context, 'senderProgram.ts');
	const samples = new Map(VARIANTS.map(({ name }) => [name, [] as number[]]));
	await context.progress.step('Signed calls', async (note) => {
		for (let round = 1; round <= ROUNDS; round += 1) {
			note(`round ${round} of ${ROUNDS}`);
			for (const { name } of shuffled(VARIANTS)) {
				const measured = (await runProgram(program, [name, String(CALLS)])) as SenderFigures;
				samples.get(name)?.push(measured.cpuMicroseconds);
			}
		}
	});
	const cpu = (name: SenderVariant) => median(samples.get(name) ?? []);
	const own = (name: SenderVariant) => {
		const bare = VARIANTS.find((each) => each.name === name)?.bare;
		return bare === undefined ? undefined : cpu(name) - cpu(bare);
	};
	return {
		name: 'Calls that their sender signs',
		method: METHOD,
		rows: [],
		tables: [
			{
				title: '',
				columns: ['', 'CPU µs', "the plugin's own share, µs"],
				rows: VARIANTS.map(({ name, title }) => [
					title,
					cpu(name).toFixed(0),
					own(name)?.toFixed(0) ?? '',
				]),
			},
		],
		targets: TARGETS.map(([name, limit]) => {
			const actual = own(name) ?? NaN;
			return {
				label: `µs of CPU, ${titleOf(name)}`,
				target: `< ${limit.toLocaleString('en-US')}`,
				actual,
				met: actual < limit,
			};
		}),
	};
}
