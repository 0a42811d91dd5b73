import { setTimeout as delay } from 'node:timers/promises';
import { askAgent } from '../../testbed/askAgent';
import type { TelegramStandIn } from '../../testbed/telegramStandIn';
import { waitFor } from '../../testbed/waitFor';
import { numberedText, OTHER_AGENT, TELL, USERS } from './names';
import { createChance, type Chance } from './random';

/** What users write: together it causes events of all seven types. */
const ENDINGS: readonly string[] = [
	'',
	'[[tool]]',
	'[[tool-error]]',
	'[[400]]',
	'[[long]]',
	TELL,
	TELL,
];
/** Ends the session and begins another one. */
const NEW_SESSION = '/new';

/** Milliseconds. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = { least: 1000, most: 4000 } as const;
const PROGRAM_PAUSE_MS = 8000;

const QUESTIONS_PER_CONVERSATION = 10;

/** People and programs that go on, whether the gateway is there or not. */
export interface Traffic {
	/** Messages that users wrote. */
	readonly written: number;
	/** Requests of a program that were answered. */
	readonly asked: number;
	stop(): Promise<void>;
}

/**
 * Lets several users write, each as soon as the last message was answered or no answer came for a
 * while, and a program ask another agent over the gateway's API.
 */
export function startTraffic(telegram: TelegramStandIn, gatewayUrl: string, seed: string): Traffic {
	const stopped = new AbortController();
	const { signal } = stopped;
	let written = 0;
	let asked = 0;
	const pause = async (milliseconds: number) =>
		delay(milliseconds, undefined, { signal }).catch(() => undefined);

	const isStopped = () => signal.aborted;

	const write = async (userId: number, ending: string) => {
		const before = telegram.sent.length;
		const text = `${numberedText(++written)} ${ending}`;
		telegram.write(ending === NEW_SESSION ? NEW_SESSION : text, { userId });
		const isAnswer = ({ chatId }: { chatId: string }) => chatId === String(userId);
		await waitFor('an answer', () => isStopped() || telegram.sent.slice(before).some(isAnswer), {
			timeoutMs: PATIENCE_MS,
		}).catch(() => undefined);
	};
	const chat = async (userId: number, chance: Chance) => {
		while (!isStopped()) {
			for (const ending of chance.shuffle([...ENDINGS, NEW_SESSION])) {
				if (isStopped()) return;
				await write(userId, ending);
				await pause(chance.between(PAUSE_MS.least, PAUSE_MS.most));
			}
		}
	};
	const ask = async () => {
		while (!isStopped()) {
			const user = `program-${String(Math.floor(asked / QUESTIONS_PER_CONVERSATION))}`;
			const question = {
				agent: OTHER_AGENT,
				user,
				text: 'Look into the workspace [[tool]]',
				signal,
			};
			const answer = await askAgent(gatewayUrl, question).catch(() => undefined);
			if (answer?.status === 200) asked += 1;
			await pause(PROGRAM_PAUSE_MS);
		}
	};
	const chats = USERS.map(async (userId) =>
		chat(userId, createChance(seed, `user ${String(userId)}`)),
	);
	const running = Promise.all([...chats, ask()]);
	return {
		get written() {
			return written;
		},
		get asked() {
			return asked;
		},
		stop: async () => {
			stopped.abort();
			await running;
		},
	};
}
