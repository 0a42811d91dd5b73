import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { reservationKey, reservations } from './deduplication';
import type { RecordIds } from './nodeRecords';
import { MAX_RECORDED_EVENTS, RecordedEvents } from './recordedEvents';

const recordedEvents = new RecordedEvents();

interface RunningEvent {
	readonly id: string;
	/** The first run was answered with a failure. */
	readonly isRerun: boolean;
}

/**
 * Tells whether the event of an item may run, and records it. An event that was reserved in this
 * process and cannot have run in another one is recorded while it runs; any other is looked up before.
 */
export async function mayRun(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	isRerun: boolean,
): Promise<boolean> {
	const id = item.json['id'];
	if (typeof id !== 'string') return true;
	const workflowId = context.getWorkflow().id ?? '';
	const nodeId = context.getNode().id;
	const isProvenNew = reservations.takeProof(reservationKey(workflowId, nodeId, id));
	const node = `${workflowId} ${nodeId}`;
	if (isProvenNew) {
		void recordBehind(context, node, { id, isRerun });
		return true;
	}
	return (await isNew(context, node, id)) || isRerun;
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
		context.logger.warn(
			'OpenClaw Trigger could not record an event, and may run it again after a restart',
			{ reason: describe(error) },
		);
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
