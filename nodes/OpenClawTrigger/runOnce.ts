import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { EventReservations, reservationKey, reservations } from './deduplication';
import type { RecordIds } from './nodeRecords';
import { MAX_RECORDED_EVENTS, RecordedEvents } from './recordedEvents';
import type { RunMark } from './runMark';

const recordedEvents = new RecordedEvents();

/** What this process has looked up: other processes may write over what it has recorded. */
const lookedUp = new EventReservations();

interface RunningEvent {
	/** What the database knows it by. */
	readonly id: string;
	readonly isRerun: boolean;
}

/**
 * Tells whether the event of an item may run, and records it. An event that was reserved in this
 * process and cannot have run in another one is recorded while it runs; any other is looked up before.
 * Where the sender learns whether the workflow succeeded, its attempts are told apart: it makes another
 * one when an earlier one failed, and a copy of one has that one's signed time.
 */
export async function mayRun(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	{ isRerun, attemptAt }: RunMark,
): Promise<boolean> {
	const id = item.json['id'];
	if (typeof id !== 'string') return true;
	const workflowId = context.getWorkflow().id ?? '';
	const nodeId = context.getNode().id;
	const key = reservationKey(workflowId, nodeId, id);
	const isProvenNew = reservations.takeProof(key);
	const node = `${workflowId} ${nodeId}`;
	const recordedId = attemptAt === undefined ? id : `${id} ${attemptAt}`;
	if (isProvenNew) {
		void recordBehind(context, node, { id: recordedId, isRerun });
		return true;
	}
	const isFirstHere = lookedUp.reserve(`${node} ${recordedId}`, Date.now()) === 'first';
	const isNewEvent = isFirstHere && (await isNew(context, node, recordedId));
	if (isNewEvent && !reservations.has(key)) void keepRecorded(context, node, recordedId);
	return isNewEvent || isRerun;
}

async function isNew(context: IExecuteFunctions, node: string, id: string): Promise<boolean> {
	try {
		return await recordedEvents.isNew(node, id, recordBy(context));
	} catch (error) {
		// An event that runs twice does less harm than one that never does.
		context.logger.warn('OpenClaw Trigger could not check whether an event has run before', {
			reason: describe(error),
		});
		return true;
	}
}

/** For events of other processes: where those receive events, several run them and record them. */
async function keepRecorded(context: IExecuteFunctions, node: string, id: string): Promise<void> {
	try {
		await recordedEvents.keep(node, id, recordBy(context));
	} catch (error) {
		warnOfLost(context, error);
	}
}

function warnOfLost({ logger }: IExecuteFunctions, error: unknown): void {
	logger.warn('OpenClaw Trigger could not record an event, and may run it again after a restart', {
		reason: describe(error),
	});
}

async function recordBehind(
	context: IExecuteFunctions,
	node: string,
	{ id, isRerun }: RunningEvent,
): Promise<void> {
	try {
		if ((await recordedEvents.recordSoon(node, id, recordBy(context))) || isRerun) return;
		reservations.proveNothingMore();
		context.logger.warn(
			'OpenClaw Trigger has run an event which another n8n process has run too. It looks all events up before they run from now on.',
			{ eventId: id },
		);
	} catch (error) {
		warnOfLost(context, error);
	}
}

function recordBy({ helpers }: IExecuteFunctions): RecordIds {
	return async (ids) =>
		await helpers.checkProcessedAndRecord(ids, 'node', {
			mode: 'entries',
			maxEntries: MAX_RECORDED_EVENTS,
		});
}

function describe(error: unknown): string {
	return error instanceof Error ? error.message : 'unknown';
}
