import { setTimeout as delay } from 'node:timers/promises';
import { sendEvent } from '../../testbed/sendEvent';
import { ATTACK_MIX, ATTACKS, type Attack, type Expected } from './attacks';
import { createChance } from './random';
import type { Receiver } from './receiver';

/** Milliseconds between two requests. */
const PAUSE_MS = { least: 300, most: 900 } as const;
/** Older requests are stale, or too old for a node that remembers its last 1,000 events. */
const FRESH_MS = 60_000;

/** What one kind of attack came to. */
export interface AttackCount {
	readonly attack: Attack;
	sent: number;
	/** Not answered by the trigger: n8n was down, or starting. */
	unanswered: number;
}

/** What the attacks came to. */
export interface AttackRecord {
	readonly counts: readonly AttackCount[];
	/** Answers that should not be, such as `Without a signature: 200`. */
	readonly wrong: readonly string[];
}

/** What n8n answers while it starts or stops: it knows no webhook yet, is not ready, or loses its database. */
const NOT_THERE: ReadonlySet<number> = new Set([404, 500, 503]);
/** Its answer to everything, with a 200, while it prepares its database. */
const START_PAGE = 'n8n is starting up';

/**
 * Judges an answer.
 *
 * @param status undefined when there was none
 */
export function judgeAnswer(
	expected: Expected,
	status: number | undefined,
): 'right' | 'unanswered' | 'wrong' {
	if (expected === 'too-large') return status === undefined || status >= 400 ? 'right' : 'wrong';
	if (status === undefined || NOT_THERE.has(status)) return 'unanswered';
	return status === (expected === 'known' ? 200 : 401) ? 'right' : 'wrong';
}

/** Sends what the gateway has not sent to the trigger's address, one request after the other. */
export function startAttacker(
	{
		receiver,
		webhookUrl,
		secret,
	}: Readonly<Record<'webhookUrl' | 'secret', string>> & {
		readonly receiver: Receiver;
	},
	seed: string,
): { readonly record: AttackRecord; stop(): Promise<void> } {
	const stopped = new AbortController();
	const chance = createChance(seed, 'attacker');
	const counts = ATTACKS.map((attack): AttackCount => ({ attack, sent: 0, unanswered: 0 }));
	const wrong: string[] = [];

	const strike = async (attack: Attack) => {
		const fresh = receiver
			.recorded()
			.filter(({ receivedAt }) => receivedAt > Date.now() - FRESH_MS);
		if (fresh.length === 0) return;
		const loot = {
			recorded: chance.pick(fresh),
			secret,
			now: Math.floor(Date.now() / 1000),
			chance,
		};
		const answer = await sendEvent(webhookUrl, attack.build(loot)).catch(() => undefined);
		const isThere = answer !== undefined && !answer.text.startsWith(START_PAGE);
		const verdict = judgeAnswer(attack.expected, isThere ? answer.status : undefined);
		const count = counts.find((candidate) => candidate.attack === attack);
		if (count !== undefined) count.sent += 1;
		if (count !== undefined && verdict === 'unanswered') count.unanswered += 1;
		if (verdict === 'wrong') wrong.push(`${attack.name}: ${String(answer?.status)}`);
	};
	const run = async () => {
		// Each kind once, however short the test is.
		const first = chance.shuffle(ATTACKS);
		while (!stopped.signal.aborted) {
			await delay(chance.between(PAUSE_MS.least, PAUSE_MS.most));
			await strike(first.pop() ?? chance.pick(ATTACK_MIX));
		}
	};
	const running = run();
	return {
		record: { counts, wrong },
		stop: async () => {
			stopped.abort();
			await running;
		},
	};
}
