import {
	FORGERIES,
	MALFORMED,
	REPLAYS,
	UNREADABLE,
	type Attack,
	type Replay,
} from '../../conformance/src/attacks';
import { capturedEvent } from '../../testbed/capturedEvents';
import { sendEvent } from '../../testbed/sendEvent';
import type { SentReceiver } from './candidate';
import type { Attempt, Verdict } from './verdict';
import { sendGenuine, Watch } from './watch';
import type { World } from './world';

/** Who attacks whom: a column of the table. */
export interface Attacker {
	readonly title: string;
	readonly receiver: SentReceiver;
	/** Whether requests carry the static token, which is in each request that somebody recorded. */
	readonly hasToken: boolean;
}

/** Attacks that belong together. */
export interface AttackGroup {
	/** What they are called in a summary. */
	readonly name: string;
	readonly title: string;
	/** Whether somebody can send them who has never seen a genuine request. */
	readonly needsNothing: boolean;
	/** What must become of them. */
	readonly wanted: readonly Verdict[];
	readonly attacks: ReadonlyArray<Attack | Replay>;
}

/** An attack, and what became of it at each attacker's target; `undefined` where it doesn't apply. */
export interface AttackRow {
	readonly name: string;
	readonly attempts: ReadonlyArray<Attempt | undefined>;
}

export interface VerificationResult {
	readonly attackers: readonly Attacker[];
	readonly groups: ReadonlyArray<
		Pick<AttackGroup, 'name' | 'title' | 'wanted'> & { readonly rows: readonly AttackRow[] }
	>;
}

export const GROUPS: readonly AttackGroup[] = [
	{
		name: 'forged',
		title: 'Not signed by the holder of the secret, or not now: a request …',
		needsNothing: true,
		wanted: ['refused'],
		attacks: FORGERIES,
	},
	{
		name: 'replayed',
		title: 'A genuine request that was recorded, and is …',
		needsNothing: false,
		wanted: ['refused', 'ignored'],
		attacks: REPLAYS,
	},
	{
		name: 'signed, but no event',
		title: 'Signed by the holder of the secret, but no event, or not sent as one: a request …',
		needsNothing: false,
		wanted: ['refused'],
		attacks: MALFORMED,
	},
	{
		name: 'signed, but unreadable',
		title:
			'Signed by the holder of the secret, of a type that n8n itself parses and cannot: a request …',
		needsNothing: false,
		// n8n answers before any node is asked.
		wanted: ['refused', 'failed'],
		attacks: UNREADABLE,
	},
];

function attackersOf(receivers: readonly SentReceiver[]): Attacker[] {
	return receivers.flatMap((receiver) => {
		const { letter, endpoint } = receiver;
		if (endpoint.headers === undefined) return [{ title: letter, receiver, hasToken: false }];
		return [
			{ title: `${letter}, no token`, receiver, hasToken: false },
			{ title: `${letter}, token recorded`, receiver, hasToken: true },
		];
	});
}

async function statusOf(answer: Promise<{ readonly status: number }>): Promise<number | undefined> {
	return await answer.then(
		({ status }) => status,
		() => undefined,
	);
}

async function attackOnce(
	{ secrets }: World,
	{ receiver, hasToken }: Attacker,
	attack: Attack,
): Promise<number | undefined> {
	const delivery = attack.delivery(secrets.signing);
	const headers = { ...(hasToken ? receiver.endpoint.headers : {}), ...delivery.headers };
	return await statusOf(sendEvent(receiver.url, { secret: secrets.signing, ...delivery, headers }));
}

async function attempt(
	world: World,
	attacker: Attacker,
	watch: Watch,
	attack: Attack | Replay,
): Promise<Attempt> {
	if ('delivery' in attack) {
		const status = await attackOnce(world, attacker, attack);
		const { arrived, rows } = await watch.collect();
		return { statuses: [status], runs: arrived.length, rows };
	}
	const genuine = {
		event: capturedEvent('message.received'),
		timestamp: Math.floor(Date.now() / 1000),
	};
	const { receiver } = attacker;
	await sendGenuine(world, receiver, genuine);
	// Before the copies come, the genuine one has run to its end.
	const first = await watch.collect();
	if (first.arrived.length !== 1) throw new Error(`${receiver.title} did not run a genuine event`);
	const statuses = await Promise.all(
		Array.from({ length: attack.copies }, async () =>
			statusOf(sendGenuine(world, receiver, genuine)),
		),
	);
	const { arrived, rows } = await watch.collect();
	return { statuses, runs: arrived.length, rows };
}

/** Tries every attack on every candidate. */
export async function attackAll(
	world: World,
	note: (text: string) => void,
): Promise<VerificationResult> {
	const attackers = attackersOf(world.webhooks);
	const watches = new Map<SentReceiver, Watch>();
	for (const receiver of world.webhooks) {
		watches.set(receiver, await Watch.begin(world, receiver));
	}
	const groups = [];
	for (const { needsNothing, attacks, ...group } of GROUPS) {
		const rows: AttackRow[] = [];
		for (const attack of attacks) {
			note(attack.name);
			const attempts: Array<Attempt | undefined> = [];
			for (const attacker of attackers) {
				const watch = watches.get(attacker.receiver);
				const { headers } = attacker.receiver.endpoint;
				const applies = needsNothing || headers === undefined || attacker.hasToken;
				attempts.push(
					watch !== undefined && applies
						? await attempt(world, attacker, watch, attack)
						: undefined,
				);
			}
			rows.push({ name: attack.name, attempts });
		}
		groups.push({ ...group, rows });
	}
	return { attackers, groups };
}
