import type { Chance } from './random';
import { createChance } from './random';

/** A program that can be ended and started again. */
export interface Breakable {
	readonly pid: number;
	stop(): Promise<void>;
	kill(): Promise<void>;
	start(): Promise<void>;
}

export type ProgramName = 'n8n' | 'gateway';
export type FaultKind = 'kill' | 'restart' | 'outage';

/** Something that was broken on purpose. */
export interface Fault {
	readonly kind: FaultKind;
	readonly programs: readonly (ProgramName | 'receiver')[];
	/** Milliseconds since 1970: when it was down, and up again. */
	readonly downAt: number;
	readonly upAt: number;
}

/** What is going to be broken. */
export type Plan = Pick<Fault, 'kind'> & { readonly programs: readonly ProgramName[] };

/** Milliseconds between two faults of programs: with their starts, some 80 s from one to the next alike. */
const CALM_MS = { least: 8000, most: 20_000 } as const;
const RECEIVER_CALM_MS = { least: 10_000, most: 40_000 } as const;
const RECEIVER_OUTAGE_MS = { least: 2000, most: 12_000 } as const;
/** One round in so many ends both at once, as a power cut of their machine does. */
const POWER_CUT_ONE_IN = 6;

/** Chooses the next faults. The first round kills each program. */
export function planRound(chance: Chance, round: number): readonly Plan[] {
	const isFirst = round === 0;
	if (!isFirst && chance.next() < 1 / POWER_CUT_ONE_IN) {
		return [{ kind: 'kill', programs: ['n8n', 'gateway'] }];
	}
	const kind = () => (isFirst ? 'kill' : chance.pick(['kill', 'restart'] as const));
	return chance.shuffle([
		{ kind: kind(), programs: ['n8n'] },
		{ kind: kind(), programs: ['gateway'] },
	]);
}

/** What chaos works on. */
export interface ChaosTargets {
	readonly programs: Readonly<Record<ProgramName, Breakable>>;
	readonly receiver: { goAway(milliseconds: number): Promise<void> };
	/** Called when a program is down, before it is started again. */
	onDown(program: ProgramName): void;
	/** Called when a program is ready again. */
	onUp(program: ProgramName): void;
	onFault(fault: Fault): void;
	/** Lets so many milliseconds pass. */
	pause(milliseconds: number): Promise<unknown>;
}

/**
 * Breaks things at random moments until the time is over; in any case each program is killed once, and
 * the receiver goes away once. Everything is up at the end.
 *
 * @param milliseconds how long
 */
export async function breakThings(
	targets: ChaosTargets,
	milliseconds: number,
	seed: string,
): Promise<void> {
	const { programs, receiver } = targets;
	const end = Date.now() + milliseconds;
	const isOver = () => Date.now() >= end;

	const breakProgram = async (name: ProgramName, kind: FaultKind) => {
		const program = programs[name];
		await (kind === 'kill' ? program.kill() : program.stop());
		targets.onDown(name);
		await program.start();
		targets.onUp(name);
	};
	const breakPrograms = async () => {
		const chance = createChance(seed, 'programs');
		for (let round = 0; round === 0 || !isOver(); round += 1) {
			for (const plan of planRound(chance, round)) {
				await targets.pause(chance.between(CALM_MS.least, CALM_MS.most));
				if (round > 0 && isOver()) return;
				const downAt = Date.now();
				await Promise.all(plan.programs.map(async (name) => breakProgram(name, plan.kind)));
				targets.onFault({ ...plan, downAt, upAt: Date.now() });
			}
		}
	};
	const breakReceiver = async () => {
		const chance = createChance(seed, 'receiver');
		do {
			await targets.pause(chance.between(RECEIVER_CALM_MS.least, RECEIVER_CALM_MS.most));
			const downAt = Date.now();
			await receiver.goAway(chance.between(RECEIVER_OUTAGE_MS.least, RECEIVER_OUTAGE_MS.most));
			targets.onFault({ kind: 'outage', programs: ['receiver'], downAt, upAt: Date.now() });
		} while (!isOver());
	};
	await Promise.all([breakPrograms(), breakReceiver()]);
	await targets.pause(Math.max(0, end - Date.now()));
}
