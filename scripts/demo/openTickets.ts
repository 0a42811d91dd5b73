import type { OpenClawEvent } from '../../index';
import { textAt } from '../../testbed/json';
import { dataTableRows } from '../../testbed/n8n/dataTable';
import type { Progress } from '../../testbed/progress';
import type { Ticket } from '../../testbed/ticketSystem';
import type { Person } from './chats';
import { describeExecution, eventRun, type EventRun } from './eventRun';
import type { RoundTrip } from './roundTrip';

const TABLE_NODE = 'Prepare Ticket Table';

/** Somebody who writes, and what becomes of their ticket later. */
export interface Sender {
	readonly person: Person;
	readonly writes: string;
	readonly status: string;
}

/** A ticket and how it came to be. */
export interface OpenedTicket extends Sender {
	readonly ticket: Ticket;
	readonly event: OpenClawEvent;
	readonly executionId: string;
}

async function showMessages(
	{ chats }: RoundTrip,
	senders: readonly Sender[],
	progress: Progress,
): Promise<void> {
	await progress.step('Two people write to the agent for the first time', async () => {
		await Promise.all(
			senders.map(async ({ person, writes }) => {
				chats.write(person, writes);
				progress.line(`   ${person.name} writes: ${writes}`);
				const answer = await chats.waitForAnswer(person, () => true);
				progress.line(`   ${person.name} reads:  ${answer}`);
			}),
		);
	});
}

async function waitForRuns(trip: RoundTrip, count: number): Promise<readonly EventRun[]> {
	const { client, published } = trip;
	const executions = await client.waitForExecutions(published.workflow, count);
	const failed = executions.find(({ status }) => status !== 'success');
	if (failed !== undefined) {
		throw new Error(`Execution ${failed.id} ended with ${failed.status}: ${failed.errorMessage}`);
	}
	return executions.flatMap((execution) => eventRun(execution, published.triggerName) ?? []);
}

/** Finds the one run, ticket and row of a person. */
async function openedBy(
	{ client, ticketSystem }: RoundTrip,
	sender: Sender,
	runs: readonly EventRun[],
): Promise<OpenedTicket & { readonly row: unknown; readonly run: EventRun }> {
	const { id, name } = sender.person;
	const run = runs.find(({ event }) => event.data.userId === String(id));
	if (run === undefined) throw new Error(`The new session of ${name} did not reach n8n`);
	const [ticket, ...more] = ticketSystem.tickets.filter(
		({ requester }) => requester === String(id),
	);
	if (ticket === undefined || more.length > 0) {
		throw new Error(`${name} has ${String(more.length)} tickets too many, or none`);
	}
	const rows = await dataTableRows(client, run.execution.json(TABLE_NODE)[0]);
	const row = rows.find((candidate) => textAt(candidate, 'ticket_id') === ticket.id);
	if (textAt(row, 'session_key') !== run.event.data.sessionKey) {
		throw new Error(`n8n did not remember the session of ticket ${ticket.id}`);
	}
	return { ...sender, ticket, event: run.event, executionId: run.execution.id, row, run };
}

/**
 * Lets people write who never wrote before, and shows how each comes to a ticket.
 *
 * @returns the tickets, in the order of `senders`
 * @throws Error when a session doesn't reach n8n, or becomes no ticket or more than one
 */
export async function showOpening(
	trip: RoundTrip,
	senders: readonly Sender[],
	progress: Progress,
): Promise<readonly OpenedTicket[]> {
	await showMessages(trip, senders, progress);
	const opened = await progress.step(
		'Each new session starts n8n, and n8n opens a ticket',
		async () => {
			const runs = await waitForRuns(trip, senders.length);
			return await Promise.all(senders.map(async (sender) => openedBy(trip, sender, runs)));
		},
	);
	for (const { event, run, ticket, row, person } of opened) {
		const { title, requester, status } = ticket;
		progress.line(`   ${event.type.padEnd(18)} ${describeExecution(run.execution)}`);
		progress.line(
			`   ticket ${ticket.id}      ${status}, "${title}" for ${requester} (${person.name})`,
		);
		progress.line(`   n8n remembers      ${ticket.id} = ${textAt(row, 'session_key')}`);
	}
	return opened;
}
