import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { OpenClawEvent } from '../../../protocol/event';
import type { Headers } from '../../../protocol/headers';
import { ownProperty } from '../../shared/parameterValues';
import type { Settings } from './settings';

/** Headers that grant something or prove something; they have no place in execution data. */
const WITHHELD_HEADERS: ReadonlySet<string> = new Set([
	'x-openclaw-signature',
	'webhook-signature',
	'authorization',
	'proxy-authorization',
	'cookie',
]);

/** What is known of how a verified event came, beside the event. */
export interface Arrival {
	readonly keyIndex: number;
	/** Unix seconds at which the sender signed this attempt. */
	readonly timestamp: number;
	/** Milliseconds since 1970. */
	readonly verifiedAt: number;
	/** Of a connection, whose answers come from the gateway itself. */
	readonly delivery?: string;
	readonly attempt?: number;
	/** Of a webhook; what stands in headers isn't signed. */
	readonly headers?: Headers;
	readonly bytes?: Buffer;
}

/**
 * Makes the item of an event: the event as it was sent, and `meta`. What stands in `meta.unsigned`
 * comes from headers which the signature doesn't cover.
 */
export function buildItem(
	event: OpenClawEvent,
	arrival: Arrival,
	settings: Pick<Settings, 'simplify' | 'includeHeaders' | 'includeRawBody'>,
): INodeExecutionData {
	const json: IDataObject = settings.simplify
		? simplifyEvent(event)
		: { ...(event as unknown as IDataObject), meta: buildMeta(arrival) };
	const { headers, bytes } = arrival;
	if (settings.includeHeaders && headers) add(json, 'headers', publicHeaders(headers));
	if (settings.includeRawBody && bytes) add(json, 'rawBody', bytes.toString('utf8'));
	return { json };
}

/** A field of the event keeps its place. */
function add(json: IDataObject, name: string, value: IDataObject | string): void {
	json[Object.hasOwn(json, name) ? `request${capitalized(name)}` : name] = value;
}

function buildMeta({ verifiedAt, timestamp, keyIndex, ...rest }: Arrival): IDataObject {
	const times = {
		verifiedAt: new Date(verifiedAt).toISOString(),
		signedAt: new Date(timestamp * 1000).toISOString(),
		keyIndex,
	};
	if (rest.headers === undefined) return { ...times, ...picked(rest) };
	const attempt = headerText(rest.headers, 'x-openclaw-attempt');
	const delivery = headerText(rest.headers, 'x-openclaw-delivery');
	return {
		...times,
		unsigned: {
			...(attempt !== undefined && /^\d{1,6}$/.test(attempt) ? { attempt: Number(attempt) } : {}),
			...(delivery === undefined ? {} : { delivery }),
		},
	};
}

function picked({ delivery, attempt }: Pick<Arrival, 'delivery' | 'attempt'>): IDataObject {
	return {
		...(delivery === undefined ? {} : { delivery }),
		...(attempt === undefined ? {} : { attempt }),
	};
}

function publicHeaders(headers: Headers): IDataObject {
	return Object.fromEntries(
		Object.entries(headers)
			.filter(([name]) => !WITHHELD_HEADERS.has(name.toLowerCase()))
			.map(([name, value]) => [name, typeof value === 'string' ? value : [...(value ?? [])]]),
	);
}

function headerText(headers: Headers, name: string): string | undefined {
	const value = headers[name];
	return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Objects of `data` that are dissolved, and what their fields are called then. */
const FLAT_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	message: { content: 'text', role: 'role', messageId: 'messageId' },
	usage: { inputTokens: 'inputTokens', outputTokens: 'outputTokens' },
	tool: {
		name: 'toolName',
		callId: 'toolCallId',
		params: 'toolParams',
		durationMs: 'durationMs',
		result: 'toolResult',
		error: 'toolError',
	},
	error: { message: 'errorMessage', code: 'errorCode', source: 'errorSource' },
};

/**
 * Makes an event flat: the fields of `data` beside those of the envelope, and what is in `message`,
 * `usage`, `tool` and `error` under names of its own. Fields that aren't known here stay as they are. None
 * takes the place of another: it has the name of its object before its own then.
 *
 * @example
 * simplifyEvent(event); // { id, type, timestamp, instanceId, agentId, channel, text: 'Hello', … }
 */
export function simplifyEvent(event: OpenClawEvent): IDataObject {
	const { id, type, timestamp, instanceId, data } = event;
	const replayOf = ownProperty(event, 'replayOf');
	const envelope = {
		id,
		type,
		timestamp,
		instanceId,
		...(replayOf === undefined ? {} : { replayOf }),
	};
	const isDissolved = (field: string, value: unknown): value is object =>
		Object.hasOwn(FLAT_NAMES, field) &&
		typeof value === 'object' &&
		value !== null &&
		!Array.isArray(value);
	const fields = Object.entries(data);
	const flat = new Map<string, unknown>(Object.entries(envelope));
	const place = (names: readonly string[], value: unknown) => {
		const free = names.find((name) => !flat.has(name));
		if (free !== undefined) flat.set(free, value);
	};
	for (const [field, value] of fields) {
		if (!isDissolved(field, value)) place([field, `data${capitalized(field)}`], value);
	}
	for (const [field, value] of fields) {
		if (!isDissolved(field, value)) continue;
		for (const [inner, part] of Object.entries(value)) {
			const flatName = ownProperty(FLAT_NAMES[field], inner);
			const name = typeof flatName === 'string' ? flatName : inner;
			place([name, field + capitalized(inner)], part);
		}
	}
	return Object.fromEntries(flat) as IDataObject;
}

function capitalized(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
