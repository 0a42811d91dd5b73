import { setTimeout as delay } from 'node:timers/promises';
import { TEST_TYPE } from '../endpoints/testEvent';
import { readHealth } from '../health/health';
import type { DeliveryDetails } from '../outbox/delivery';
import { showDelivery } from '../outbox/deliveryLog';
import { KNOWN_EVENT_TYPES } from '../protocol';
import { formatDuration } from '../timeText';
import { CliFault, valueOf } from './command';
import type { CommandDefinition, CommandTools } from './command';
import { resultText } from './deliveries';
import { readChoice } from './optionValues';
import { printable } from './table';
import { withSpinner } from './terminal';

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
				return `${terminal.paint(tone, headline(delivery))}\n${describe(delivery, tools.now())}`;
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

function headline({ status, attempts, endpoint }: DeliveryDetails): string {
	if (status === 'delivered') return `Delivered to '${endpoint}'.`;
	if (attempts === 0) {
		return `Nothing was sent to '${endpoint}' in time: others wait before it, or it is paused after failures.`;
	}
	return `'${endpoint}' did not take the event.`;
}

function describe(delivery: DeliveryDetails, now: number): string {
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
