import { setTimeout as delay } from 'node:timers/promises';
import type { N8nClient } from '../../../testbed/n8n/client';
import { isSettled, type Execution } from '../../../testbed/n8n/execution';
import type { Ticket, TicketSystem } from '../../../testbed/ticketSystem';
import type { Chats } from '../chats';
import { describeExecution, eventRun } from '../eventRun';
import type { PublishedWorkflow } from '../publishedWorkflow';

const EVERY_MS = 500;

/** What is looked at. */
export interface Scene {
	readonly client: N8nClient;
	readonly chats: Chats;
	readonly ticketSystem: TicketSystem;
	readonly workflows: readonly PublishedWorkflow[];
}

/** What has been shown already. */
interface Seen {
	answers: number;
	readonly tickets: Map<string, string>;
	readonly executions: Set<string>;
}

function describeTicket({ id, status }: Ticket, name: string): string {
	return `   ticket  ${id} of ${name}: ${status}`;
}

function newAnswers({ chats }: Scene, seen: Seen): string[] {
	const fresh = chats.answers.slice(seen.answers);
	seen.answers += fresh.length;
	return fresh.map(({ chatId, text }) => `   chat    ${chats.nameOf(chatId)} reads: ${text}`);
}

function newTickets({ ticketSystem, chats }: Scene, { tickets }: Seen): string[] {
	const fresh = ticketSystem.tickets.filter(({ id, status }) => tickets.get(id) !== status);
	for (const { id, status } of fresh) tickets.set(id, status);
	return fresh.map((ticket) => describeTicket(ticket, chats.nameOf(ticket.requester)));
}

function describe(execution: Execution, { workflow, triggerName }: PublishedWorkflow): string {
	const event = eventRun(execution, triggerName)?.event;
	const cause = event === undefined ? '' : ` ${event.type}`;
	const error = execution.errorMessage === '' ? '' : ` (${execution.errorMessage})`;
	return `   n8n     ${workflow.name},${cause} ${describeExecution(execution)}${error}`;
}

async function newExecutions(
	{ client, workflows }: Scene,
	{ executions }: Seen,
): Promise<string[]> {
	const lines: string[] = [];
	for (const published of workflows) {
		for (const row of await client.executions(published.workflow)) {
			if (executions.has(row.id) || !isSettled(row)) continue;
			executions.add(row.id);
			lines.push(describe(await client.execution(row.id), published));
		}
	}
	return lines;
}

/** Shows lines until what it returns is called. */
export type Feed = (print: (line: string) => void) => () => void;

/**
 * Prepares to show what happens on both sides from now on, whoever causes it: what people read, which
 * tickets are opened or changed, which executions n8n ends.
 */
export async function prepareFeed(scene: Scene): Promise<Feed> {
	const seen: Seen = { answers: 0, tickets: new Map(), executions: new Set() };
	const look = async () => [
		...newTickets(scene, seen),
		...(await newExecutions(scene, seen)),
		...newAnswers(scene, seen),
	];
	// What is there already has been shown by the steps.
	await look();
	return (print) => {
		const stopped = new AbortController();
		const watch = async () => {
			while (!stopped.signal.aborted) {
				for (const line of await look()) print(line);
				await delay(EVERY_MS, undefined, { signal: stopped.signal });
			}
		};
		watch().catch((error: unknown) => {
			if (stopped.signal.aborted) return;
			print(
				`   n8n     gives no answer: ${error instanceof Error ? error.message : String(error)}`,
			);
		});
		return () => {
			stopped.abort();
		};
	};
}
