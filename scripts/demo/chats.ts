import type { TelegramCall, TelegramStandIn } from '../../testbed/telegramStandIn';
import { waitFor } from '../../testbed/waitFor';

const ANSWER_TIMEOUT_MS = 90_000;

/** Somebody who writes to the agent, each in a chat of their own. */
export interface Person {
	readonly id: number;
	readonly name: string;
}

/** The people of the demo and what stands in their chats. */
export class Chats {
	private readonly people = new Map<string, Person>();

	private nextId = 8001;

	constructor(private readonly telegram: TelegramStandIn) {}

	/** Somebody who has never written before. */
	newcomer(name = `Guest ${String(this.people.size + 1)}`): Person {
		const person = { id: this.nextId++, name };
		this.people.set(String(person.id), person);
		return person;
	}

	/** Name of the person with an id, which is the chat's too; the id itself for strangers. */
	nameOf(id: string): string {
		return this.people.get(id)?.name ?? id;
	}

	/** Everything the agent wrote, in all chats, oldest first. */
	get answers(): readonly TelegramCall[] {
		return this.telegram.sent.filter(({ ok, text }) => ok && text !== '');
	}

	/** Lets somebody write to the agent. */
	write({ id, name }: Person, text: string): void {
		this.telegram.write(text, { userId: id, name });
	}

	/** Waits until somebody reads something of the agent. @returns the text */
	async waitForAnswer({ id, name }: Person, fits: (text: string) => boolean): Promise<string> {
		return await waitFor(
			`the agent's message to ${name}`,
			() => this.answers.find(({ chatId, text }) => chatId === String(id) && fits(text))?.text,
			{ timeoutMs: ANSWER_TIMEOUT_MS },
		);
	}
}
