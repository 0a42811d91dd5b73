import type { IBinaryKeyData, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { CREDENTIAL_NAME, readConnection } from '../../shared/gatewayConnection';
import type { GatewayConnection } from '../../shared/gatewayConnection';
import { callGateway } from '../../shared/gatewayRequest';
import { ownProperty } from '../../shared/parameterValues';

const EVENTS_PATH = '/plugins/event-webhooks/api/events';
const TIMEOUT_MS = 60_000;

/**
 * Fetches the files that the event of an item names, while the gateway still has them, as `attachment_0`
 * and so on. What cannot be fetched is left out and named in the log: the event itself counts.
 */
export async function attachFiles(
	context: IExecuteFunctions,
	item: INodeExecutionData,
): Promise<INodeExecutionData> {
	const data = ownProperty(item.json, 'data') ?? item.json;
	const list = ownProperty(ownProperty(data, 'message') ?? data, 'attachments');
	const id = item.json['id'];
	if (!Array.isArray(list) || list.length === 0 || typeof id !== 'string') return item;
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (!read.ok) {
		warn(context, id, read.reason.message);
		return item;
	}
	const binary: IBinaryKeyData = { ...item.binary };
	for (const [place, attachment] of list.entries()) {
		const named = ownProperty(attachment, 'index');
		const index = typeof named === 'number' ? named : place;
		const bytes = await download(context, read.connection, id, index);
		if (bytes === undefined) continue;
		const text = (name: string) => {
			const value = ownProperty(attachment, name);
			return typeof value === 'string' ? value : undefined;
		};
		binary[`attachment_${String(index)}`] = await context.helpers.prepareBinaryData(
			bytes,
			text('fileName'),
			text('contentType'),
		);
	}
	return { ...item, binary };
}

async function download(
	context: IExecuteFunctions,
	connection: GatewayConnection,
	id: string,
	index: number,
): Promise<Buffer | undefined> {
	const outcome = await callGateway(context, connection, {
		method: 'GET',
		path: `${EVENTS_PATH}/${encodeURIComponent(id)}/attachments/${String(index)}`,
		timeoutMs: TIMEOUT_MS,
		asBytes: true,
	});
	if (outcome.kind === 'answer' && outcome.status === 200) {
		const { body } = outcome;
		if (Buffer.isBuffer(body)) return body;
		if (body instanceof ArrayBuffer) return Buffer.from(body);
	}
	const reason = outcome.kind === 'answer' ? `HTTP ${String(outcome.status)}` : outcome.reason;
	warn(context, id, `attachment ${String(index)}: ${reason}`);
	return undefined;
}

function warn({ logger }: IExecuteFunctions, eventId: string, reason: string): void {
	logger.warn('OpenClaw Trigger could not fetch a file of an event', { eventId, reason });
}
