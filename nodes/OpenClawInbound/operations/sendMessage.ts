import type { INode } from 'n8n-workflow';

import { headerSafeKey } from '../../../protocol/idempotencyKey';
import { cancelRunIfWanted } from './cancelRun';
import { deliver } from './delivery';
import type { Accepted, Delivered } from './delivery';
import { invalidItem, undelivered } from './everyItem';
import type { ItemReader } from './itemParameters';
import { requestTimeout } from './pluginRequest';
import { askForRun, failureOf, hasEnded } from './runs';
import type { PreparedItem, Task } from './task';

/** The largest request that a gateway takes, in bytes. */
const MAX_REQUEST_BYTES = 262_144;

/** A message that the gateway took, with what was known of it before. */
export interface SentMessage {
	readonly prepared: PreparedItem;
	readonly delivered: Accepted;
}

/**
 * Sends the message of one item.
 *
 * @param more.headers besides those that the item itself needs
 * @param more.keySuffix makes the key of a further message of the same item
 * @throws NodeOperationError or NodeApiError when it was not sent, or not taken
 */
export async function sendMessage(
	task: Task,
	prepare: ItemReader<PreparedItem>,
	itemIndex: number,
	more: { readonly headers?: Readonly<Record<string, string>>; readonly keySuffix?: string } = {},
): Promise<SentMessage> {
	const { node, run, optionsOf, keyOf, originHeaders } = task;
	const prepared = prepare(itemIndex);
	const options = optionsOf(itemIndex);
	const { maxAttempts, backoffMs } = options;
	const { path, query, body, target, replyWay: way } = prepared;
	// A callback leads to one execution, so no other may share its key.
	const ownKey = way === 'by-callback' ? undefined : options.idempotencyKey;
	const delivered = await deliver(run, {
		request: {
			method: 'POST',
			path,
			...(query === undefined ? {} : { query }),
			body: toRequestBody(node, body, itemIndex),
			headers: { ...originHeaders, ...prepared.headers, ...more.headers },
			idempotencyKey: headerSafeKey((ownKey ?? keyOf(itemIndex)) + (more.keySuffix ?? '')),
			timeoutMs: requestTimeout(way, options),
		},
		target,
		policy: { maxAttempts, backoffMs },
	});
	const accepted =
		ownKey === undefined ? await orEarlierRun(task, delivered, itemIndex) : delivered;
	if (!accepted.ok) throw undelivered(node, accepted.failure, itemIndex);
	return { prepared, delivered: accepted };
}

/**
 * The key is made of execution, node and item: a gateway that has a message under it has taken this one on an
 * earlier try of the node, and only a text such as the time differs. That message counts.
 */
async function orEarlierRun(
	{ run, optionsOf }: Task,
	delivered: Delivered,
	itemIndex: number,
): Promise<Delivered> {
	if (delivered.ok || delivered.earlierRun === undefined) return delivered;
	const { earlierRun: runId } = delivered;
	const { timeoutMs, maxAttempts, backoffMs } = optionsOf(itemIndex);
	const policy = { maxAttempts, backoffMs };
	const told = await askForRun(run, { runId, waitSeconds: 0, timeoutMs, policy });
	if (told.ok || run.signal.aborted) return told;
	return { ok: true, body: { ok: true, runId }, attempts: 1, durationMs: 0 };
}

function toRequestBody(node: INode, body: unknown, itemIndex: number): string {
	const text = JSON.stringify(body);
	const bytes = Buffer.byteLength(text);
	if (bytes <= MAX_REQUEST_BYTES) return text;
	const reason = {
		message: `The message is larger than a gateway accepts: ${String(Math.ceil(bytes / 1024))} KiB`,
		description: "Fill less into 'Fields'. The limit is 256 KiB for the whole request.",
	};
	throw invalidItem(node, reason, itemIndex);
}

/** The gateway holds a request for a while only: after that it is asked for the run until the time is over. */
export async function waitForReply(
	task: Task,
	delivered: Accepted,
	itemIndex: number,
): Promise<Accepted> {
	const { node, run, optionsOf } = task;
	const { replySeconds, timeoutMs, maxAttempts, backoffMs } = optionsOf(itemIndex);
	const rest = replySeconds - delivered.durationMs / 1000;
	const { runId } = delivered.body;
	let last = delivered;
	if (!hasEnded(last.body) && typeof runId === 'string' && rest > 0) {
		const policy = { maxAttempts, backoffMs };
		const told = await askForRun(run, { runId, waitSeconds: rest, timeoutMs, policy });
		if (!told.ok) {
			await cancelRunIfWanted(task, runId, itemIndex);
			throw undelivered(node, told.failure, itemIndex);
		}
		const durationMs = delivered.durationMs + told.durationMs;
		last = { ...told, attempts: delivered.attempts, durationMs };
	}
	const failure = failureOf(last.body, run);
	if (failure !== undefined) throw undelivered(node, failure, itemIndex);
	if (hasEnded(last.body)) return last;
	throw undelivered(node, noReply(replySeconds, runId), itemIndex);
}

function noReply(seconds: number, runId: unknown) {
	const run = typeof runId === 'string' ? ` '${runId}'` : '';
	return {
		message: `The agent did not answer within ${String(seconds)} seconds`,
		description: `It may still be at work. Raise 'Reply Timeout (Seconds)' in the options, ask for the run${run} later with 'Get Run', or use 'Send Message and Wait for Response'.`,
	};
}
