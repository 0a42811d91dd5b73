import { textAt } from '../../testbed/json';
import type { Execution } from '../../testbed/n8n/execution';
import type { Progress } from '../../testbed/progress';
import { reportUpdate, type Ticket } from '../../testbed/ticketSystem';
import { waitFor } from '../../testbed/waitFor';
import { describeExecution } from './eventRun';
import type { OpenedTicket } from './openTickets';
import type { RoundTrip } from './roundTrip';

const UPDATE_NODE = 'On Ticket Update';
const INBOUND_NODE = 'Tell the Agent';

/**
 * Reports a change of a ticket without the ticket system's key.
 *
 * @throws Error when it isn't refused
 */
export async function showWrongKey(
	{ webhook, ticketSystem }: RoundTrip,
	{ id }: Ticket,
	progress: Progress,
): Promise<void> {
	const key = { ...ticketSystem.key, value: 'wrong' };
	const { status } = await progress.step(`Somebody else reports a change of ${id}`, async () =>
		reportUpdate(webhook, { ticketId: id, status: 'forged' }, key),
	);
	if (status !== 403) throw new Error(`n8n took a ticket's change from anybody: ${String(status)}`);
	progress.line(`   wrong key          ${String(status)}   no execution`);
}

async function executionOf(trip: RoundTrip, { id }: Ticket): Promise<Execution> {
	const { client, published } = trip;
	return await waitFor(`the execution for the change of ${id}`, async () => {
		const [newest] = (await client.waitForExecutions(published.workflow, 1)).filter(
			(execution) => textAt(execution.json(UPDATE_NODE)[0], 'body', 'ticketId') === id,
		);
		return newest;
	});
}

/** The turn has to be one of the session in which the person wrote. */
async function checkSession(trip: RoundTrip, { ticket, writes }: OpenedTicket): Promise<void> {
	const turn = await trip.model.waitForRequest(({ message }) => message.includes(`#${ticket.id}`));
	if (!turn.userTexts.some((text) => text.includes(writes))) {
		throw new Error(`The agent was told of ${ticket.id} in another session`);
	}
}

/**
 * Gives a ticket a new status and shows how the person who opened it comes to read of it.
 *
 * @returns id of the execution
 * @throws Error when n8n doesn't take the change, or the person isn't told
 */
export async function showChange(
	trip: RoundTrip,
	opened: OpenedTicket,
	progress: Progress,
): Promise<string> {
	const { chats, ticketSystem, webhook } = trip;
	const { ticket, status, person } = opened;
	const title = `The ticket system reports a new status of ${ticket.id}: ${status}`;
	const execution = await progress.step(title, async () => {
		const answer = await ticketSystem.change(ticket.id, status, webhook);
		if (answer.status !== 202) {
			throw new Error(`n8n answered ${String(answer.status)}: ${answer.text}`);
		}
		return await executionOf(trip, ticket);
	});
	const sent = execution.json(INBOUND_NODE)[0];
	progress.line(`   202                ${describeExecution(execution)}`);
	progress.line(`   n8n told the agent ${textAt(sent, 'message').replaceAll('\n', ' ⏎ ')}`);

	const text = await progress.step(`The agent tells ${person.name} in the same chat`, async () => {
		const read = await chats.waitForAnswer(
			person,
			(said) => said.includes(`#${ticket.id}`) && said.includes(status),
		);
		await checkSession(trip, opened);
		return read;
	});
	progress.line(`   ${person.name} reads:  ${text}`);
	return execution.id;
}
