import { startRecordingClock } from '../../../nodes/OpenClawTrigger/recordingClock';

const START = Date.parse('2026-03-14T10:30:00Z');
const HOUR = 3_600_000;

beforeEach(() => {
	jest.useFakeTimers({ now: START });
});

afterEach(() => {
	jest.useRealTimers();
});

test('tells when it was started', () => {
	const recordingSince = startRecordingClock();
	jest.advanceTimersByTime(HOUR);
	expect(recordingSince()).toBe(START);
});

test('counts in the time of a clock that is set right later', () => {
	const recordingSince = startRecordingClock();
	jest.advanceTimersByTime(HOUR);
	jest.setSystemTime(START + 3 * HOUR);
	expect(recordingSince()).toBe(START + 2 * HOUR);
});

test('never tells an earlier time when a clock is set back', () => {
	const recordingSince = startRecordingClock();
	jest.advanceTimersByTime(HOUR);
	jest.setSystemTime(START);
	expect(recordingSince()).toBe(START);
});
