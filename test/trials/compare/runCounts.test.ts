import { countRuns } from '../../../trials/compare/runCounts';

describe('how often events ran', () => {
	it('tells lost ones and repeated ones, and leaves out events of others', () => {
		const runs = ['evt_1', 'evt_2', 'evt_marker', 'evt_2', 'evt_marker', 'evt_2'];
		expect(countRuns(['evt_1', 'evt_2', 'evt_3'], runs)).toEqual({
			emitted: 3,
			lost: 1,
			repeated: 1,
		});
	});

	it('balances when every event ran once', () => {
		expect(countRuns(['evt_1', 'evt_2'], ['evt_2', 'evt_1'])).toEqual({
			emitted: 2,
			lost: 0,
			repeated: 0,
		});
	});
});
