import { setTimeout as delay } from 'node:timers/promises';
import type { ReplayRequest } from '../endpoints/manage';
import { TEST_TYPE } from '../endpoints/testEvent';
import { readHealth } from '../health/health';
import { parseDeliveryId } from '../outbox/delivery';
import type { DeliveryDetails } from '../outbox/delivery';
import { showDelivery } from '../outbox/deliveryLog';
import { KNOWN_EVENT_TYPES } from '../protocol';
import { formatDuration } from '../timeText';
import { CliFault, readChoice, readText, readTime, usageFault, valueOf } from './command';
import type { CommandDefinition, CommandInput, CommandTools } from './command';
import { RANGE_OPTIONS, resultText } from './deliveries';
import { printable } from './table';
import { withSpinner } from './terminal';

/** `replay`: sends deliveries again, one or many. */
export const replayCommand: CommandDefinition = {
	usage: 'replay [id]',
	description: 'Send again: a delivery (dlv_…), an event (evt_…), or all that match',
	options: [
		['--status <status>', 'failed (the default for many) or delivered'],
		...RANGE_OPTIONS,
		['--dry-run', 'Say how many and stop'],
	],
	examples: [
		'replay dlv_42',
		'replay --since 2h --endpoint crm',
		'replay --status failed --dry-run',
	],
	run: async (tools, input) => {
		const selection = readSelection(tools, input);
		const isDryRun = input.options.dryRun === true;
		const { manager } = tools;
		const { count, notKept } = valueOf(
			isDryRun ? manager.countReplay(selection) : await manager.replay(selection),
		);
		if (count === 0 && input.args[0] !== undefined) {
			throw new CliFault(
				'not_found',
				`There is no '${input.args[0]}'. Old deliveries are deleted; 'list' shows what there is.`,
			);
		}
		const left =
			notKept === 0
				? ''
				: ` ${String(notKept)} more cannot be sent again: their bodies are not kept.`;
		return {
			json: { count, isDryRun, ...(notKept > 0 ? { notKept } : {}) },
			text: () => describeReplay(count, isDryRun) + left,
		};
	},
};

function readSelection(tools: CommandTools, { args: [id], options }: CommandInput): ReplayRequest {
	const status = readChoice(options, 'status', ['failed', 'delivered']);
	const endpoint = readText(options, 'endpoint');
	const since = readTime(options, 'since', tools.now());
	const until = readTime(options, 'until', tools.now());
	const range = { status, endpoint, since, until };
	const isRange = Object.values(range).some((value) => value !== undefined);
	if (id !== undefined) {
		if (isRange) throw usageFault('Give either an id or what to select by, not both');
		return readId(id);
	}
	if (!isRange)
		throw usageFault('Say what to replay: an id, --status, --endpoint, --since or --until');
	return {
		status: status ?? 'failed',
		...(endpoint === undefined ? {} : { endpoint }),
		...(since === undefined ? {} : { since }),
		...(until === undefined ? {} : { until }),
	};
}

function readId(id: string): ReplayRequest {
	const number = id.startsWith('dlv_') ? parseDeliveryId(id) : undefined;
	if (number !== undefined) return { deliveryIds: [number] };
	if (/^evt_\w+$/.test(id)) return { eventIds: [id] };
	throw usageFault(`'${id}' is neither a delivery (dlv_…) nor an event (evt_…)`);
}

function describeReplay(count: number, isDryRun: boolean): string {
	const what = count === 1 ? '1 delivery' : `${String(count)} deliveries`;
	if (isDryRun) return `${what} would be sent again.`;
	if (count === 0) return 'Nothing matches: nothing is sent again.';
	return `${what} will be sent again, as soon as the gateway runs. What had failed keeps its event id; what was delivered is sent as a new event with 'replayOf'.`;
}

const POLL_MS = 100;
const DEFAULT_TIMEOUT_MS = 15_000;
/** Milliseconds for the gateway to notice the event, and to write down what came of it. */
const GRACE_MS = 5000;

/** `test`: sends a signed event to one endpoint and tells what came of it. */
export const testCommand: CommandDefinition = {
	usage: 'test <endpoint>',
	description: 'Send a signed test event to an endpoint and wait for the outcome',
	options: [
		['--type <type>', `Type of the event, to try what it sets off (default: ${TEST_TYPE})`],
	],
	examples: ['test crm', 'test slack-alert --type error.occurred'],
	run: async (tools, { args: [name = ''], options }) => {
		const type = readChoice(options, 'type', [TEST_TYPE, ...KNOWN_EVENT_TYPES]) ?? TEST_TYPE;
		const { lifecycle } = valueOf(tools.manager.named(name));
		const isRunning = readHealth(tools.folder, tools.now())?.isRunning === true;
		if (lifecycle.state === 'active' && !isRunning) throw NOT_RUNNING();
		const { deliveryId } = valueOf(tools.manager.test(name, type));
		const { timeoutMs = DEFAULT_TIMEOUT_MS } = tools.manager.find(name)?.settings ?? {};
		const delivery = await withSpinner(
			tools.terminal,
			`Waiting for '${name}' to answer`,
			async () => waitForAttempt(tools, deliveryId, timeoutMs + GRACE_MS),
		);
		return {
			json: delivery,
			isFailure: delivery.status !== 'delivered',
			text: (terminal) => {
				const tone = delivery.status === 'delivered' ? 'good' : 'bad';
				return `${terminal.paint(tone, testHeadline(delivery))}\n${describeTest(delivery, tools.now())}`;
			},
		};
	},
};

const NOT_RUNNING = () =>
	new CliFault(
		'not_running',
		'The gateway is not running, or not with this plugin: nobody would send the test. Start it with: openclaw gateway run',
	);

async function waitForAttempt(
	{ database }: CommandTools,
	id: string,
	timeoutMs: number,
): Promise<DeliveryDetails> {
	const end = performance.now() + timeoutMs;
	for (;;) {
		const delivery = showDelivery(database, id);
		if (delivery === undefined) throw new CliFault('not_found', `Delivery ${id} was deleted`);
		if (delivery.status !== 'pending' || delivery.attempts > 0) return delivery;
		if (performance.now() > end) return delivery;
		await delay(POLL_MS);
	}
}

function testHeadline({ status, attempts, endpoint }: DeliveryDetails): string {
	if (status === 'delivered') return `Delivered to '${endpoint}'.`;
	if (attempts === 0) {
		return `Nothing was sent to '${endpoint}' in time: others wait before it, or it is paused after failures.`;
	}
	return `'${endpoint}' did not take the event.`;
}

function describeTest(delivery: DeliveryDetails, now: number): string {
	const { responseTimeMs, status } = delivery;
	const took =
		status !== 'delivered' && responseTimeMs !== undefined
			? ` after ${formatDuration(responseTimeMs)}`
			: '';
	const answer = delivery.attemptLog.at(-1)?.response;
	return [
		printable(`${resultText(delivery, now)}${took}`),
		...(answer === undefined ? [] : [`Answer: ${printable(answer)}`]),
		`More: openclaw event-webhooks show ${delivery.id}`,
	].join('\n');
}
