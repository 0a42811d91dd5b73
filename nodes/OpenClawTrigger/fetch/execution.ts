import type { INodeExecutionData, IRun, ITriggerFunctions } from 'n8n-workflow';
import type { OpenClawEvent } from '../../../protocol/event';
import { hasExecutionKeys, wasCutOff } from '../../shared/n8nInternals';
import { BUSY_RUNS, markRun } from '../event/runMark';
import type { ConnectionSettings } from '../event/settings';
import type { FetchedDelivery } from './gateway';

/** An event that was handed out and has not been settled. */
export interface HeldEvent extends Pick<FetchedDelivery, 'delivery' | 'attempt' | 'previousRun'> {
	readonly event: OpenClawEvent;
	readonly item: INodeExecutionData;
	/** Milliseconds since 1970. */
	readonly arrivedAt: number;
	/** How often its earlier execution has been found to run still. */
	readonly looks: number;
}

/** What became of one event of an execution. */
export type RunResult =
	| { readonly kind: 'ended'; readonly outcome: 'done' | 'failed'; readonly reason?: string }
	/** The execution of an earlier attempt still runs elsewhere. */
	| { readonly kind: 'busy' };

/**
 * Runs events as the items of one execution, to its end.
 *
 * @param origin the endpoint, and who has fetched the events
 * @returns a result for each event, in their order; never rejects
 */
export async function runEvents(
	context: ITriggerFunctions,
	rules: ConnectionSettings,
	origin: { readonly endpoint: string; readonly consumer: string },
	events: readonly HeldEvent[],
): Promise<readonly RunResult[]> {
	const hasKeys = hasExecutionKeys(context);
	const items = events.map(({ item, event, delivery, attempt, previousRun, looks }) =>
		markRun(item, {
			kind: 'fetched',
			...origin,
			delivery,
			eventId: event.id,
			attempt,
			...(previousRun === undefined ? {} : { previousRun }),
			endsWithError: rules.onWorkflowError === 'acknowledge',
			runsOnce: rules.onCrash === 'skip',
			claims: !hasKeys && looks === 0,
			waits: looks < MOST_LOOKS,
		}),
	);
	const done = context.helpers.createDeferredPromise<IRun>();
	try {
		const key = hasKeys ? executionKey(origin.endpoint, rules, events) : undefined;
		context.emit([items], undefined, done, key);
		const run: IRun | undefined = await done.promise;
		const result = judgeRun(run, rules);
		const busy = busyPlaces(run);
		return events.map((_event, place) => (busy.has(place) ? { kind: 'busy' } : result));
	} catch (error) {
		const result = judgeFailure(error, rules);
		return events.map(() => result);
	}
}

/** Looks for an execution that a worker still runs: in all about ten minutes. */
export const MOST_LOOKS = 20;

/**
 * What n8n keeps an execution under: it starts no second one with the same key, in no process. An attempt
 * is handed out once, so the first event's stands for all. Deliveries are counted from 1 again at a gateway
 * whose data was lost, so the event's id is part of it. An event that is to start once has a key without
 * the attempt, until it is known that an earlier one was started.
 */
function executionKey(
	endpoint: string,
	{ onCrash }: ConnectionSettings,
	[first]: readonly HeldEvent[],
): string {
	if (first === undefined) return endpoint;
	const { event, delivery, attempt, previousRun, looks } = first;
	const isOnce = onCrash === 'skip' && previousRun === undefined;
	const parts = [
		endpoint,
		event.id,
		delivery,
		...(isOnce ? [] : [attempt]),
		...(looks > 0 ? [looks] : []),
	];
	return parts.join(' ');
}

function judgeRun(run: IRun | undefined, rules: ConnectionSettings): RunResult {
	if (run === undefined) return notStarted(rules);
	switch (run.status) {
		case 'error':
			if (wasCutOff(run.data.resultData)) return cutOff(rules);
			return workflowFailed(rules, 'The workflow ended with an error');
		case 'crashed':
			return cutOff(rules);
		case 'canceled':
			return canceled(run.data.resultData.error?.message ?? '', rules);
		default:
			return ended('done');
	}
}

/** The execution could not be started, or its worker is gone. */
function judgeFailure(error: unknown, rules: ConnectionSettings): RunResult {
	const name = error instanceof Error ? error.name : '';
	const message = error instanceof Error ? error.message : '';
	return /cancel/i.test(`${name} ${message}`) ? canceled(message, rules) : cutOff(rules);
}

/**
 * n8n has an execution with this key, or could not begin with it. Nobody here knows how that one ended, but the next
 * attempt looks at it.
 */
function notStarted({ onCrash }: ConnectionSettings): RunResult {
	return onCrash === 'skip'
		? ended('done', 'It has been started before')
		: ended('failed', 'n8n did not start it: an earlier execution has its key, or could not begin');
}

/** @param message of n8n's error, which tells who canceled */
function canceled(message: string, rules: ConnectionSettings): RunResult {
	if (/shutting down/i.test(message)) return cutOff(rules);
	if (/timed out/i.test(message)) return workflowFailed(rules, 'The execution timed out');
	return ended('done', 'The execution was canceled');
}

function workflowFailed({ onWorkflowError }: ConnectionSettings, reason: string): RunResult {
	return onWorkflowError === 'retry' ? ended('failed', reason) : ended('done', reason);
}

function cutOff({ onCrash }: ConnectionSettings): RunResult {
	const reason = 'The execution was cut off';
	return onCrash === 'skip' ? ended('done', reason) : ended('failed', reason);
}

function ended(outcome: 'done' | 'failed', reason?: string): RunResult {
	return { kind: 'ended', outcome, ...(reason === undefined ? {} : { reason }) };
}

function busyPlaces(run: IRun | undefined): ReadonlySet<number> {
	const places = run?.data.resultData.metadata?.[BUSY_RUNS];
	return new Set(places === undefined || places === '' ? [] : places.split(',').map(Number));
}
