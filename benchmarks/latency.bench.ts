import { randomUUID } from 'node:crypto';
import { createSecret } from '../protocol';
import { startGateway } from '../testbed/gateway';
import { GATEWAY_TOKENS } from '../testbed/gatewayConfig';
import { startHttpSink, type ReceivedRequest } from '../testbed/httpSink';
import { textAt } from '../testbed/json';
import { obtainPlugin } from '../testbed/plugin';
import { ensureRuntimes } from '../testbed/runtime';
import { startScriptedModel } from '../testbed/scriptedModel';
import { waitFor } from '../testbed/waitFor';
import type { BenchContext, DetailedResult } from './benchContext';
import { median, percentile } from './statistics';

const WARM_UP = 10;
const ROUNDS = 100;
const TARGET_MS = 20;
/** Events that are told in the hook itself; replies are told when the gateway says that they are out. */
const AT_ONCE = new Set(['tool.called', 'tool.completed']);
const CALLBACK_PATH = '/callback';

const METHOD = `A gateway with the plugin and a model that answers at once. In each of ${ROUNDS} rounds one message is posted to an inbound endpoint, the agent calls a tool and answers, and the next round begins when the callback with the reply is there. The receiver is a server in the process of the benchmark. *Event*: from the gateway's hook, whose time the event carries, to the arrival of the request. *Message*: from the request to the 202. *Reply*: from the moment at which the plugin knows of the end of the run to the arrival of the callback. The agent works in the same process as the plugin, and holds it up.`;

const since = ({ json, receivedAt }: ReceivedRequest) =>
	receivedAt - Date.parse(textAt(json, 'timestamp'));

function row(title: string, values: readonly number[]): readonly string[] {
	const digits = (value: number) => value.toFixed(1);
	return [
		title,
		digits(median(values)),
		digits(percentile(values, 0.99)),
		digits(Math.max(...values)),
		String(values.length),
	];
}

function target(label: string, values: readonly number[]) {
	const actual = median(values);
	return { label, target: `< ${String(TARGET_MS)} ms`, actual, met: actual < TARGET_MS };
}

/** How long events, messages and replies are under way within the plugin, in a real gateway. */
export async function run({ progress, cleanup }: BenchContext): Promise<DetailedResult> {
	const runtimes = await ensureRuntimes(progress, { n8n: false });
	const packageFile = await obtainPlugin(progress, cleanup);
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const sink = await startHttpSink();
	cleanup.defer(async () => sink.stop());
	const endpoint = { name: 'sink', url: sink.url, secret: 'whsec_bench', events: [...AT_ONCE] };
	const gateway = await progress.step('Starting a gateway with the plugin', async () =>
		startGateway({
			runtimes,
			modelUrl: model.url,
			plugin: {
				packageFile,
				config: {
					endpoints: [{ ...endpoint, allowPrivateHosts: true }],
					inbound: {
						callbackOrigins: [sink.url],
						endpoints: { bench: { agentId: 'main', template: '{{body.text}}' } },
					},
				},
			},
		}),
	);
	cleanup.defer(async () => gateway.remove());
	const secret = createSecret();

	const post = async (): Promise<number> => {
		const path = `${CALLBACK_PATH}/${randomUUID()}`;
		const headers = {
			authorization: `Bearer ${GATEWAY_TOKENS.hooks}`,
			'content-type': 'application/json',
			'x-openclaw-callback-url': sink.url + path,
			'x-openclaw-callback-secret': secret,
		};
		const body = JSON.stringify({ text: 'Look into the workspace [[tool]]' });
		const started = performance.now();
		const url = `${gateway.url}/webhooks/inbound/bench`;
		const response = await fetch(url, { method: 'POST', headers, body });
		await response.text();
		const elapsed = performance.now() - started;
		if (response.status !== 202) throw new Error(`The message was not taken: ${response.status}`);
		await sink.waitForRequest((request) => request.path === path, { everyMs: 5 });
		return elapsed;
	};
	const messages: number[] = [];
	await progress.step(`${ROUNDS} messages and replies`, async (note) => {
		for (let round = -WARM_UP; round < ROUNDS; round += 1) {
			if (round === 0) sink.clear();
			const elapsed = await post();
			if (round >= 0) messages.push(elapsed);
			note(`round ${String(round + 1)}`);
		}
		await waitFor('the events of all rounds', () => eventsIn(sink.requests).length >= 2 * ROUNDS);
	});
	const events = eventsIn(sink.requests).map(since);
	const replies = sink.requests.filter(({ path }) => path.startsWith(CALLBACK_PATH)).map(since);
	return {
		name: 'Under way in the gateway',
		method: METHOD,
		rows: [],
		tables: [
			{
				title: '',
				columns: ['', 'p50 ms', 'p99 ms', 'max ms', 'measured'],
				rows: [
					row('event: hook to arrival', events),
					row('message: request to 202', messages),
					row("reply: the run's end to arrival of the callback", replies),
				],
			},
		],
		targets: [
			target('event: hook to arrival, p50', events),
			target('message: request to 202, p50', messages),
		],
	};
}

function eventsIn(requests: readonly ReceivedRequest[]): readonly ReceivedRequest[] {
	return requests.filter(({ json }) => AT_ONCE.has(textAt(json, 'type')));
}
