import { judgeAnswer } from '../../../trials/soak/attacker';
import type { Books } from '../../../trials/soak/books';
import { runChecks, type Evidence } from '../../../trials/soak/checks';
import { isFlat, memoryTrend, type MemorySample } from '../../../trials/soak/memory';

const GOOD: Books = {
	shares: { run: 1, queued: 0, filtered: 0, keptBack: 0 },
	lost: [],
	unfiltered: [],
	forged: [],
	swallowed: [],
	cutOff: [],
	repeats: [],
	vanished: [],
	notReceived: [],
	givenUp: [],
	untold: [],
	missingTypes: [],
};

const failures = (books: Partial<Books>, changes: Partial<Evidence> = {}) =>
	runChecks({
		books: { ...GOOD, ...books },
		attacks: { counts: [], wrong: [] },
		unsettled: [],
		unverified: [],
		deliveredTwice: [],
		memory: [],
		...changes,
	})
		.filter(({ faults }) => faults.length > 0)
		.map(({ label }) => label);

describe('the checks', () => {
	it('pass on books that balance', () => {
		expect(failures({})).toEqual([]);
	});

	it.each<[string, Partial<Books>]>([
		['a lost event', { lost: ['evt_1'] }],
		['an execution from a forged request', { forged: ['execution 7, evt_x'] }],
		['a filter that leaks', { unfiltered: ['evt_1'] }],
		['an event that was swallowed', { swallowed: ['evt_1'] }],
		['a type that never came', { missingTypes: ['error.occurred'] }],
		['an event that vanished', { vanished: ['evt_1'] }],
		['an event that one receiver lacks', { notReceived: ['evt_1'] }],
		['a delivery that was given up', { givenUp: ['evt_1'] }],
		['a message that reached no agent', { untold: ['run_1'] }],
		['an event that ran twice', { repeats: [{ eventId: 'evt_1', documented: undefined }] }],
	])('find %s', (_what, books) => {
		expect(failures(books)).toHaveLength(1);
	});

	it('allow what is documented', () => {
		expect(failures({ repeats: [{ eventId: 'evt_1', documented: 'crash' }] })).toEqual([]);
		expect(failures({ cutOff: ['evt_1'] })).toEqual([]);
	});

	it.each<[string, Partial<Evidence>]>([
		['work that does not end', { unsettled: ['3 deliveries'] }],
		['a forgery that was taken', { attacks: { counts: [], wrong: ['Stale: 200'] } }],
		['a request that does not verify', { unverified: ['evt_1'] }],
		['a delivery that was made twice', { deliveredTwice: ['delivery 1'] }],
		[
			'memory that grows',
			{ memory: [{ program: 'n8n', firstThird: 400, lastThird: 500, most: 500 }] },
		],
	])('find %s', (_what, evidence) => {
		expect(failures({}, evidence)).toHaveLength(1);
	});
});

describe('an answer', () => {
	it.each([
		['known', 200, 'right'],
		['known', 401, 'wrong'],
		['known', 404, 'unanswered'],
		['known', undefined, 'unanswered'],
		['refused', 401, 'right'],
		['refused', 200, 'wrong'],
		['refused', 500, 'unanswered'],
		['refused', 503, 'unanswered'],
		['too-large', 413, 'right'],
		['too-large', 500, 'right'],
		['too-large', undefined, 'right'],
		['too-large', 200, 'wrong'],
	] as const)('to what must be %s, %s, is %s', (expected, status, verdict) => {
		expect(judgeAnswer(expected, status)).toBe(verdict);
	});
});

describe('memory', () => {
	const LENGTH = 90_000;
	const sample = (pid: number, at: number, mebibytes: number, age = 30_000): MemorySample => ({
		program: 'n8n',
		pid,
		at,
		age,
		mebibytes,
	});

	it('is the least of each life at equal ages, in the first and the last third', () => {
		const samples = [
			sample(1, 1000, 900, 20_000),
			sample(1, 2000, 300),
			sample(1, 3000, 200, 5000),
			sample(1, 3000, 250, 60_000),
			sample(2, 4000, 700, 29_000),
			sample(3, 45_000, 800),
			sample(4, 80_000, 330),
			{ ...sample(5, 81_000, 2000), program: 'gateway' as const },
		];
		const trend = memoryTrend('n8n', samples, LENGTH);
		expect(trend).toEqual({ program: 'n8n', firstThird: 300, lastThird: 330, most: 900 });
		expect(isFlat(trend)).toBe(true);
	});

	it('is the median of the lives', () => {
		const lives = [300, 500, 310].map((mebibytes, pid) => sample(pid, pid, mebibytes));
		expect(memoryTrend('n8n', lives, LENGTH).firstThird).toBe(310);
	});

	it('is not flat when it grows, or when nobody looked', () => {
		const first = sample(1, 0, 300);
		expect(isFlat(memoryTrend('n8n', [first, sample(2, 80_000, 331)], LENGTH))).toBe(false);
		expect(isFlat(memoryTrend('n8n', [first], LENGTH))).toBe(false);
	});
});
