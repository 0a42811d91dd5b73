import { startGateway } from '../testbed/gateway';
import { startHttpSink } from '../testbed/httpSink';
import { startN8n } from '../testbed/n8n/instance';
import { obtainPlugin } from '../testbed/plugin';
import { issueToken } from '../testbed/pluginToken';
import { ensureRuntimes } from '../testbed/runtime';
import { startScriptedModel } from '../testbed/scriptedModel';
import { startTelegramStandIn } from '../testbed/telegramStandIn';
import type { BenchContext, BenchTable, DetailedResult } from './benchContext';
import { resumeWorkflows, type Resumption } from './flow/resumedWorkflows';
import { makeTicketTrips, type TicketTrip } from './flow/ticketTrips';
import { median, percentile } from './statistics';
import { ENGINES } from './triggerEngines';

const TICKETS = 100;
const RESUMPTIONS = 20;
const RESUMED_MS = 100;
/** The engine that the README recommends. */
const TICKET_ENGINE = 'N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE';

const METHOD = `A real gateway with the plugin, a real n8n with the packed tarball for each setting of its expression engine, a model that answers at once, and local stand-ins for Telegram and the ticket system. *Send Message and Wait for Response*: ${RESUMPTIONS} executions of Webhook → OpenClaw Inbound → No Operation, one after the other; measured from the last byte of the model to the callback's request (OpenClaw's end of the run, and the plugin), and from there to the start of the next node (n8n, and the node's own check of the signature). *Ticket round trip*: the example of that name with automatic endpoint setup, ${TICKETS} people one after the other; each writes for the first time, a ticket is opened and changed, and the agent tells the person in the same chat.`;

function spread(values: readonly number[]): readonly string[] {
	return [median(values), percentile(values, 0.99)].map((value) => Math.round(value).toString());
}

function resumptionTable(all: ReadonlyMap<string, readonly Resumption[]>): BenchTable {
	return {
		title: 'Send Message and Wait for Response (ms)',
		columns: ['', 'model to callback, p50', 'p99', 'callback to next node, p50', 'p99'],
		rows: [...all].map(([title, values]) => [
			title,
			...spread(values.map(({ toCallbackMs }) => toCallbackMs)),
			...spread(values.map(({ toNextNodeMs }) => toNextNodeMs)),
		]),
	};
}

function ticketTable(trips: readonly TicketTrip[]): BenchTable {
	return {
		title: 'Ticket round trip (ms)',
		columns: ['', 'p50', 'p99'],
		rows: [
			['from the message in the chat to the ticket', ...spread(trips.map((trip) => trip.openedMs))],
			["from the ticket's change to the chat", ...spread(trips.map((trip) => trip.toldMs))],
		],
	};
}

/** Whole ways through both programs. */
export async function run({
	progress,
	cleanup,
	prepareN8n,
}: BenchContext): Promise<DetailedResult> {
	const { packageFile } = await prepareN8n();
	const runtimes = await ensureRuntimes(progress);
	const plugin = await obtainPlugin(progress, cleanup);
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	const outside = await startHttpSink();
	cleanup.defer(async () => outside.stop());
	const gateway = await progress.step('Starting a gateway with the plugin', async () =>
		startGateway({
			runtimes,
			modelUrl: model.url,
			config: { ...telegram.config('support-bot'), session: { dmScope: 'per-channel-peer' } },
			plugin: { packageFile: plugin, config: {} },
		}),
	);
	cleanup.defer(async () => gateway.remove());
	const accessToken = await issueToken(gateway);

	const resumptions = new Map<string, readonly Resumption[]>();
	let trips: readonly TicketTrip[] = [];
	for (const { title, env } of ENGINES) {
		const n8n = await progress.step(`Starting n8n with ${title}`, async () =>
			startN8n({ runtimes, packageFile, env, installBy: 'npm' }),
		);
		const removal = { done: false };
		cleanup.defer(async () => {
			if (!removal.done) await n8n.remove();
		});
		const values = await progress.step(
			`${RESUMPTIONS} workflows that wait for an agent`,
			async () => resumeWorkflows({ n8n, gateway, model, accessToken }, RESUMPTIONS),
		);
		resumptions.set(title, values);
		if (TICKET_ENGINE in env) {
			const systems = { n8n, gatewayUrl: gateway.url, accessToken, telegram, outside };
			trips = await progress.step(`${TICKETS} ticket round trips`, async (note) =>
				makeTicketTrips(systems, TICKETS, note),
			);
		}
		removal.done = true;
		await n8n.remove();
	}
	const ours = [...resumptions.values()].flat().map(({ toCallbackMs }) => toCallbackMs);
	const actual = median(ours);
	return {
		name: 'Round trips through both programs',
		method: METHOD,
		rows: [],
		tables: [resumptionTable(resumptions), ticketTable(trips)],
		targets: [
			{
				label: "the model's last byte to the callback, p50",
				target: `< ${String(RESUMED_MS)} ms`,
				actual,
				met: actual < RESUMED_MS,
			},
			{
				label: 'tickets told to the person who opened them, of 100',
				target: '100',
				actual: trips.length,
				met: trips.length === TICKETS,
			},
		],
	};
}
