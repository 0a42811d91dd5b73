import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { tryParseJson } from './json';
import { readBody, startLocalServer } from './localServer';
import { waitFor, type WaitOptions } from './waitFor';

/** A request that the stand-in got. */
export interface ReceivedRequest {
	readonly method: string;
	/** Path with query. */
	readonly path: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: Buffer;
	/** The body as JSON; `undefined` when it isn't any. */
	readonly json: unknown;
	/** Position in the order of arrival, from 0. */
	readonly index: number;
	/** Milliseconds since the epoch. */
	readonly receivedAt: number;
}

/** How the stand-in answers a request. */
export interface Answer {
	/** 200 by default. */
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	/** Sent as JSON unless it is a text; `{"ok":true}` by default. */
	readonly body?: unknown;
	/** Milliseconds to wait before the answer. */
	readonly delayMs?: number;
	/** Cuts the connection before the answer, or after its head and half of its body. */
	readonly cut?: 'before-response' | 'mid-response';
}

/** Decides on the answer to a request. */
export type Script = (request: ReceivedRequest) => Answer | Promise<Answer>;

/** A stand-in for an outside HTTP system (Slack, a CRM, a ticket system, a gateway's inbound route). */
export interface HttpSink {
	readonly url: string;
	readonly port: number;
	/** All requests since the start or the last `clear()`, in order of arrival. */
	readonly requests: readonly ReceivedRequest[];
	/** Answers from now on by this script. */
	answerBy(script: Script): void;
	/** Waits for a request that fits. */
	waitForRequest(
		fits: (request: ReceivedRequest) => boolean,
		options?: WaitOptions,
	): Promise<ReceivedRequest>;
	/** Forgets the requests so far and answers 200 again. */
	clear(): void;
	stop(): Promise<void>;
}

function writeAnswer(response: ServerResponse, answer: Answer): void {
	if (answer.cut === 'before-response') {
		response.destroy();
		return;
	}
	const { body = { ok: true } } = answer;
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	const type = typeof body === 'string' ? 'text/plain' : 'application/json';
	response.writeHead(answer.status ?? 200, {
		'content-type': type,
		'content-length': String(Buffer.byteLength(text)),
		...answer.headers,
	});
	if (answer.cut === 'mid-response') {
		response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
		return;
	}
	response.end(text);
}

const answerOk: Script = () => ({});

let watcher: ((request: ReceivedRequest) => void) | undefined;

/** Shows each request that any stand-in of this process gets, before it is answered. */
export function watchRequests(watch: (request: ReceivedRequest) => void): void {
	watcher = watch;
}

/**
 * Starts a stand-in that records requests and answers by a script.
 *
 * @example
 * const crm = await startHttpSink((request) =>
 * 	request.index === 0 ? { status: 429, headers: { 'retry-after': '1' } } : { body: { id: 7 } },
 * );
 */
export async function startHttpSink(initialScript: Script = answerOk, port = 0): Promise<HttpSink> {
	let script = initialScript;
	let requests: ReceivedRequest[] = [];
	let count = 0;
	const server = await startLocalServer((message, response) => {
		const handle = async () => {
			const body = await readBody(message);
			const request: ReceivedRequest = {
				method: message.method ?? '',
				path: message.url ?? '',
				headers: message.headers,
				body,
				json: tryParseJson(body.toString('utf8')),
				index: count++,
				receivedAt: Date.now(),
			};
			requests.push(request);
			watcher?.(request);
			const answer = await script(request);
			if (answer.delayMs !== undefined) await delay(answer.delayMs);
			writeAnswer(response, answer);
		};
		handle().catch((error: unknown) => {
			response.destroy(error instanceof Error ? error : undefined);
		});
	}, port);
	return {
		url: server.url,
		port: server.port,
		get requests() {
			return requests;
		},
		answerBy: (next) => {
			script = next;
		},
		waitForRequest: async (fits, options) =>
			await waitFor(`a request to ${server.url}`, () => requests.find(fits), options),
		clear: () => {
			requests = [];
			count = 0;
			script = answerOk;
		},
		stop: async () => server.close(),
	};
}
