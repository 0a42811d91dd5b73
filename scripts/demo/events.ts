import { randomBytes } from 'node:crypto';
import type { OpenClawEvent } from '../../index';
import { capturedEvents } from '../../testbed/capturedEvents';
import type { N8nClient, Workflow } from '../../testbed/n8n/client';
import type { Execution } from '../../testbed/n8n/execution';
import { formatDuration, type Progress } from '../../testbed/progress';
import { sendEvent } from '../../testbed/sendEvent';
import { waitFor } from '../../testbed/waitFor';

const LONGEST_LINE = 110;

/** What became of an event. */
interface Outcome {
	readonly event: OpenClawEvent;
	readonly status: number;
	readonly milliseconds: number;
	readonly execution?: Execution;
}

/** Where events go. */
export interface Destination {
	readonly client: N8nClient;
	readonly workflow: Workflow;
	readonly triggerName: string;
	readonly secret: string;
}

async function send(url: string, event: OpenClawEvent, secret: string): Promise<Outcome> {
	const started = performance.now();
	const { status } = await sendEvent(url, { event, secret });
	return { event, status, milliseconds: performance.now() - started };
}

/** Finds the execution that an event caused, by the item that the trigger put out. */
function withExecution(
	outcome: Outcome,
	executions: readonly Execution[],
	trigger: string,
): Outcome {
	const execution = executions.find((candidate) =>
		// One output per event type, so the item may be in any of them.
		[...Array(10).keys()].some((output) =>
			candidate.json(trigger, output).some(({ id }) => id === outcome.event.id),
		),
	);
	return execution === undefined ? outcome : { ...outcome, execution };
}

function shorten(text: string): string {
	return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;
}

function describe({ event, status, milliseconds, execution }: Outcome): string[] {
	const head = `   ${event.type.padEnd(18)} ${String(status)} in ${formatDuration(milliseconds)}`;
	if (execution === undefined) return [`${head}   no execution`];
	const nodes = execution.nodeNames;
	const last = nodes.at(-1) ?? '';
	return [
		`${head}   execution ${execution.id} ${execution.status}: ${nodes.join(' → ')}`,
		`${' '.repeat(22)}${shorten(JSON.stringify(execution.json(last)[0] ?? {}))}`,
	];
}

/**
 * Sends real events and one forged one, and shows what n8n made of them.
 *
 * @throws Error when an event is refused, lost or run twice, or the forged one isn't refused
 */
export async function showEvents(destination: Destination, progress: Progress): Promise<void> {
	const { client, workflow, triggerName, secret } = destination;
	const url = client.webhookUrl(workflow, triggerName);
	const events = capturedEvents();
	const [first] = events;
	if (first === undefined) throw new Error('There are no captured events');

	const outcomes = await progress.step(
		`Sending ${String(events.length)} signed events of a real gateway to n8n`,
		async () => {
			const sent: Outcome[] = [];
			for (const event of events) sent.push(await send(url, event, secret));
			const executions = await waitFor('the executions', async () => {
				const settled = await client.waitForExecutions(workflow, events.length);
				return settled.length >= events.length && settled;
			});
			if (executions.length !== events.length) {
				throw new Error(
					`${String(events.length)} events made ${String(executions.length)} executions`,
				);
			}
			return sent.map((outcome) => withExecution(outcome, executions, triggerName));
		},
	);
	for (const line of outcomes.flatMap(describe)) progress.line(line);
	const lost = outcomes.filter(
		({ status, execution }) => status !== 200 || execution?.status !== 'success',
	);
	if (lost.length > 0) {
		throw new Error(`Not run: ${lost.map(({ event }) => event.type).join(', ')}`);
	}

	const forged = await progress.step('Sending one event with a forged signature', async () =>
		send(url, first, randomBytes(16).toString('hex')),
	);
	for (const line of describe(forged)) progress.line(line);
	const rows = await client.executions(workflow);
	if (forged.status !== 401 || rows.length !== events.length) {
		throw new Error('The forged event was not refused');
	}
}
