import {
	countVerdicts,
	describeAttempt,
	judge,
	type Attempt,
} from '../../../trials/compare/verdict';

const attempt = (changes: Partial<Attempt>): Attempt => ({
	statuses: [401],
	runs: 0,
	rows: 0,
	...changes,
});

describe('what became of an attack', () => {
	it.each([
		['refused', attempt({}), '401'],
		['refused', attempt({ statuses: [403], rows: 1 }), '403 + row'],
		['ignored', attempt({ statuses: [200, 200] }), '200, did not run'],
		['ignored', attempt({ statuses: [200], rows: 1 }), '200, did not run + row'],
		['failed', attempt({ statuses: [500], rows: 1 }), '500, did not run + row'],
		['failed', attempt({ statuses: [undefined] }), 'no answer, did not run'],
		['failed', attempt({ statuses: [401, 500] }), '401/500, did not run'],
		['ran', attempt({ statuses: [200], runs: 1, rows: 1 }), '**RAN** (200)'],
		['ran', attempt({ statuses: [200, 200], runs: 2 }), '**RAN 2 times** (200)'],
		['ran', attempt({ runs: 1 }), '**RAN** (401)'],
	])('is %s', (verdict, given, text) => {
		expect(judge(given)).toBe(verdict);
		expect(describeAttempt(given)).toBe(text);
	});

	it('is counted, with the executions of those that did not run', () => {
		const all = [
			attempt({}),
			attempt({ rows: 1 }),
			attempt({ statuses: [200] }),
			attempt({ statuses: [undefined], rows: 2 }),
			attempt({ statuses: [200], runs: 1, rows: 1 }),
		];
		expect(countVerdicts(all)).toEqual({ refused: 2, ignored: 1, failed: 1, ran: 1, rows: 2 });
	});
});
