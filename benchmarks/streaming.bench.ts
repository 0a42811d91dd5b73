import { startGateway, type Gateway } from '../testbed/gateway';
import { startHttpSink } from '../testbed/httpSink';
import { textAt } from '../testbed/json';
import { packPlugin } from '../testbed/plugin';
import { ensureRuntimes } from '../testbed/runtime';
import { startScriptedModel } from '../testbed/scriptedModel';
import { startTelegramStandIn, type TelegramStandIn } from '../testbed/telegramStandIn';
import { STREAMING_MODES, streamingAccounts } from '../testbed/telegramStreaming';
import { removeTemporaryFolder, temporaryFolder } from '../testbed/temporaryFolder';
import type { BenchContext, DetailedResult } from './benchContext';
import { openclawVersion } from './machine';
import { median, shuffled } from './statistics';

/** The first chats have code to load and to compile. */
const WARM_UP = 4;
const CHATS = 20;
/** Long enough for a channel to change what it shows before the reply is whole. */
const PACE = '[[stream:6:500]]';
/** More than chance makes of the median of so many chats. */
const MOST = 1.1;

const method = (version: string) =>
	`OpenClaw ${version}, a Telegram stand-in with an account for each streaming mode, and a scripted model that takes 2.5 seconds for a reply of 11 words. Two gateways side by side, one with the plugin, whose endpoint takes all events. In each round, a person writes in all six modes at once to one of them, then to the other one, in random order; ${CHATS} rounds after ${WARM_UP} that are not measured. Times are the clock's from the message to the first words that the person sees, to the first change of a message, and to the last change, which makes the reply whole. Milliseconds are medians, ratios (with the plugin to without) medians of the ratios within a round.`;

/** What a person waits for, in milliseconds from the message. */
interface Waits {
	readonly first: number;
	/** Missing in modes that change no message. */
	readonly edit: number | undefined;
	readonly final: number;
}

type StandIns = ReadonlyMap<string, TelegramStandIn>;

/** A gateway and the people who write to it. */
interface Side {
	readonly gateway: Gateway;
	readonly standIns: StandIns;
}

async function chat(telegram: TelegramStandIn, reply: string): Promise<Waits> {
	const before = telegram.sent.length;
	const started = performance.now();
	telegram.write(`[[reply:${reply}]] ${PACE}`);
	const { at: final } = await telegram.waitForSent(({ text }) => text === reply, { everyMs: 5 });
	const calls = telegram.sent.slice(before);
	const at = (method: string) => calls.find((call) => call.method === method)?.at;
	const edit = at('editMessageText');
	return {
		first: (at('sendMessage') ?? final) - started,
		edit: edit === undefined ? undefined : edit - started,
		final: final - started,
	};
}

async function takeRound({ standIns }: Side, round: number): Promise<ReadonlyMap<string, Waits>> {
	const reply = (mode: string) =>
		`One two three four five six seven eight nine in ${mode} ${String(round)}`;
	const waits = await Promise.all(
		[...standIns].map(
			async ([mode, telegram]) => [mode, await chat(telegram, reply(mode))] as const,
		),
	);
	return new Map(waits);
}

interface Round {
	readonly without: Waits;
	readonly withPlugin: Waits;
}

/** Median times and the ratio of one figure; undefined where a mode does not have it. */
function figuresOf(rounds: readonly Round[], figure: keyof Waits) {
	const pairs = rounds.flatMap(({ without, withPlugin }) => {
		const [one, other] = [without[figure], withPlugin[figure]];
		return one === undefined || other === undefined ? [] : [[one, other] as const];
	});
	if (pairs.length === 0) return undefined;
	return {
		without: median(pairs.map(([one]) => one)),
		withPlugin: median(pairs.map(([, other]) => other)),
		ratio: median(pairs.map(([one, other]) => other / one)),
	};
}

const cells = (figures: ReturnType<typeof figuresOf>) =>
	figures === undefined
		? ['–', '–', '–']
		: [figures.without.toFixed(0), figures.withPlugin.toFixed(0), figures.ratio.toFixed(3)];

/** How long people wait for what they see of a reply, with the plugin and without. */
export async function run({ progress, cleanup }: BenchContext): Promise<DetailedResult> {
	const runtimes = await ensureRuntimes(progress, { n8n: false });
	const folder = await temporaryFolder('bench-streaming');
	cleanup.defer(async () => removeTemporaryFolder(folder));
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const sink = await startHttpSink();
	cleanup.defer(async () => sink.stop());
	const endpoint = { name: 'sink', url: sink.url, secret: 'whsec_bench', events: ['*'] };
	const plugin = {
		packageFile: await packPlugin(folder),
		config: { endpoints: [{ ...endpoint, allowPrivateHosts: true }] },
	};
	const start = async (options: Partial<Parameters<typeof startGateway>[0]>): Promise<Side> => {
		const standIns = new Map<string, TelegramStandIn>();
		for (const [mode] of STREAMING_MODES) {
			const telegram = await startTelegramStandIn();
			cleanup.defer(async () => telegram.stop());
			standIns.set(mode, telegram);
		}
		const config = streamingAccounts(standIns);
		const gateway = await startGateway({ runtimes, modelUrl: model.url, config, ...options });
		cleanup.defer(async () => gateway.remove());
		return { gateway, standIns };
	};
	const [plain, extended] = await progress.step(
		'Starting two gateways, one with the plugin',
		async () => [await start({}), await start({ plugin })] as const,
	);

	const rounds = new Map<string, Round[]>(STREAMING_MODES.map(([mode]) => [mode, []]));
	await progress.step(`${String(CHATS)} chats in each mode`, async (note) => {
		for (let round = -WARM_UP; round < CHATS; round += 1) {
			const results = new Map<Side, ReadonlyMap<string, Waits>>();
			for (const side of shuffled([plain, extended])) {
				results.set(side, await takeRound(side, round));
			}
			if (round < 0) continue;
			for (const [mode, list] of rounds) {
				const [without, withPlugin] = [results.get(plain), results.get(extended)].map((result) =>
					result?.get(mode),
				);
				if (without !== undefined && withPlugin !== undefined) list.push({ without, withPlugin });
			}
			note(`round ${String(round + 1)}`);
		}
	});
	const messages = sink.requests.filter(({ json }) => textAt(json, 'type').startsWith('message.'));
	// Each chat is a message and a reply.
	if (messages.length < 2 * CHATS * STREAMING_MODES.length) {
		throw new Error('The plugin has not told of all messages');
	}
	const largest = Math.max(...messages.map(({ body }) => body.length));

	const figures = [...rounds].map(([mode, list]) => ({
		mode,
		first: figuresOf(list, 'first'),
		edit: figuresOf(list, 'edit'),
		final: figuresOf(list, 'final'),
	}));
	const worst = (figure: keyof Waits) =>
		Math.max(...figures.map((each) => each[figure]?.ratio ?? 0));
	return {
		name: 'What a person sees of a reply, with the plugin and without',
		method: method(openclawVersion(runtimes)),
		rows: [{ label: 'event of a message or a reply, the largest', value: largest, unit: 'bytes' }],
		tables: [
			{
				title: 'Milliseconds from the message, without and with the plugin, and the ratio',
				columns: [
					'Mode',
					...['First words', 'First change', 'Whole reply'].flatMap((name) => [
						name,
						'with',
						'ratio',
					]),
				],
				rows: figures.map(({ mode, first, edit, final }) => [
					mode,
					...cells(first),
					...cells(edit),
					...cells(final),
				]),
			},
		],
		targets: [
			...(
				[
					['first words', 'first'],
					['first change', 'edit'],
					['whole reply', 'final'],
				] as const
			).map(([label, figure]) => ({
				label: `${label}, ratio of the mode with the highest`,
				target: `≤ ${MOST.toFixed(2)}`,
				actual: worst(figure),
				met: worst(figure) <= MOST,
			})),
			{
				label: 'bytes of an event of a plain message',
				target: '< 1,536',
				actual: largest,
				met: largest < 1536,
			},
		],
	};
}
