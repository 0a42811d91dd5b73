import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isObject, textAt, tryParseJson, type JsonObject } from './json';
import { readBody, startLocalServer } from './localServer';
import { sendRaw, type RawAnswer } from './sendEvent';

/** A header that one system shows to the other. */
export interface HeaderKey {
	readonly name: string;
	readonly value: string;
}

/** A ticket as the stand-in keeps it. */
export interface Ticket {
	readonly id: string;
	readonly title: string;
	/** Who it is for, as the one that opened it says. */
	readonly requester: string;
	/** What came along in `metadata`. */
	readonly metadata: JsonObject;
	readonly status: string;
	/** When it was opened or changed last, ISO 8601. */
	readonly updatedAt: string;
}

/** What the ticket system reports when a ticket changes. */
export interface TicketUpdate {
	readonly ticketId: string | number;
	readonly status: string;
	readonly updatedAt?: string;
}

/** A stand-in for a ticket system: `POST /api/tickets` opens a ticket, changes are reported to a URL. */
export interface TicketSystem {
	readonly url: string;
	/** What opens its API, and what it shows itself when it reports a change. */
	readonly key: HeaderKey;
	/** All tickets, oldest first. */
	readonly tickets: readonly Ticket[];
	/**
	 * Gives a ticket a new status and reports it.
	 *
	 * @param webhook where the change is reported
	 * @returns what the webhook answered
	 * @throws Error when there is no such ticket
	 */
	change(id: string, status: string, webhook: string): Promise<RawAnswer>;
	stop(): Promise<void>;
}

/** Where the example `ticket-round-trip` listens for changes of tickets. */
export function ticketWebhook(n8nUrl: string): string {
	return `${n8nUrl}/webhook/openclaw-ticket-update`;
}

/** Reports a change of a ticket as the ticket system does. */
export async function reportUpdate(
	webhook: string,
	update: TicketUpdate,
	key: HeaderKey,
): Promise<RawAnswer> {
	return await sendRaw(webhook, {
		headers: { 'content-type': 'application/json', [key.name]: key.value },
		body: JSON.stringify(update),
	});
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { 'content-type': 'application/json' });
	response.end(JSON.stringify(body));
}

/**
 * Starts a ticket system on the loopback interface. Like a real one it wants its key, and opens one
 * ticket only for requests with the same `Idempotency-Key`.
 *
 * @param key a header of its own with a random value unless given
 * @example
 * const desk = await startTicketSystem();
 * // … something posts to `${desk.url}/api/tickets`
 * const { status } = await desk.change('T-1001', 'solved', ticketWebhook(n8n.url));
 */
export async function startTicketSystem(
	key: HeaderKey = { name: 'X-Ticket-Token', value: randomBytes(24).toString('base64url') },
): Promise<TicketSystem> {
	const tickets = new Map<string, Ticket>();
	const idsByRequest = new Map<string, string>();
	const open = (body: JsonObject): Ticket => {
		const ticket = {
			id: `T-${String(1001 + tickets.size)}`,
			title: textAt(body, 'title'),
			requester: textAt(body, 'requester'),
			metadata: isObject(body.metadata) ? body.metadata : {},
			status: 'open',
			updatedAt: new Date().toISOString(),
		};
		tickets.set(ticket.id, ticket);
		return ticket;
	};
	const handle = async (request: IncomingMessage, response: ServerResponse) => {
		const body = tryParseJson((await readBody(request)).toString('utf8'));
		if (request.method !== 'POST' || request.url !== '/api/tickets') {
			sendJson(response, 404, { error: 'There is only POST /api/tickets' });
		} else if (request.headers[key.name.toLowerCase()] !== key.value) {
			sendJson(response, 401, { error: `The header ${key.name} is missing or wrong` });
		} else if (!isObject(body)) {
			sendJson(response, 400, { error: 'A ticket is a JSON object' });
		} else {
			const requestId = textAt(request.headers, 'idempotency-key');
			const known = tickets.get(idsByRequest.get(requestId) ?? '');
			const ticket = known ?? open(body);
			if (requestId !== '') idsByRequest.set(requestId, ticket.id);
			sendJson(response, known === undefined ? 201 : 200, ticket);
		}
	};
	const server = await startLocalServer((request, response) => {
		handle(request, response).catch(() => response.destroy());
	});
	return {
		url: server.url,
		key,
		get tickets() {
			return [...tickets.values()];
		},
		change: async (id, status, webhook) => {
			const ticket = tickets.get(id);
			if (ticket === undefined) throw new Error(`There is no ticket ${id}`);
			const updatedAt = new Date().toISOString();
			tickets.set(id, { ...ticket, status, updatedAt });
			return await reportUpdate(webhook, { ticketId: id, status, updatedAt }, key);
		},
		stop: async () => server.close(),
	};
}
