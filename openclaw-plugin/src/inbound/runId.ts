import { createEventId } from '../protocol';

/** Makes the id of a message and of the run it leads to: `run_` and 26 characters, ascending in time. */
export function createRunId(): string {
	return createEventId().replace(/^evt_/, 'run_');
}
