import type { HttpSink } from '../../testbed/httpSink';
import { textAt } from '../../testbed/json';
import type { N8n } from '../../testbed/n8n/instance';
import { sendRaw } from '../../testbed/sendEvent';
import type { TelegramStandIn } from '../../testbed/telegramStandIn';
import { GiveUp, waitFor } from '../../testbed/waitFor';
import { OUTSIDE_HEADER, publishExample } from '../../test/examples/publishedExample';

/** Milliseconds of one ticket's way. */
export interface TicketTrip {
	/** From the person's message to the ticket. */
	readonly openedMs: number;
	/** From the ticket's change to the agent's message in the person's chat. */
	readonly toldMs: number;
}

export interface TicketSystems {
	readonly n8n: N8n;
	readonly gatewayUrl: string;
	readonly accessToken: string;
	readonly telegram: TelegramStandIn;
	readonly outside: HttpSink;
}

/** Somebody may wait longer for a ticket than this, but then it counts as lost. */
const LOST_AFTER_MS = 60_000;

/**
 * Changes a ticket; again while n8n answers 404, as it does until the first workflow has written down
 * whose ticket it is.
 *
 * @returns when the request was made that n8n took
 */
async function changeTicket(n8n: N8n, ticketId: string, status: string): Promise<number> {
	return await waitFor(`n8n to know the ticket ${ticketId}`, async () => {
		const changedAt = Date.now();
		const answer = await sendRaw(`${n8n.url}/webhook/openclaw-ticket-update`, {
			headers: { 'content-type': 'application/json', [OUTSIDE_HEADER.name]: OUTSIDE_HEADER.value },
			body: JSON.stringify({ ticketId, status }),
		});
		if (answer.status === 404) return undefined;
		if (answer.status !== 202) throw new GiveUp(`n8n answered ${String(answer.status)}`);
		return changedAt;
	});
}

/**
 * Publishes the example ticket-round-trip and makes round trips, each of a person who writes for the
 * first time: chat, ticket, change of the ticket, the agent's message in the same chat.
 *
 * @throws Error when a ticket is lost, comes twice, or is told to somebody else
 */
export async function makeTicketTrips(
	{ n8n, gatewayUrl, accessToken, telegram, outside }: TicketSystems,
	count: number,
	note: (text: string) => void,
): Promise<readonly TicketTrip[]> {
	outside.answerBy(({ json }) => ({ body: { id: `T-${textAt(json, 'requester')}` } }));
	const systems = { gatewayUrl, outside, accessToken, agentIds: 'support-bot' };
	const example = await publishExample(n8n.client, 'ticket-round-trip', systems);
	const trips: TicketTrip[] = [];
	for (let trip = 0; trip < count; trip += 1) {
		note(`ticket ${String(trip + 1)}`);
		const person = String(500_000 + trip);
		const wroteAt = Date.now();
		telegram.write('My printer is on fire', { userId: Number(person) });
		const opened = await outside.waitForRequest(
			({ json }) => textAt(json, 'requester') === person,
			{ timeoutMs: LOST_AFTER_MS, everyMs: 5 },
		);
		const text = `Solved for ${person}`;
		const changedAt = await changeTicket(n8n, `T-${person}`, `solved [[reply:${text}]]`);
		const told = await telegram.waitForSent((call) => call.text.includes(text), {
			timeoutMs: LOST_AFTER_MS,
			everyMs: 5,
		});
		if (told.chatId !== person) throw new Error(`The ticket of ${person} was told to another`);
		trips.push({ openedMs: opened.receivedAt - wroteAt, toldMs: Date.now() - changedAt });
	}
	if (outside.requests.length !== count) throw new Error('A ticket was opened twice');
	await example.remove();
	return trips;
}
