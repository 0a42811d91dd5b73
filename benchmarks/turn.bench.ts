import { askAgent } from '../testbed/askAgent';
import { startGateway, type Gateway } from '../testbed/gateway';
import { startHttpSink } from '../testbed/httpSink';
import { ensureRuntimes } from '../testbed/runtime';
import { startScriptedModel } from '../testbed/scriptedModel';
import { removeTemporaryFolder, temporaryFolder } from '../testbed/temporaryFolder';
import type { BenchContext, DetailedResult } from './benchContext';
import { median, percentile } from './statistics';
import { APPROVALS, measureDecisions } from './turn/approvedCalls';
import { packTimedPlugin } from './turn/timedPlugin';
import { TIMES_PATH } from './turn/times';
import type { HookTimes } from './turn/times';

/** As a gateway that has run for a while: the first turns have code to load and to compile. */
const WARM_UP = 100;
const TURNS = 100;
const DECISIONS = 30;

const METHOD = `Turns of an agent with a tool call, by turns in a gateway with the plugin and in one without it, ${TURNS} of each after ${WARM_UP} that are not measured. The gateway comes to each handler from work of its own, so that a handler finds little of its code and data in the processor's near caches, and takes several times what it takes in a loop; in every other turn a bare write before each handler is timed instead: one event and one delivery put into a database of the same tables by \`node:sqlite\` alone. After that the agent calls a tool that waits for approval, ${DECISIONS} times, and the benchmark allows it over the API as a workflow does: from that request to the end of the handler. The times are the clock's, with whatever other programs take meanwhile.`;

/** One turn of an agent over the gateway's API, with a tool call; milliseconds. */
async function takeTurn({ url }: Gateway, user: string): Promise<number> {
	const started = performance.now();
	const { status } = await askAgent(url, { text: 'Look into the workspace [[tool]]', user });
	if (status !== 200) throw new Error(`The agent's turn failed: ${status}`);
	return performance.now() - started;
}

async function readTimes({ url }: Gateway): Promise<HookTimes> {
	return (await (await fetch(`${url}${TIMES_PATH}`)).json()) as HookTimes;
}

/** What the plugin adds to an agent's turn, in two real gateways side by side, one without it. */
export async function run({ progress, cleanup }: BenchContext): Promise<DetailedResult> {
	const runtimes = await ensureRuntimes(progress, { n8n: false });
	const folder = await temporaryFolder('bench-plugin');
	cleanup.defer(async () => removeTemporaryFolder(folder));
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const sink = await startHttpSink();
	cleanup.defer(async () => sink.stop());
	const endpoint = { name: 'sink', url: sink.url, secret: 'whsec_bench', events: ['*'] };
	const plugin = {
		packageFile: await packTimedPlugin(folder),
		config: {
			endpoints: [{ ...endpoint, allowPrivateHosts: true }],
			approvals: APPROVALS,
		},
	};
	const start = async (options: Partial<Parameters<typeof startGateway>[0]>) => {
		const gateway = await startGateway({ runtimes, modelUrl: model.url, ...options });
		cleanup.defer(async () => gateway.remove());
		return gateway;
	};
	const [plain, extended] = await progress.step(
		'Starting two gateways, one with the plugin',
		async () => [await start({}), await start({ plugin })] as const,
	);

	const without: number[] = [];
	const withPlugin: number[] = [];
	const perTurn: number[] = [];
	const handlers: number[] = [];
	const unasked: number[] = [];
	const bareWrites: number[] = [];
	await progress.step(`${TURNS} turns of each, by turns`, async (note) => {
		for (let turn = -WARM_UP; turn < TURNS; turn += 1) {
			const user = `user-${String(Math.floor(turn / 10))}`;
			const plainTime = await takeTurn(plain, user);
			const extendedTime = await takeTurn(extended, user);
			const times = await readTimes(extended);
			if (turn < 0) continue;
			without.push(plainTime);
			withPlugin.push(extendedTime);
			handlers.push(...times.handlers);
			unasked.push(...times.unasked);
			bareWrites.push(...times.bareWrites);
			if (times.handlers.length === 0) continue;
			const sum = [...times.handlers, ...times.unasked].reduce((total, time) => total + time, 0);
			perTurn.push(sum / 1000 / extendedTime);
			note(`turn ${String(turn + 1)}`);
		}
	});
	const decisions = await progress.step(
		`${String(DECISIONS)} tool calls that wait for a decision`,
		async () => measureDecisions(extended, sink, async () => readTimes(extended), DECISIONS),
	);
	const decided = median(decisions);
	const notAsked = median(unasked);
	const share = median(perTurn) * 100;
	const p50 = median(handlers);
	const p99 = percentile(handlers, 0.99);
	const bare = median(bareWrites);
	return {
		name: "What the plugin adds to an agent's turn",
		method: METHOD,
		tables: [],
		rows: [
			{ label: 'turn with a tool call, without the plugin', value: median(without), unit: 'ms' },
			{ label: 'the same with the plugin', value: median(withPlugin), unit: 'ms' },
			{ label: 'hook handlers of one turn together', value: share, unit: '% of its time' },
			{ label: 'one hook handler, median', value: p50, unit: 'µs' },
			{ label: 'one hook handler, p99', value: p99, unit: 'µs' },
			{ label: 'a bare write in its place, median', value: bare, unit: 'µs' },
			{ label: 'a bare write in its place, p99', value: percentile(bareWrites, 0.99), unit: 'µs' },
			{
				label: 'the one that asks for approval, where it needs none, median',
				value: notAsked,
				unit: 'µs',
			},
			{
				label: 'from the decision to the tool call that goes on, median',
				value: decided,
				unit: 'ms',
			},
			{ label: 'the same, p99', value: percentile(decisions, 0.99), unit: 'ms' },
			{ label: 'hook handlers measured', value: handlers.length, unit: '' },
		],
		targets: [
			{ label: "share of a turn's time", target: '< 1 %', actual: share, met: share < 1 },
			{ label: 'one hook handler, median', target: '< 50 µs', actual: p50, met: p50 < 50 },
			{
				label: 'a tool call that needs no approval, delayed by µs, median',
				target: '< 50 µs',
				actual: notAsked,
				met: notAsked < 50,
			},
			{
				label: 'from the decision to the tool call that goes on, median',
				target: '< 50 ms',
				actual: decided,
				met: decided < 50,
			},
			{ label: 'one hook handler, p99', target: '< 1000 µs', actual: p99, met: p99 < 1000 },
		],
	};
}
