import { stringify } from 'flatted';
import { OPENCLAW_TRIGGER as TRIGGER } from '../../../testbed/n8n/openclawNodes';
import { toRunEntry } from '../../../trials/soak/runs';
import { TELL_AGENT } from '../../../trials/soak/workflow';
import { readExecution } from '../../../trials/storedExecutions';

const item = (json: object) => ({ json });
const put = (...outputs: object[][]) => [{ executionStatus: 'success', data: { main: outputs } }];

function row(status: string, data: unknown) {
	const stored = {
		id: 7,
		status,
		createdAt: '2026-03-14 10:30:00.250',
		data: data === undefined ? null : stringify(data),
	};
	return toRunEntry(readExecution(stored));
}

it('reads an execution that ran', () => {
	const runData = {
		[TRIGGER]: put([], [item({ id: 'evt_1' })]),
		Arrived: put([item({ id: 'evt_1' })]),
		[TELL_AGENT]: put([item({ ok: true, runId: 'run_1' })]),
	};
	expect(row('success', { resultData: { runData } })).toEqual({
		executionId: '7',
		eventId: 'evt_1',
		status: 'success',
		isEmpty: false,
		ranDownstream: true,
		startedAt: Date.parse('2026-03-14T10:30:00.250Z'),
		toldRunId: 'run_1',
		couldNotTell: false,
	});
});

it('reads one whose trigger put nothing out', () => {
	const data = { resultData: { runData: { [TRIGGER]: put([], []) } } };
	expect(row('success', data)).toMatchObject({
		eventId: undefined,
		isEmpty: true,
		ranDownstream: false,
	});
});

it('finds the event of one that a crash cut off at once', () => {
	const nodeExecutionStack = [{ data: { main: [[item({ id: 'evt_2' })]] } }];
	const data = { resultData: { runData: {} }, executionData: { nodeExecutionStack } };
	expect(row('crashed', data)).toMatchObject({
		eventId: 'evt_2',
		isEmpty: false,
		ranDownstream: false,
	});
});

it('counts a node that a crash cut off', () => {
	const runData = {
		[TRIGGER]: put([item({ id: 'evt_3' })]),
		'Take Time': [{ executionStatus: 'crashed', error: { message: 'Execution stopped here' } }],
	};
	expect(row('crashed', { resultData: { runData } })).toMatchObject({
		eventId: 'evt_3',
		ranDownstream: true,
	});
});

it('tells when a message could not be posted', () => {
	const runData = {
		[TRIGGER]: put([item({ id: 'evt_4' })]),
		[TELL_AGENT]: [{ executionStatus: 'error', error: { message: 'Nothing listens there' } }],
	};
	expect(row('error', { resultData: { runData } })).toMatchObject({ couldNotTell: true });
});

it('suspects a row that tells nothing', () => {
	expect(row('error', undefined)).toMatchObject({ eventId: undefined, isEmpty: false });
});
