import { breakThings, planRound } from '../../../trials/soak/chaos';
import { createChance } from '../../../trials/soak/random';

describe('chance', () => {
	it('is the same for the same seed and purpose only', () => {
		const draw = (seed: string, purpose: string) => {
			const chance = createChance(seed, purpose);
			return [chance.next(), chance.between(5, 6), chance.pick([1, 2, 3]), chance.shuffle([1, 2])];
		};
		expect(draw('1f', 'attacker')).toEqual(draw('1f', 'attacker'));
		expect(draw('1f', 'attacker')).not.toEqual(draw('20', 'attacker'));
		expect(draw('1f', 'attacker')).not.toEqual(draw('1f', 'traffic'));
	});

	it('keeps to its bounds', () => {
		const chance = createChance('1f', 'bounds');
		const drawn = Array.from({ length: 1000 }, () => chance.between(2, 3));
		expect(Math.min(...drawn)).toBeGreaterThanOrEqual(2);
		expect(Math.max(...drawn)).toBeLessThan(3);
		expect(chance.shuffle([1, 2, 3]).sort()).toEqual([1, 2, 3]);
	});
});

describe('chaos', () => {
	const rounds = (from: number) => {
		const chance = createChance('1f', 'programs');
		return Array.from({ length: 100 }, (_, index) => planRound(chance, from + index));
	};

	it('kills each program in its first round', () => {
		for (const seed of ['1', '2', '3']) {
			const plans = planRound(createChance(seed, 'programs'), 0);
			expect(plans.map(({ kind }) => kind)).toEqual(['kill', 'kill']);
			expect(plans.flatMap(({ programs }) => programs).sort()).toEqual(['gateway', 'n8n']);
		}
	});

	it('breaks each program once a round, at times both at once', () => {
		for (const plans of rounds(1)) {
			expect(plans.flatMap(({ programs }) => programs).sort()).toEqual(['gateway', 'n8n']);
		}
		const lengths = new Set(rounds(1).map((plans) => plans.length));
		expect([...lengths].sort()).toEqual([1, 2]);
	});

	it('has everything broken once, and up again, however short the time is', async () => {
		const steps: string[] = [];
		const program = (name: string) => ({
			pid: 1,
			stop: async () => Promise.resolve(),
			kill: async () => {
				steps.push(`kill ${name}`);
				return Promise.resolve();
			},
			start: async () => {
				steps.push(`start ${name}`);
				return Promise.resolve();
			},
		});
		await breakThings(
			{
				programs: { n8n: program('n8n'), gateway: program('gateway') },
				receiver: {
					goAway: async () => {
						steps.push('receiver');
						return Promise.resolve();
					},
				},
				onDown: () => undefined,
				onUp: () => undefined,
				onFault: () => undefined,
				pause: async () => Promise.resolve(),
			},
			0,
			'1f',
		);
		expect([...steps].sort()).toEqual([
			'kill gateway',
			'kill n8n',
			'receiver',
			'start gateway',
			'start n8n',
		]);
	});
});
