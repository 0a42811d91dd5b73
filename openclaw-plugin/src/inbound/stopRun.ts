import { eventState } from '../events/eventState';
import type { StopRun } from './agentRun';

/** Ends what is at work in a session, through the gateway's SDK; false where nothing is. */
export type StopSession = (sessionKey: string) => Promise<boolean>;

/**
 * Makes the function that ends a run. The gateway's SDK ends what is at work in a session, whichever run that is, so it is
 * asked only while the gateway's own events say that the session's run is this one.
 *
 * @param folder see `dataFolder`
 * @example
 * const stopRun = createRunStop(folder, stopActiveRun);
 * await stopRun('run_01jbw2v6c8qf6t5m3k9d7x2h4e');
 */
export function createRunStop(folder: string, stopSession: StopSession): StopRun {
	const state = eventState(folder, () => performance.now());
	return async (runId) => {
		const run = state.runs.get(runId);
		const sessionKey = run?.place.sessionKey;
		if (sessionKey === undefined || run?.end !== undefined) return false;
		return state.runOfSession.get(sessionKey) === runId && (await stopSession(sessionKey));
	};
}
