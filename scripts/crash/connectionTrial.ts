import { setTimeout as delay } from 'node:timers/promises';
import { startGateway, type Gateway } from '../../testbed/gateway';
import type { N8nClient, Workflow } from '../../testbed/n8n/client';
import { startN8n, type N8n } from '../../testbed/n8n/instance';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import {
	chain,
	node,
	noOp,
	type CredentialReference,
	type WorkflowDefinition,
} from '../../testbed/n8n/workflow';
import { obtainPackage } from '../../testbed/packPackage';
import { obtainPlugin } from '../../testbed/plugin';
import { issueToken } from '../../testbed/pluginToken';
import type { Progress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';
import { startScriptedModel } from '../../testbed/scriptedModel';
import { credentialData } from '../../testbed/stack';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { waitFor } from '../../testbed/waitFor';
import type { CommandTools } from '../runCommand';
import {
	fillOutbox,
	isOfBacklog,
	LAST_NODE,
	readConnections,
	readFetchedRuns,
	readKept,
	type Backlog,
	type FetchedRun,
} from './fetchedRuns';
import { startLoad } from './load';

const TRIGGER = 'OpenClaw Trigger';
const TAKE_TIME = 'Take Time';
/** Long enough to be cut off by a kill. */
const TAKE_TIME_SECONDS = 2;
/** A fault comes up to so many milliseconds after the one before is over, at random. */
const LONGEST_CALM_MS = 5000;
const BACKLOG: Backlog = { sessions: 50, eventsOfEach: 20 };
/** A gateway that is there so long must have been told of an end. */
const TELLING_MS = 2000;
const REST_LIMIT_MS = 600_000;
/** The books need each execution. */
const N8N_SETTINGS = {
	EXECUTIONS_DATA_PRUNE: 'false',
	N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
} as const;

/** A time in which a program was not there, in milliseconds since 1970. */
interface Down {
	readonly from: number;
	readonly until: number;
}

interface Troubles {
	readonly edits: number;
	readonly n8n: readonly Down[];
	readonly gateway: readonly Down[];
}

interface Stage {
	readonly gateway: Gateway;
	readonly telegram: TelegramStandIn;
	readonly n8n: N8n;
	readonly credential: CredentialReference;
}

/** What became of the events that the gateway kept for the connection. */
export interface ConnectionOutcome {
	readonly kills: number;
	readonly edits: number;
	readonly kept: number;
	/** Executions that a kill cut off. */
	readonly cutOff: number;
	/** Events that no execution has run to its end. */
	readonly lost: readonly string[];
	/** Events that two executions have run to their end. */
	readonly twice: readonly string[];
	/** Those of them whose first end nobody could tell the gateway of before n8n was killed. */
	readonly twiceUntold: readonly string[];
	/** Deliveries that were given up, or wait still. */
	readonly unsettled: number;
}

/** How a backlog of many sessions was worked off, one event at a time for each. */
export interface OrderOutcome {
	readonly events: number;
	readonly sessions: number;
	readonly lost: number;
	readonly twice: number;
	/** Executions that began before the one of their session's event before had ended. */
	readonly outOfOrder: number;
	/** How many sessions were worked on at once, at most. */
	readonly parallel: number;
}

async function setTheStage({ progress, cleanup }: CommandTools): Promise<Stage> {
	const runtimes = await ensureRuntimes(progress);
	const [packageFile, pluginFile] = [
		await obtainPackage(progress, cleanup),
		await obtainPlugin(progress, cleanup),
	];
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	const gateway = await progress.step('Starting a gateway with the plugin', async () =>
		startGateway({
			runtimes,
			modelUrl: model.url,
			config: telegram.config('main'),
			plugin: { packageFile: pluginFile, config: {} },
		}),
	);
	cleanup.defer(async () => gateway.remove());
	const accessToken = await issueToken(gateway);
	const n8n = await progress.step('Starting n8n with the package', async () =>
		startN8n({ runtimes, packageFile, env: N8N_SETTINGS }),
	);
	cleanup.defer(async () => n8n.remove());
	const data = credentialData(gateway.url, { accessToken });
	const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
	return { gateway, telegram, n8n, credential };
}

function definition(
	credential: CredentialReference,
	options: Readonly<Record<string, string | number>>,
	seconds: number,
): WorkflowDefinition {
	const parameters = { events: ['*'], endpointSetup: 'connection', options };
	return {
		name: 'Connected',
		nodes: [
			{ ...triggerNode(credential, parameters, TRIGGER), id: 'trigger-of-the-trial' },
			node(TAKE_TIME, 'n8n-nodes-base.wait', 1.1, { amount: seconds, unit: 'seconds' }),
			noOp(LAST_NODE),
		],
		connections: chain(TRIGGER, TAKE_TIME, LAST_NODE),
	};
}

/** Publishes, and finds the endpoint that n8n has registered for it. */
async function publish({ gateway, n8n }: Stage, workflow: Workflow): Promise<string> {
	await n8n.client.publish(workflow);
	const ours = () => readConnections(gateway.folder).find((name) => name.includes(workflow.id));
	await waitFor('the endpoint of the trigger', () => ours() !== undefined, { timeoutMs: 60_000 });
	return ours() ?? '';
}

/** Waits until the gateway has nothing left for the endpoint. */
async function comeToRest({ gateway }: Stage, endpoint: string, progress: Progress): Promise<void> {
	await progress.step('Waiting until everything has run', async (note) =>
		waitFor(
			'the end of the last execution',
			() => {
				const waiting = readKept(gateway.folder, endpoint).filter(
					({ state }) => state === 'pending',
				);
				note(`${String(waiting.length)} left`);
				return waiting.length === 0;
			},
			{ timeoutMs: REST_LIMIT_MS, everyMs: 1000 },
		),
	);
}

function countEnds(runs: readonly FetchedRun[]): ReadonlyMap<string, number> {
	const ends = new Map<string, number>();
	for (const { eventId, hasEnded } of runs) {
		if (eventId !== undefined && hasEnded) ends.set(eventId, (ends.get(eventId) ?? 0) + 1);
	}
	return ends;
}

/** Publishes a version of the workflow whose trigger differs. */
async function edit(client: N8nClient, workflow: Workflow, next: WorkflowDefinition) {
	const changed = await client.changeWorkflow(workflow, next);
	await client.publish(changed);
	return changed;
}

async function breakThings(
	stage: Stage,
	workflow: Workflow,
	kills: number,
	progress: Progress,
): Promise<Troubles> {
	const { n8n, gateway, credential } = stage;
	const downs = { n8n: [] as Down[], gateway: [] as Down[] };
	let current = workflow;
	let edits = 0;
	for (let kill = 1; kill <= kills; kill += 1) {
		for (const name of ['n8n', 'gateway'] as const) {
			const program = { n8n, gateway }[name];
			await delay(Math.random() * LONGEST_CALM_MS);
			const from = Date.now();
			await program.kill();
			await program.start();
			downs[name].push({ from, until: Date.now() });
			progress.line(`killed ${name} ${String(kill)} of ${String(kills)} times`);
		}
		await delay(Math.random() * LONGEST_CALM_MS);
		const options = { maxParallel: 4 + (kill % 5) };
		current = await edit(n8n.client, current, definition(credential, options, TAKE_TIME_SECONDS));
		edits += 1;
	}
	return { edits, ...downs };
}

/**
 * The events that ran to their end twice because n8n was killed before it could tell the gateway of the first end:
 * the gateway was hardly there in between.
 */
function untold(
	twice: readonly string[],
	runs: readonly FetchedRun[],
	{ n8n, gateway }: Troubles,
): readonly string[] {
	return twice.filter((id) => {
		const ends = runs.filter(({ eventId, hasEnded }) => eventId === id && hasEnded);
		return ends.slice(1).every((later, place) => {
			const { endedAt = NaN } = ends[place] ?? {};
			const killed = n8n.find(({ from }) => endedAt <= from && from <= later.startedAt);
			if (killed === undefined) return false;
			const away = gateway.map(({ from, until }) =>
				Math.max(0, Math.min(until, killed.from) - Math.max(from, endedAt)),
			);
			return killed.from - endedAt - away.reduce((sum, ms) => sum + ms, 0) < TELLING_MS;
		});
	});
}

async function rehearseFaults(
	stage: Stage,
	kills: number,
	progress: Progress,
): Promise<ConnectionOutcome> {
	const { n8n, gateway, telegram, credential } = stage;
	const workflow = await n8n.client.createWorkflow(definition(credential, {}, TAKE_TIME_SECONDS));
	const endpoint = await publish(stage, workflow);
	const load = startLoad(telegram, gateway.url);
	const rehearse = async () => {
		await waitFor('the first events', () => readKept(gateway.folder, endpoint).length > 0, {
			timeoutMs: 60_000,
		});
		return await breakThings(stage, workflow, kills, progress);
	};
	const troubles = await rehearse().finally(load.stop);
	await comeToRest(stage, endpoint, progress);
	const kept = readKept(gateway.folder, endpoint);
	const runs = readFetchedRuns(n8n.folder, workflow.id);
	const ends = countEnds(runs);
	const twice = [...ends].flatMap(([id, times]) => (times > 1 ? [id] : []));
	await n8n.client.deleteWorkflow(workflow);
	return {
		kills,
		edits: troubles.edits,
		kept: kept.length,
		cutOff: runs.filter(({ status }) => status === 'crashed').length,
		lost: kept.map(({ id }) => id).filter((id) => !ends.has(id)),
		twice,
		twiceUntold: untold(twice, runs, troubles),
		unsettled: kept.filter(({ state }) => state !== 'delivered').length,
	};
}

async function rehearseOrder(stage: Stage, progress: Progress): Promise<OrderOutcome> {
	const { n8n, gateway, credential } = stage;
	const options = { order: 'session', maxParallel: 8 };
	const workflow = await n8n.client.createWorkflow(definition(credential, options, 0));
	const endpoint = await publish(stage, workflow);
	await n8n.stop();
	await gateway.stop();
	fillOutbox(gateway.folder, endpoint, BACKLOG);
	await gateway.start();
	await n8n.start();
	await comeToRest(stage, endpoint, progress);
	// The agents of the load may have told of the end of their sessions meanwhile.
	const runs = readFetchedRuns(n8n.folder, workflow.id).filter(
		({ eventId = '', hasEnded }) => hasEnded && isOfBacklog(eventId),
	);
	const ends = countEnds(runs);
	const events = BACKLOG.sessions * BACKLOG.eventsOfEach;
	return {
		events,
		sessions: BACKLOG.sessions,
		lost: events - ends.size,
		twice: [...ends.values()].filter((times) => times > 1).length,
		outOfOrder: countOutOfOrder(runs),
		parallel: mostAtOnce(runs),
	};
}

function countOutOfOrder(runs: readonly FetchedRun[]): number {
	const last = new Map<string, FetchedRun>();
	let count = 0;
	for (const run of runs) {
		const before = last.get(run.sessionKey);
		// Ids of a session's events go up with their turns.
		const isAfter =
			before === undefined ||
			(before.endedAt <= run.startedAt && (before.eventId ?? '') < (run.eventId ?? ''));
		if (!isAfter) count += 1;
		last.set(run.sessionKey, run);
	}
	return count;
}

function mostAtOnce(runs: readonly FetchedRun[]): number {
	const changes = runs
		.flatMap(({ startedAt, endedAt }) => [
			{ at: startedAt, by: 1 },
			{ at: endedAt, by: -1 },
		])
		.sort((one, other) => one.at - other.at || one.by - other.by);
	let now = 0;
	let most = 0;
	for (const { by } of changes) {
		now += by;
		most = Math.max(most, now);
	}
	return most;
}

/**
 * A real gateway and a real n8n that fetches its events, under load: both are killed again and again and the
 * workflow is published anew each time; then a backlog of many sessions is worked off in order.
 *
 * @param kills of each program
 */
export async function rehearseConnection(
	kills: number,
	tools: CommandTools,
): Promise<{ readonly faults: ConnectionOutcome; readonly order: OrderOutcome }> {
	const stage = await setTheStage(tools);
	const faults = await rehearseFaults(stage, kills, tools.progress);
	return { faults, order: await rehearseOrder(stage, tools.progress) };
}
