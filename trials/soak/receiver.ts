import { setTimeout as delay } from 'node:timers/promises';
import { startHttpSink, type ReceivedRequest, type Script } from '../../testbed/httpSink';
import { textAt } from '../../testbed/json';
import { verifyEvent } from '../../protocol';
import { AGENTS_FOR_N8N } from './names';

/** So many requests are remembered as what somebody on the wire has recorded. */
const RECORDED = 200;

/** The second receiver of all events: an HTTP server that comes and goes. */
export interface Receiver {
	readonly url: string;
	/** Requests by event id. */
	readonly received: ReadonlyMap<string, number>;
	/** Ids of events whose request did not verify. */
	readonly unverified: readonly string[];
	/** The last requests with events that n8n gets too, oldest first. */
	recorded(): readonly ReceivedRequest[];
	/** Refuses connections for some time, those that are open included. */
	goAway(milliseconds: number): Promise<void>;
	stop(): Promise<void>;
}

/** Starts it; each request is verified as a receiver should. */
export async function startReceiver(secret: string): Promise<Receiver> {
	const received = new Map<string, number>();
	const unverified: string[] = [];
	let recorded: ReceivedRequest[] = [];
	const answer: Script = (request) => {
		const { headers, body, json } = request;
		const id = textAt(json, 'id');
		if (!verifyEvent({ headers, body, secret }).ok) unverified.push(id);
		received.set(id, (received.get(id) ?? 0) + 1);
		if (AGENTS_FOR_N8N.includes(textAt(json, 'data', 'agentId'))) {
			recorded = [...recorded.slice(1 - RECORDED), request];
		}
		return {};
	};
	let server = await startHttpSink(answer);
	const { url, port } = server;
	return {
		url,
		received,
		unverified,
		recorded: () => recorded,
		goAway: async (milliseconds) => {
			await server.stop();
			await delay(milliseconds);
			server = await startHttpSink(answer, port);
		},
		stop: async () => server.stop(),
	};
}
