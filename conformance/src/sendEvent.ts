import { request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { OpenClawEvent } from '../../protocol/event';
import { isObject } from '../../protocol/jsonObject';
import { signEvent } from '../../protocol/sign';

/** Headers by name; `undefined` leaves one out, a list sends the header once for each entry. */
export type HeaderChanges = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request to a webhook. */
export interface RawRequest {
	readonly method?: string;
	readonly headers?: HeaderChanges;
	readonly body?: Uint8Array | string;
	/** Milliseconds until the request is given up; 30 000 by default. */
	readonly timeoutMs?: number;
}

/** What a webhook answered. */
export interface RawAnswer {
	readonly status: number;
	readonly headers: IncomingHttpHeaders;
	readonly text: string;
	/** The body as JSON; `undefined` when it isn't any. */
	readonly json: unknown;
}

/** An event to send, and how to send it wrongly on purpose. */
export interface Delivery {
	/** The event, sent as `JSON.stringify` writes it unless there is a `body`. */
	readonly event?: OpenClawEvent;
	/** Exactly these bytes instead; they are what is signed. */
	readonly body?: Uint8Array | string;
	/** One secret, or several while one is being rotated. */
	readonly secret: string | readonly string[];
	/** Unix seconds of the signature; now by default. */
	readonly timestamp?: number;
	/** Other bytes to send than those that were signed (a forged or a compressed body). */
	readonly sentBody?: Uint8Array | string;
	/** Headers to change after signing. */
	readonly headers?: HeaderChanges;
	/** POST by default. */
	readonly method?: string;
}

function tryParseJson(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return undefined;
	}
}

function mergeHeaders(
	base: Readonly<Record<string, string>>,
	changes: HeaderChanges,
): Record<string, string | string[]> {
	const merged = new Map<string, string | string[]>(
		Object.entries(base).map(([name, value]) => [name.toLowerCase(), value]),
	);
	for (const [name, value] of Object.entries(changes)) {
		if (value === undefined) merged.delete(name.toLowerCase());
		else merged.set(name.toLowerCase(), typeof value === 'string' ? value : [...value]);
	}
	return Object.fromEntries(merged);
}

/**
 * Sends an HTTP request exactly as given, repeated headers included (which `fetch` would join).
 *
 * @throws Error when the connection breaks or nothing answers in time
 */
export async function sendRaw(url: string, options: RawRequest = {}): Promise<RawAnswer> {
	const { method = 'POST', headers = {}, body = '', timeoutMs = 30_000 } = options;
	return await new Promise((resolve, reject) => {
		const length = String(Buffer.byteLength(body));
		const request = new URL(url).protocol === 'https:' ? requestHttps : requestHttp;
		const outgoing = request(url, {
			method,
			agent: false,
			headers: mergeHeaders({ 'content-length': length }, headers),
			timeout: timeoutMs,
		});
		outgoing.once('timeout', () => {
			outgoing.destroy(new Error(`no answer in time (${timeoutMs} ms)`));
		});
		outgoing.once('error', reject);
		outgoing.once('response', (incoming) => {
			let text = '';
			incoming.setEncoding('utf8');
			incoming.on('data', (chunk: string) => (text += chunk));
			incoming.once('error', reject);
			incoming.once('end', () => {
				const status = incoming.statusCode ?? 0;
				resolve({ status, headers: incoming.headers, text, json: tryParseJson(text) });
			});
		});
		outgoing.end(body);
	});
}

/**
 * Signs an event as the gateway does and sends it.
 *
 * @example
 * const answer = await sendEvent(url, { event: capturedEvent('message.sent'), secret });
 * // forged: signed, then changed
 * await sendEvent(url, { event, secret, sentBody: JSON.stringify({ ...event, type: 'tool.called' }) });
 */
export async function sendEvent(
	url: string,
	delivery: Delivery,
	timeoutMs?: number,
): Promise<RawAnswer> {
	const { event, secret, timestamp, headers = {}, method } = delivery;
	const body = delivery.body ?? JSON.stringify(event);
	const signed = signEvent({
		id: event?.id ?? 'evt_without_envelope',
		body,
		secret,
		...(timestamp === undefined ? {} : { timestamp }),
	});
	return await sendRaw(url, {
		...(method === undefined ? {} : { method }),
		...(timeoutMs === undefined ? {} : { timeoutMs }),
		body: delivery.sentBody ?? body,
		headers: {
			'content-type': 'application/json',
			'user-agent': 'OpenClaw-Event-Webhooks/conformance',
			'x-openclaw-attempt': '1',
			...Object.fromEntries(
				Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]),
			),
			...headers,
		},
	});
}

/** Why a request failed. Errors of Node.js about all addresses of a name have a code and no message. */
export function failureText(error: unknown): string {
	const { message, code } = isObject(error) ? error : {};
	const isText = (text: unknown): text is string => typeof text === 'string' && text !== '';
	return [message, code].find(isText) ?? 'unknown reason';
}
