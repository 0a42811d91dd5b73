import type { IncomingHttpHeaders } from 'node:http';
import {
	checkReceiver,
	chosenCases,
	type CaseResult,
	type ReceiverOptions,
} from '../../../conformance/src/checkReceiver';
import { isObject } from '../../../protocol/jsonObject';
import { parseEvent } from '../../../protocol/event';
import { readBody, startLocalServer } from '../../../testbed/localServer';

export const SECRET = 'whsec_dGhlIHNlY3JldCBvZiB0aGUga2l0';

/** A request as a receiver gets it. */
export interface Received {
	readonly method: string;
	readonly headers: IncomingHttpHeaders;
	readonly body: Buffer;
}

/** A status, with JSON; undefined leaves the sender without an answer. */
export type Answer = number | { readonly status: number; readonly json: unknown } | undefined;

/** Lets the kit try a receiver. */
export async function tryReceiver(
	answer: (received: Received) => Answer | Promise<Answer>,
	options: Partial<ReceiverOptions> = {},
): Promise<readonly CaseResult[]> {
	const server = await startLocalServer((message, response) => {
		const handle = async () => {
			const { method = '', headers } = message;
			const given = await answer({ method, headers, body: await readBody(message) });
			if (given === undefined) return;
			const { status, json } = isObject(given) ? given : { status: given, json: {} };
			response.writeHead(status).end(JSON.stringify(json));
		};
		handle().catch((error: unknown) => {
			response.writeHead(500).end(String(error));
		});
	});
	try {
		return await tryUrl(server.url, options);
	} finally {
		await server.close();
	}
}

/** Lets the kit try what is at a URL. */
export async function tryUrl(
	url: string,
	options: Partial<ReceiverOptions> = {},
): Promise<readonly CaseResult[]> {
	const base = { toleranceSeconds: 300, deduplicates: false, only: [], timeoutMs: 30_000 };
	const results: CaseResult[] = [];
	for await (const result of checkReceiver({ ...base, ...options, url, secret: SECRET })) {
		results.push(result);
	}
	return results;
}

/** Names of all cases but the large ones, which take most of the time and are not judged. */
export const SMALL_CASES = chosenCases({ only: [], deduplicates: false })
	.flatMap(({ cases }) => cases.map(({ name }) => name))
	.filter((name) => !name.includes('17 MiB'));

/** What a receiver answers to what it has verified. */
export function answerTo(text: string): number {
	try {
		return parseEvent(JSON.parse(text)).ok ? 200 : 400;
	} catch {
		return 400;
	}
}

/** The names of the cases that came to a verdict. */
export function named(
	results: readonly CaseResult[],
	verdict: CaseResult['verdict'],
): readonly string[] {
	return results.filter((result) => result.verdict === verdict).map(({ name }) => name);
}
