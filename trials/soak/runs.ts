import { at, textAt } from '../../testbed/json';
import { OPENCLAW_TRIGGER } from '../../testbed/n8n/openclawNodes';
import { readAllExecutions, type StoredExecution } from '../storedExecutions';
import type { RunEntry } from './entries';
import { TELL_AGENT } from './workflow';

/** What an execution of the soak test's workflow has made of its event. */
export function toRunEntry(execution: StoredExecution): RunEntry {
	const { id, status, event, names, ran, createdAt } = execution;
	const toldRun = ran(TELL_AGENT);
	const runId = textAt(toldRun, 'data', 'main', 0, 0, 'json', 'runId');
	return {
		executionId: id,
		eventId: event === undefined ? undefined : textAt(event, 'id'),
		status,
		isEmpty: event === undefined && status === 'success' && names.includes(OPENCLAW_TRIGGER),
		ranDownstream: names.some((name) => name !== OPENCLAW_TRIGGER),
		startedAt: createdAt,
		toldRunId: runId === '' ? undefined : runId,
		couldNotTell: status !== 'crashed' && at(toldRun, 'error') !== undefined,
	};
}

/** Reads all executions from n8n's database, while it runs too. */
export function readRuns(n8nFolder: string): readonly RunEntry[] {
	return readAllExecutions(n8nFolder).map(toRunEntry);
}
