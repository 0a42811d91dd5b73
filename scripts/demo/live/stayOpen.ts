import type { Person } from '../chats';
import { HELP, readCommand, type Command } from './command';
import { prepareFeed, type Scene } from './feed';
import { openPrompt } from './prompt';

/** Where people go on by hand. */
export interface OpenScene extends Scene {
	/** Where n8n listens for changes of tickets. */
	readonly webhook: string;
}

/** Does what a person asks for by hand, in the chat or in the ticket system. */
class Hand {
	constructor(
		private readonly scene: OpenScene,
		private writer: Person,
		private readonly print: (line: string) => void,
	) {}

	async carryOut(command: Command): Promise<void> {
		const { chats, ticketSystem } = this.scene;
		switch (command.kind) {
			case 'nothing':
				return;
			case 'help':
				for (const line of HELP) this.print(`   ${line}`);
				return;
			case 'tickets':
				for (const { id, status, requester } of ticketSystem.tickets) {
					this.print(`   ${id} of ${chats.nameOf(requester)}: ${status}`);
				}
				return;
			case 'new':
				this.writer = chats.newcomer();
				this.write(command.text);
				return;
			case 'say':
				this.write(command.text);
				return;
			case 'ticket':
				await this.change(command.id, command.status);
				return;
			case 'mistake':
				this.print(`   ${command.message}.`);
		}
	}

	private write(text: string): void {
		this.scene.chats.write(this.writer, text);
		this.print(`   chat    ${this.writer.name} writes: ${text}`);
	}

	private async change(id: string, status: string): Promise<void> {
		const { ticketSystem, webhook } = this.scene;
		const answer = await ticketSystem.change(id, status, webhook);
		this.print(`   ticket  ${id} reported to n8n, which answers ${String(answer.status)}`);
	}
}

/**
 * Lets people go on by hand: takes commands from standard input and shows what happens.
 *
 * @param writer who writes first
 * @returns what ends it
 */
export async function stayOpen(scene: OpenScene, writer: Person): Promise<() => void> {
	const startFeed = await prepareFeed(scene);
	const prompt = openPrompt();
	const hand = new Hand(scene, writer, prompt.print);
	prompt.onLine(async (line) => hand.carryOut(readCommand(line)));
	const stopFeed = startFeed(prompt.print);
	return () => {
		stopFeed();
		prompt.close();
	};
}
