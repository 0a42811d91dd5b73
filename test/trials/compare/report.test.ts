import type { FetchedCandidate, SentCandidate } from '../../../trials/compare/candidate';
import { faultsOf, type Comparison } from '../../../trials/compare/comparison';
import { formatComparison, formatSummary } from '../../../trials/compare/report';
import type { Attempt } from '../../../trials/compare/verdict';
import { noOp } from '../../../testbed/n8n/workflow';

const RECEIVING = {
	definition: { name: 'Workflow', nodes: [noOp('Receive')], connections: {} },
	receiver: 'Receive',
	filled: {},
} as const;
const candidate = (
	changes: Partial<SentCandidate> & Pick<SentCandidate, 'key' | 'letter'>,
): SentCandidate => ({
	way: 'sent',
	title: `Way ${changes.letter}`,
	...RECEIVING,
	endpoint: { secret: 'whsec_1' },
	...changes,
});
const connection: FetchedCandidate = {
	way: 'fetched',
	key: 'connection',
	letter: 'A',
	title: 'Way A',
	...RECEIVING,
};
const trigger = candidate({ key: 'trigger', letter: 'B' });
const tokenOnly = candidate({ key: 'headerAuth', letter: 'C', endpoint: { headers: {} } });
const REFUSED: Attempt = { statuses: [401], runs: 0, rows: 0 };
const RAN: Attempt = { statuses: [200], runs: 1, rows: 1 };
const counts = (lost: number, repeated = 0) => ({ emitted: 9, lost, repeated });

function comparison(
	attempt: Attempt,
	lost = 0,
	failed = 0,
	fetched = { lost: 0, twice: 0 },
): Comparison {
	const published = { workflow: { id: '1', name: '', versionId: '', webhookIds: {} }, url: '' };
	const attackers = [trigger, tokenOnly].map((each) => ({
		title: each.letter,
		receiver: { ...each, ...published },
		hasToken: false,
	}));
	return {
		candidates: [connection, trigger, tokenOnly],
		verification: {
			attackers,
			groups: [
				{
					name: 'forged',
					title: 'Forged: a request …',
					wanted: ['refused'],
					rows: [{ name: 'without signature', attempts: [attempt, RAN] }],
				},
				{
					name: 'replayed',
					title: 'Recorded, and is …',
					wanted: ['refused', 'ignored'],
					rows: [{ name: 'sent again', attempts: [{ ...REFUSED, statuses: [200] }, undefined] }],
				},
			],
		},
		genuine: [{ name: 'of 200 KB', sent: 3, unchanged: [3, 1] }],
		loadSize: { rounds: 2, events: 10 },
		throughput: [
			[
				{ perSecond: 40, cpuMs: 25 },
				{ perSecond: 60, cpuMs: 20 },
			],
			[
				{ perSecond: 20, cpuMs: 50 },
				{ perSecond: 30, cpuMs: 40 },
			],
			[
				{ perSecond: 10, cpuMs: 100 },
				{ perSecond: 15, cpuMs: 60 },
			],
		],
		crashes: {
			kills: 6,
			failed,
			books: [
				{
					afterKills: counts(fetched.lost, fetched.twice),
					endedTwice: fetched.twice,
					afterReplay: counts(fetched.lost),
					cutOff: 1,
				},
				{ afterKills: counts(0), endedTwice: 0, afterReplay: counts(lost), cutOff: 0 },
				{ afterKills: counts(2, 1), endedTwice: 0, afterReplay: counts(0, 9), cutOff: 3 },
			],
		},
		facts: [['Date', '2026-03-14']],
	};
}

describe('the page', () => {
	const page = formatComparison(comparison(REFUSED));

	it.each([
		'| A | Way A | HMAC signature |',
		'| C | Way C | static token in a header |',
		'| … without signature | 401 | **RAN** (200) |',
		'| … sent again | 200, did not run | – |',
		'| attacks sent | 2 | 1 |',
		'| **ran the workflow** | 0 | 1 |',
		'| … forged (1) | 0 | 1 |',
		'| … replayed (1) | 0 | 0 |',
		'| an event of 200 KB | 3 of 3 | 1 of 3 |',
		'| events/s | 50.0 | 25.0 | 12.5 |',
		'| ratio to A (above 1 is faster) | 1.00 | 0.50 | 0.25 |',
		'| ratio to A (above 1 is dearer) | 1.00 | 2.00 | 3.50 |',
		'| ran more than once, after each delivery was made again | 0 | 0 | 9 |',
		'| … of them at the gateway | 1 (a token) | 1 (an endpoint) | 1 (an endpoint) |',
		'| Date | 2026-03-14 |',
	])('has the row %s', (row) => {
		expect(page).toContain(`\n${row}\n`);
	});

	it('names what could not be run', () => {
		expect(page).toContain('`n8n-nodes-clawai`');
	});
});

describe('what OpenClaw Trigger has to hold', () => {
	it('is fulfilled', () => {
		expect(faultsOf(comparison(REFUSED))).toEqual([]);
	});

	it.each([
		['an attack ran', comparison(RAN)],
		['an attack left an execution', comparison({ ...REFUSED, rows: 1 })],
		['an attack was answered 2xx', comparison({ ...REFUSED, statuses: [200] })],
		['an attack was answered 5xx', comparison({ ...REFUSED, statuses: [500] })],
	])('is not when %s', (_case, given) => {
		expect(faultsOf(given)).toEqual([
			'OpenClaw Trigger did not withstand a request without signature',
		]);
		expect(formatSummary(given)).toContain('did not withstand');
	});

	it('is not when events are lost', () => {
		expect(faultsOf(comparison(REFUSED, 2))).toEqual(['OpenClaw Trigger lost 2 events']);
		expect(faultsOf(comparison(REFUSED, 0, 1))).toEqual(['The gateway gave 1 deliveries up']);
		const cutOff = comparison(REFUSED, 1);
		const books = cutOff.crashes.books.map((one) => ({ ...one, cutOff: 1 }));
		expect(faultsOf({ ...cutOff, crashes: { ...cutOff.crashes, books } })).toEqual([]);
		const ofConnection = (lost: number, twice: number) =>
			faultsOf(comparison(REFUSED, 0, 0, { lost, twice }));
		expect(ofConnection(3, 0)).toEqual(['The connection lost 3 events']);
		expect(ofConnection(0, 2)).toEqual(['The connection ran 2 events twice']);
	});
});
