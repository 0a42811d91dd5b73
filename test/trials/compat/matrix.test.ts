import { readOutcomes, replaceTable, type Outcome } from '../../../trials/compat/matrix';
import { VERSIONS } from '../../../trials/compat/versions';

const PAGE = `# Page

<!-- Written by \`npm run compat\`: begin -->
<!-- Written by \`npm run compat\`: end -->

More.
`;
const [first, second] = VERSIONS.filter(({ program }) => program === 'n8n');
const key = (version = '') => `n8n ${version}`;
const outcome = (result: string): Outcome => ({ node: '24.0.0', result, date: '2026-03-14' });

describe('the compatibility table', () => {
	it('stands between the markers, in the order of the list', () => {
		const page = replaceTable(
			PAGE,
			new Map([
				[key(second?.version), outcome('2 passed, 0 failed')],
				[key(first?.version), outcome('1 passed, 0 failed')],
			]),
		);

		expect(page).toBe(`# Page

<!-- Written by \`npm run compat\`: begin -->

| program | version | | Node | result | date |
|---|---|---|---|---|---|
| n8n | ${first?.version ?? ''} | ${first?.which ?? ''} | 24.0.0 | 1 passed, 0 failed | 2026-03-14 |
| n8n | ${second?.version ?? ''} | ${second?.which ?? ''} | 24.0.0 | 2 passed, 0 failed | 2026-03-14 |

<!-- Written by \`npm run compat\`: end -->

More.
`);
	});

	it('is read back as it was written', () => {
		const outcomes = new Map([[key(first?.version), outcome('not so: a | b')]]);

		expect(readOutcomes(replaceTable(PAGE, outcomes))).toEqual(outcomes);
	});

	it('keeps the rows of other versions', () => {
		const before = replaceTable(PAGE, new Map([[key(first?.version), outcome('old')]]));

		const after = replaceTable(
			before,
			new Map([...readOutcomes(before), [key(second?.version), outcome('new')]]),
		);

		expect([...readOutcomes(after).values()]).toEqual([outcome('old'), outcome('new')]);
		expect(replaceTable(after, readOutcomes(after))).toBe(after);
	});

	it('drops versions that are no longer tried', () => {
		const page = replaceTable(PAGE, new Map([['n8n 0.1.0', outcome('old')]]));

		expect(readOutcomes(page).size).toBe(0);
	});

	it('is not written into a page that has no place for it', () => {
		expect(() => replaceTable('# Page', new Map())).toThrow('The page has no');
	});
});
