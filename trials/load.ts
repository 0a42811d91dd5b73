import { setTimeout as delay } from 'node:timers/promises';
import { askAgent } from '../testbed/askAgent';
import type { ScriptedModel } from '../testbed/scriptedModel';
import type { TelegramStandIn } from '../testbed/telegramStandIn';

/** Milliseconds between two messages: somewhat more than an agent on two cores can answer. */
const EVERY_MS = 300;
/** What the agents can answer beside an n8n, so that the gateway has no backlog of its own when the load ends. */
export const BESIDE_N8N_MS = 1500;
const USERS = 4;
const PROGRAMS = 2;
const MARKED = /crash test message \d+/;

/** People and programs that write without a pause, whether the gateway is there or not. */
export interface Load {
	readonly written: number;
	/** Stops writing. */
	readonly stop: () => Promise<void>;
}

/**
 * Lets several users write, every fifth message being one that makes the agent use a tool, and programs
 * ask over the gateway's API, each as soon as its last question was answered or failed.
 *
 * @param everyMs milliseconds between two messages, and before each question
 */
export function startLoad(telegram: TelegramStandIn, gatewayUrl: string, everyMs = EVERY_MS): Load {
	const stopped = new AbortController();
	let written = 0;
	const ask = async (program: number) => {
		while (!stopped.signal.aborted) {
			await askOnce(gatewayUrl, program).catch(() => undefined);
			await delay(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
		}
	};
	const write = async () => {
		while (!stopped.signal.aborted) {
			written += 1;
			const marker = written % 5 === 0 ? ' [[tool]]' : '';
			telegram.write(`crash test message ${String(written)}${marker}`, {
				userId: 700 + (written % USERS),
			});
			await delay(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
		}
	};
	const running = Promise.all([write(), ...[...Array(PROGRAMS).keys()].map(ask)]);
	return {
		get written() {
			return written;
		},
		stop: async () => {
			stopped.abort();
			await running;
		},
	};
}

/** One turn of an agent that uses a tool, asked for over the gateway's API as a program does. */
export async function askOnce(gatewayUrl: string, program: number): Promise<void> {
	await askAgent(gatewayUrl, {
		agent: 'alert-handler',
		user: `program-${String(program)}`,
		text: 'Look into the workspace [[tool]]',
	});
}

/** The messages that an agent has asked its model about: the gateway has accepted each of them. */
export async function messagesSeenByModel(model: ScriptedModel): Promise<ReadonlySet<string>> {
	const requests = await model.requests();
	const texts = requests.map(({ userText }) => MARKED.exec(userText)?.[0]);
	return new Set(texts.filter((text) => text !== undefined));
}

/** The marked part of a text, without what surrounds it. */
export function markOf(text: string): string | undefined {
	return MARKED.exec(text)?.[0];
}
