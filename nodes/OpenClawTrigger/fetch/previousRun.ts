import type { IExecuteFunctions } from 'n8n-workflow';
import { hasTimedOut, outlivingCancel, readRunState } from '../../shared/n8nInternals';
import type { FetchedMark } from '../event/runMark';
import { BUSY_RUNS } from '../event/runMark';
import { confirm } from '../once/confirm';
import { findListener } from './connect';
import { EndpointClient } from './gateway';
import { Settlements } from './settlements';

/** Workers ask the gateway themselves; reading the credential for each execution would be slow. */
const clients = new Map<string, { client: EndpointClient; since: number }>();
const CLIENT_MS = 60_000;
const MAX_CLIENTS = 1_000;
const NEVER = new AbortController().signal;

type Decision = 'run' | 'skip' | 'busy';

/**
 * Tells which fetched events of an execution run, and reports to the gateway that they are started. An
 * event that an earlier execution has run to its end doesn't run again; one whose earlier execution still
 * runs at a worker waits.
 *
 * @param marks of the items, in their order; undefined for other items, which run
 * @returns whether each one runs
 */
export async function startFetched(
	context: IExecuteFunctions,
	marks: readonly (FetchedMark | undefined)[],
): Promise<readonly boolean[]> {
	const decisions = await Promise.all(
		marks.map(async (mark) => (mark === undefined ? 'run' : await decide(context, mark))),
	);
	const busy = decisions.flatMap((decision, place) => (decision === 'busy' ? [place] : []));
	if (busy.length > 0) context.customData.set(BUSY_RUNS, busy.join(','));
	await report(
		context,
		marks.filter((_mark, place) => decisions[place] === 'run'),
	);
	return decisions.map((decision) => decision === 'run');
}

async function decide(context: IExecuteFunctions, mark: FetchedMark): Promise<Decision> {
	const { endpoint, delivery, eventId, attempt, previousRun, runsOnce, endsWithError } = mark;
	if (mark.claims) {
		const id = [endpoint, eventId, delivery, ...(runsOnce ? [] : [attempt])].join(' ');
		if (!(await confirm(context, id, true))) return 'skip';
	}
	if (previousRun === undefined || previousRun === context.getExecutionId()) return 'run';
	switch (await stateOf(context, previousRun)) {
		case 'succeeded':
			return 'skip';
		case 'failed':
			return endsWithError ? 'skip' : 'run';
		case 'unfinished':
			// What an earlier life of this very process was running has ended with it.
			if (mark.waits && isElsewhere(mark)) return 'busy';
			return runsOnce ? 'skip' : 'run';
		default:
			return runsOnce ? 'skip' : 'run';
	}
}

async function stateOf(context: IExecuteFunctions, executionId: string) {
	try {
		return await readRunState(context, executionId);
	} catch (error) {
		context.logger.warn('OpenClaw Trigger could not look at the earlier execution of an event', {
			executionId,
			reason: error instanceof Error ? error.message : 'unknown',
		});
		return 'unknown';
	}
}

/** Whether executions run in other processes than the one that fetches: n8n's queue mode. */
function isElsewhere({ endpoint, consumer }: FetchedMark): boolean {
	return findListener(endpoint, consumer) === undefined;
}

async function report(
	context: IExecuteFunctions,
	marks: readonly (FetchedMark | undefined)[],
): Promise<void> {
	const run = context.getExecutionId();
	const elsewhere: FetchedMark[] = [];
	for (const mark of marks) {
		if (mark === undefined) continue;
		const listener = findListener(mark.endpoint, mark.consumer);
		if (listener === undefined) elsewhere.push(mark);
		else listener.started(mark.delivery, run);
	}
	const [first] = elsewhere;
	if (first === undefined) return;
	context.getExecutionCancelSignal()?.addEventListener('abort', () => {
		tellCanceled(context, first, elsewhere);
	});
	// Before anything runs: an execution that nobody knows of would run a second time.
	const answer = await clientFor(context, first.endpoint).settle(
		first.consumer,
		elsewhere.map(({ delivery }) => ({ delivery, outcome: 'started' as const, run })),
	);
	if (answer.kind === 'ok') return;
	context.logger.warn('OpenClaw Trigger could not tell the gateway that an event is started', {
		reason: answer.text.message,
	});
}

/** n8n lets the process that fetches wait for ever for an execution that it has ended at a worker. */
function tellCanceled(
	context: IExecuteFunctions,
	{ endpoint, consumer, endsWithError }: FetchedMark,
	marks: readonly FetchedMark[],
): void {
	const client = clientFor(context, endpoint);
	const isLate = hasTimedOut(context);
	const settlements = new Settlements();
	for (const { delivery } of marks) {
		settlements.add(
			{
				delivery,
				outcome: isLate && !endsWithError ? 'failed' : 'done',
				reason: isLate ? 'The execution timed out' : 'The execution was canceled',
				run: context.getExecutionId(),
				elsewhere: true,
			},
			async (settled) => await client.settle(consumer, settled),
			0,
		);
	}
}

function clientFor(context: IExecuteFunctions, endpoint: string): EndpointClient {
	const now = Date.now();
	const present = clients.get(endpoint);
	const age = present === undefined ? Infinity : now - present.since;
	if (present !== undefined && age >= 0 && age < CLIENT_MS) return present.client;
	// It serves other executions too, and has to tell of this one when it is canceled.
	const client = new EndpointClient(outlivingCancel(context, NEVER), endpoint);
	if (clients.size >= MAX_CLIENTS) clients.clear();
	clients.set(endpoint, { client, since: now });
	return client;
}
