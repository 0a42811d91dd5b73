import { createEventId, wellFormedJson } from '../protocol';
import type { EventData, EventType, OpenClawEvent } from '../protocol';
import type { AttachedFile, AttachedFiles } from './attachments';

/** Bytes that the body of a request may have; receivers seldom take more. */
export const MAX_BODY_BYTES = 1_048_576;

/** Bytes of UTF-8 that one UTF-16 code unit can take. */
const MAX_BYTES_PER_UNIT = 3;
/** Where texts of an event that is too large are cut, from the first step to the last. */
const TEXT_LIMITS = [65_536, 4096, 256] as const;
/** Deeper than this a thin event has nothing. */
const MAX_DEPTH = 8;
/** More entries of an object or a list than this are left out of a thin event. */
const MAX_ENTRIES = 200;

/** An event as it is kept and sent. */
export interface StoredEvent {
	/** `evt_…` */
	readonly id: string;
	readonly type: string;
	/** When it happened, milliseconds since 1970. */
	readonly createdAt: number;
	/** The envelope as JSON, at most 1 MiB. */
	readonly body: string;
	/** What came with it, in the order of the body. */
	readonly files?: AttachedFiles | undefined;
}

/** What an event is made of. */
export interface NewEvent {
	readonly type: EventType;
	readonly data: EventData;
	/** Milliseconds since 1970. */
	readonly at: number;
	/** Which gateway it happened in. */
	readonly instanceId: string;
	readonly files?: readonly AttachedFile[] | undefined;
}

/**
 * Puts an event into its envelope. What JSON cannot hold is written as text, and an event beyond 1 MiB
 * is cut: see `fitBody`. Never throws.
 *
 * @example
 * createEvent({ type: 'message.sent', data: { agentId: 'main' }, at: Date.now(), instanceId: 'node-1' });
 */
export function createEvent({ type, data, at, instanceId, files }: NewEvent): StoredEvent {
	const id = createEventId();
	const timestamp = new Date(at).toISOString();
	const envelope: OpenClawEvent = { id, type, timestamp, instanceId, data };
	return { id, type, createdAt: at, body: fitBody(envelope), files };
}

/**
 * Writes an event as JSON of at most 1 MiB. One that is larger is sent thin: long texts in its data
 * (message, parameters and result of a tool …) are cut, very long lists and deep structures shortened,
 * until it fits, and `data.truncated` is true. Envelope and ids stay whole. Never throws.
 */
export function fitBody(envelope: OpenClawEvent): string {
	const body = toJson(envelope);
	if (fits(body)) return body;
	for (const limit of TEXT_LIMITS) {
		const data = { ...shorten(envelope.data, limit, 0), truncated: true };
		const thin = toJson({ ...envelope, data });
		if (fits(thin)) return thin;
	}
	return toJson({ ...envelope, data: { ...idsOf(envelope.data), truncated: true } });
}

/** What is left of an event's body that has to give way: envelope and ids. */
export function thinBody(body: string): string {
	const envelope = JSON.parse(body) as OpenClawEvent;
	return toJson({ ...envelope, data: { ...idsOf(envelope.data), truncated: true } });
}

function fits(body: string): boolean {
	if (body.length * MAX_BYTES_PER_UNIT <= MAX_BODY_BYTES) return true;
	return body.length <= MAX_BODY_BYTES && Buffer.byteLength(body) <= MAX_BODY_BYTES;
}

/** JSON of anything: payloads of tools may hold cycles and big integers. */
function toJson(value: unknown): string {
	try {
		return wellFormedJson(JSON.stringify(value));
	} catch {
		const ancestors: object[] = [];
		const json = JSON.stringify(value, function (this: unknown, _key, inner: unknown) {
			return writable(this, inner, ancestors);
		});
		return wellFormedJson(json);
	}
}

/** @see https://developer.mozilla.org/docs/Web/JavaScript/Reference/Errors/Cyclic_object_value */
function writable(holder: unknown, value: unknown, ancestors: object[]): unknown {
	if (typeof value === 'bigint') return String(value);
	if (typeof value !== 'object' || value === null) return value;
	while (ancestors.length > 0 && ancestors.at(-1) !== holder) ancestors.pop();
	if (ancestors.includes(value)) return '[circular]';
	ancestors.push(value);
	return value;
}

function shorten(value: object, limit: number, depth: number): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(value)
			.slice(0, MAX_ENTRIES)
			.map(([key, inner]) => [key, shortenValue(inner, limit, depth + 1)]),
	);
}

function shortenValue(value: unknown, limit: number, depth: number): unknown {
	if (typeof value === 'string') return cut(value, limit);
	if (typeof value !== 'object' || value === null) return value;
	if (depth >= MAX_DEPTH) return '[…]';
	if (!Array.isArray(value)) return shorten(value, limit, depth);
	return value.slice(0, MAX_ENTRIES).map((inner) => shortenValue(inner, limit, depth + 1));
}

function cut(text: string, limit: number): string {
	// Half of a surrogate pair is no character.
	return text.length <= limit ? text : `${text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** What tells where an event belongs; ids are short unless somebody makes them long. */
function idsOf({ agentId, sessionId, channel, userId }: OpenClawEvent['data']) {
	return shorten({ agentId, sessionId, channel, userId }, TEXT_LIMITS[2], 0);
}
