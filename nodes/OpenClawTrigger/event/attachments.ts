import type {
	IBinaryData,
	IBinaryKeyData,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
} from 'n8n-workflow';
import { CREDENTIAL_NAME, readConnection } from '../../shared/gatewayConnection';
import type { GatewayConnection } from '../../shared/gatewayConnection';
import {
	describeFailure,
	gatewayReason,
	isRetryable,
	refusalCode,
	retryAfterOf,
} from '../../shared/gatewayErrors';
import { callGateway } from '../../shared/gatewayRequest';
import type { GatewayOutcome } from '../../shared/gatewayRequest';
import { ownProperty } from '../../shared/parameterValues';
import { pause, pauseBeforeRetry } from '../../shared/retry';
import { SAMPLE_FILE } from '../fetch/sample';

const MEGABYTE = 1_048_576;
/** Of one file. */
const MAX_FILE_BYTES = 20 * MEGABYTE;
/** Of all files of an event together: they are in memory at the same time. */
const MAX_EVENT_BYTES = 50 * MEGABYTE;
const TIMEOUT_MS = 60_000;
const RETRY = { maxAttempts: 4, backoffMs: 500 };
const MAX_PAUSE_MS = 10_000;

/** A file that an event names. */
interface NamedFile {
	readonly index: number;
	readonly contentType: string | undefined;
	readonly fileName: string | undefined;
	readonly sizeBytes: number | undefined;
}

type Fetched =
	| { readonly ok: true; readonly bytes: Buffer }
	| { readonly ok: false; readonly error: string };

/**
 * Fetches the files that events name, as `attachment_0` and so on, one after the other: what is not stored yet
 * is in memory. One that cannot be had does not keep its event back: the item says in `meta.attachments`
 * which one, and why.
 *
 * @param isSimplified whether the items are flat, see `simplifyEvent`
 * @returns the items in their order; never throws
 */
export async function attachFiles(
	context: IExecuteFunctions,
	items: readonly INodeExecutionData[],
	isSimplified: boolean,
): Promise<readonly INodeExecutionData[]> {
	const gateway = new FileSource(context);
	const whole: INodeExecutionData[] = [];
	let missingCount = 0;
	for (const item of items) {
		const { files, missing } = await fetchFiles(context, item, isSimplified, gateway);
		whole.push(withFiles(item, files, missing));
		missingCount += missing.length;
	}
	if (missingCount > 0) {
		context.addExecutionHints({
			message: "Some files could not be fetched: 'meta.attachments' of their items says why",
			location: 'outputPane',
		});
	}
	return whole;
}

async function fetchFiles(
	context: IExecuteFunctions,
	item: INodeExecutionData,
	isSimplified: boolean,
	gateway: FileSource,
): Promise<{ readonly files: IBinaryKeyData; readonly missing: readonly IDataObject[] }> {
	const files: IBinaryKeyData = {};
	const missing: IDataObject[] = [];
	const { id } = item.json;
	const eventId = typeof id === 'string' ? id : '';
	const named = eventId === '' ? [] : listFiles(item.json, isSimplified);
	const isSample = item.json['isSample'] === true && context.getMode() === 'manual';
	let room = MAX_EVENT_BYTES;
	for (const file of named) {
		const { index } = file;
		const fetched = isSample ? SAMPLE : await gateway.fetch(eventId, file, room);
		const stored = fetched.ok ? await store(context, fetched.bytes, file) : fetched.error;
		if (typeof stored === 'string') {
			missing.push({ index, error: stored });
			const details = { eventId, index, reason: stored };
			context.logger.warn('OpenClaw Trigger could not fetch a file of an event', details);
		} else {
			files[`attachment_${String(index)}`] = stored;
			room -= fetched.ok ? fetched.bytes.length : 0;
		}
	}
	return { files, missing };
}

function withFiles(
	item: INodeExecutionData,
	files: IBinaryKeyData,
	missing: readonly IDataObject[],
): INodeExecutionData {
	const { json, binary } = item;
	const whole =
		Object.keys(files).length === 0 ? item : { ...item, binary: { ...binary, ...files } };
	if (missing.length === 0) return whole;
	const meta = { ...toObject(json['meta']), attachments: [...missing] };
	return { ...whole, json: { ...json, meta } };
}

const SAMPLE: Fetched = { ok: true, bytes: Buffer.from(SAMPLE_FILE.content) };

function listFiles(json: IDataObject, isSimplified: boolean): readonly NamedFile[] {
	const message = isSimplified ? json : ownProperty(ownProperty(json, 'data'), 'message');
	const list = ownProperty(message, 'attachments');
	return Array.isArray(list) ? list.flatMap(readFile) : [];
}

function readFile(value: unknown): readonly NamedFile[] {
	const index = ownProperty(value, 'index');
	if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) return [];
	const text = (name: string) => {
		const found = ownProperty(value, name);
		return typeof found === 'string' && found !== '' ? found : undefined;
	};
	const size = ownProperty(value, 'sizeBytes');
	return [
		{
			index,
			contentType: text('contentType'),
			fileName: text('fileName'),
			sizeBytes: typeof size === 'number' ? size : undefined,
		},
	];
}

/** @returns why it could not be stored, where it could not */
async function store(
	{ helpers }: IExecuteFunctions,
	bytes: Buffer,
	{ index, fileName, contentType }: NamedFile,
): Promise<IBinaryData | string> {
	try {
		const stored = await helpers.prepareBinaryData(bytes, fileName, contentType);
		if (fileName !== undefined) return stored;
		// Channels give pictures and voice messages no name, and many nodes need one.
		const extension = stored.fileExtension === undefined ? '' : `.${stored.fileExtension}`;
		return { ...stored, fileName: `attachment_${String(index)}${extension}` };
	} catch (error) {
		return `n8n could not store the file: ${error instanceof Error ? error.message : 'unknown reason'}`;
	}
}

/** The gateway, as the source of files for one execution. Nothing is thrown. */
class FileSource {
	private connection: Promise<GatewayConnection | string> | undefined;
	/** Why it cannot be reached: further files do not wait for it in vain. */
	private away: string | undefined;

	constructor(private readonly context: IExecuteFunctions) {}

	/** @param room bytes that its event may still have */
	async fetch(eventId: string, file: NamedFile, room: number): Promise<Fetched> {
		if (this.away !== undefined) return { ok: false, error: this.away };
		const limit = Math.min(MAX_FILE_BYTES, room);
		const { sizeBytes = 0 } = file;
		if (sizeBytes > limit || limit <= 0) return { ok: false, error: tooLarge(sizeBytes) };
		const connection = await (this.connection ??= this.connect());
		if (typeof connection === 'string') return { ok: false, error: connection };
		const outcome = await this.request(connection, eventId, file.index, limit);
		if (outcome.kind === 'answer' && outcome.status === 200) {
			const { body } = outcome;
			if (!Buffer.isBuffer(body)) return { ok: false, error: 'The gateway sent no file' };
			if (body.length > limit) return { ok: false, error: tooLarge(body.length) };
			return { ok: true, bytes: body };
		}
		const error = describe(outcome, connection);
		if (outcome.kind === 'fault') this.away = error;
		return { ok: false, error };
	}

	private async request(
		connection: GatewayConnection,
		eventId: string,
		index: number,
		maxBytes: number,
	): Promise<GatewayOutcome> {
		const signal = this.context.getExecutionCancelSignal() ?? new AbortController().signal;
		for (let attempt = 1; ; attempt++) {
			const outcome = await callGateway(this.context, connection, {
				method: 'GET',
				path: `${EVENTS_PATH}/${encodeURIComponent(eventId)}/attachments/${String(index)}`,
				query: { maxBytes: String(maxBytes) },
				timeoutMs: TIMEOUT_MS,
				signal,
				asBytes: true,
			});
			if (attempt >= RETRY.maxAttempts || !isRetryable(outcome)) return outcome;
			const asked = retryAfterOf(outcome, Date.now());
			const wait = pauseBeforeRetry(RETRY, attempt, asked, Math.random());
			if (!(await pause(Math.min(wait, MAX_PAUSE_MS), signal))) return outcome;
		}
	}

	private async connect(): Promise<GatewayConnection | string> {
		try {
			const read = readConnection(await this.context.getCredentials(CREDENTIAL_NAME));
			return read.ok ? read.connection : `${read.reason.message}. ${read.reason.description}`;
		} catch (error) {
			const reason = error instanceof Error ? error.message : 'unknown reason';
			return `The credential could not be read: ${reason}`;
		}
	}
}

const EVENTS_PATH = '/plugins/event-webhooks/api/events';

/** What is wrong with the file the gateway says best, what is wrong with the credential the node does. */
function describe(outcome: GatewayOutcome, connection: GatewayConnection): string {
	const { message, description } = describeFailure(outcome, { kind: 'attachment' }, connection);
	if (outcome.kind === 'fault') return message;
	const { status, body } = outcome;
	const isAboutFile = status >= 400 && status !== 401 && status !== 403;
	const said =
		isAboutFile && refusalCode(body) !== undefined ? gatewayReason(body, connection) : undefined;
	return said ?? `${message}. ${description}`;
}

function tooLarge(bytes: number): string {
	const size = bytes > 0 ? `The file has ${(bytes / MEGABYTE).toFixed(1)} MB` : 'There is no room';
	return `${size}: up to ${String(MAX_FILE_BYTES / MEGABYTE)} MB are fetched for a file, and up to ${String(MAX_EVENT_BYTES / MEGABYTE)} MB for an event`;
}

function toObject(value: unknown): IDataObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as IDataObject)
		: {};
}
