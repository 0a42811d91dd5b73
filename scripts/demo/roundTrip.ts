import type { N8nClient } from '../../testbed/n8n/client';
import type { Progress } from '../../testbed/progress';
import type { ScriptedModel } from '../../testbed/scriptedModel';
import type { TicketSystem } from '../../testbed/ticketSystem';
import type { Chats, Person } from './chats';
import { showOpening, type OpenedTicket } from './openTickets';
import type { PublishedWorkflow } from './publishedWorkflow';
import { showChange, showWrongKey } from './ticketChange';

/** What the round trip goes through. */
export interface RoundTrip {
	readonly chats: Chats;
	readonly client: N8nClient;
	readonly published: PublishedWorkflow;
	readonly ticketSystem: TicketSystem;
	readonly model: ScriptedModel;
	/** Where the workflow listens for changes of tickets. */
	readonly webhook: string;
}

/** What came of it, for who goes on by hand. */
export interface RoundTripResult {
	/** The person of the first ticket. */
	readonly person: Person;
	/** The execution that opened that ticket, and the one that told of its change. */
	readonly executionIds: { readonly opened: string; readonly told: string };
}

const PEOPLE = [
	{ name: '小林', writes: '你好！我的打印机着火了 🔥 请帮帮我！', status: '已解决 ✅' },
	{ name: 'Grace', writes: 'Hello! Where is my parcel? 📦', status: 'on its way 🚚' },
] as const;

/** Each ticket's news are for the one who opened it, and nothing ran that shouldn't. */
async function checkNobodyElse(trip: RoundTrip, tickets: readonly OpenedTicket[]): Promise<void> {
	const { chats, client, published, ticketSystem } = trip;
	for (const { ticket, person } of tickets) {
		const readers = chats.answers.filter(({ text }) => text.includes(`#${ticket.id}`));
		const others = readers.filter(({ chatId }) => chatId !== String(person.id));
		if (others.length > 0) throw new Error(`${ticket.id} was told in the chat of somebody else`);
	}
	const count = (await client.executions(published.workflow)).length;
	// One that opened it, one that told of its change.
	if (count !== 2 * tickets.length) throw new Error(`n8n ran ${String(count)} times`);
	if (ticketSystem.tickets.length !== tickets.length) {
		throw new Error(`${String(ticketSystem.tickets.length)} tickets were opened`);
	}
}

/**
 * Shows the example `ticket-round-trip`: two people write, each gets a ticket, and each reads in the
 * chat what becomes of it.
 *
 * @throws Error when a step of it fails, or when somebody reads of another one's ticket
 */
export async function showRoundTrip(trip: RoundTrip, progress: Progress): Promise<RoundTripResult> {
	const senders = PEOPLE.map(({ name, writes, status }) => ({
		person: trip.chats.newcomer(name),
		writes,
		status,
	}));
	const opened = await showOpening(trip, senders, progress);
	const [first] = opened;
	if (first === undefined) throw new Error('Nobody opened a ticket');

	await showWrongKey(trip, first.ticket, progress);
	const told: string[] = [];
	for (const ticket of opened) told.push(await showChange(trip, ticket, progress));
	await progress.step('Looking whether anybody read of a ticket of somebody else', async () =>
		checkNobodyElse(trip, opened),
	);
	progress.line(`   nobody did: ${String(opened.length)} tickets, ${String(opened.length)} chats`);
	return {
		person: first.person,
		executionIds: { opened: first.executionId, told: told[0] ?? '' },
	};
}
