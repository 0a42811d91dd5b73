import type { ReceivedRequest } from '../../testbed/httpSink';
import { textAt } from '../../testbed/json';
import { verifyEvent } from '../../protocol';

/** What the receiver got. */
export interface Received {
	/** Requests by event id. */
	readonly times: ReadonlyMap<string, number>;
	/** Texts of the `message.received` events. */
	readonly texts: ReadonlySet<string>;
	readonly unverified: number;
	/** Tool calls of which only the beginning or the end was told. */
	readonly halfTold: number;
}

/** Reads what the receiver got, each request verified as a receiver should. */
export function readReceived(requests: readonly ReceivedRequest[], secret: string): Received {
	const times = new Map<string, number>();
	const texts = new Set<string>();
	const begun = new Set<string>();
	const ended = new Set<string>();
	let unverified = 0;
	for (const request of requests) {
		// The test takes long, so each request is judged by the clock of its arrival.
		const now = Math.floor(request.receivedAt / 1000);
		const { headers, body, json } = request;
		if (!verifyEvent({ headers, body, secret, now }).ok) unverified += 1;
		const id = textAt(json, 'id');
		times.set(id, (times.get(id) ?? 0) + 1);
		const type = textAt(json, 'type');
		if (type === 'message.received') texts.add(textAt(json, 'data', 'message', 'content'));
		const calls = type === 'tool.called' ? begun : type === 'tool.completed' ? ended : undefined;
		calls?.add(`${textAt(json, 'data', 'runId')} ${textAt(json, 'data', 'tool', 'callId')}`);
	}
	const halfTold = [...begun, ...ended].filter(
		(call) => begun.has(call) !== ended.has(call),
	).length;
	return { times, texts, unverified, halfTold };
}
