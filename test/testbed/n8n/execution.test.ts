import { isSettled, readExecution } from '../../../testbed/n8n/execution';

const RUN = { runData: { Start: [{ executionIndex: 0, data: { main: [[{ json: { a: 1 } }]] } }] } };
const FAILED = { error: { message: 'Out of order' }, runData: {} };

const read = (status: string, data: object) =>
	readExecution({ id: '1', mode: 'manual', status, data });

describe('an execution', () => {
	it('is over when its row and its data say so', () => {
		const done = read('success', { resultData: RUN });
		expect(isSettled(done)).toBe(true);
		expect(done.json('Start')).toEqual([{ a: 1 }]);
		const failed = read('error', { resultData: FAILED });
		expect(isSettled(failed)).toBe(true);
		expect(failed.errorMessage).toBe('Out of order');
	});

	it('waits until it goes on', () => {
		expect(isSettled(read('waiting', { waitTill: '2026-01-01', resultData: RUN }))).toBe(true);
	});

	// An older n8n writes the row first, then the data.
	it.each([
		['success', { resultData: { runData: {} } }],
		['success', { waitTill: '2026-01-01', resultData: RUN }],
		['error', { resultData: { runData: {} } }],
		['error', { waitTill: '2026-01-01', resultData: RUN }],
	])('still runs where its row says %s and its data are behind: %j', (status, data) => {
		expect(isSettled(read(status, data))).toBe(false);
	});
});
