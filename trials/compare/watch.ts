import { capturedEvent } from '../../testbed/capturedEvents';
import type { ReceivedRequest } from '../../testbed/httpSink';
import { textAt } from '../../testbed/json';
import { isSettled } from '../../testbed/n8n/execution';
import { sendEvent, type Delivery, type RawAnswer } from '../../testbed/sendEvent';
import { waitFor } from '../../testbed/waitFor';
import type { CandidateKey, SentReceiver } from './candidate';
import type { World } from './world';

/** What requests to a candidate have caused. */
export interface Caused {
	/** What its workflow handed on, in order. */
	readonly arrived: readonly ReceivedRequest[];
	/** Rows in n8n's list of executions. */
	readonly rows: number;
}

/** What the workflow of a candidate has handed on so far. */
export function handedOn({ sink }: Pick<World, 'sink'>, key: CandidateKey): ReceivedRequest[] {
	return sink.requests.filter(({ path }) => path === `/${key}`);
}

/** Sends as the gateway does: signed with the right secret, with the right token. */
export async function sendGenuine(
	{ secrets }: World,
	{ url, endpoint }: SentReceiver,
	delivery: Partial<Delivery>,
): Promise<RawAnswer> {
	const headers = { ...endpoint.headers, ...delivery.headers };
	return await sendEvent(url, { secret: secrets.signing, ...delivery, headers });
}

/** Sends a genuine event and waits until the workflow has handed it on; returns its id. */
async function sendMarker(world: World, receiver: SentReceiver): Promise<string> {
	const event = capturedEvent('message.received');
	const { status } = await sendGenuine(world, receiver, { event });
	if (status !== 200) throw new Error(`${receiver.title} answers a genuine event ${status}`);
	await waitFor('a genuine event to be handed on', () =>
		handedOn(world, receiver.key).some(({ json }) => textAt(json, 'id') === event.id),
	);
	return event.id;
}

/**
 * Watches what requests cause at one candidate. That a request causes nothing is known when a genuine
 * event that was sent after it has run, and no execution runs any more.
 */
export class Watch {
	private constructor(
		private readonly world: World,
		private readonly receiver: SentReceiver,
		private lastRow: number,
		private seen: number,
	) {}

	/** Begins with what is there now. */
	static async begin(world: World, receiver: SentReceiver): Promise<Watch> {
		const watch = new Watch(world, receiver, 0, 0);
		await watch.collect();
		return watch;
	}

	/** What was caused since the last call. */
	async collect(): Promise<Caused> {
		const { world, receiver, lastRow, seen } = this;
		const marker = await sendMarker(world, receiver);
		const rows = await waitFor('the executions to end', async () => {
			const all = await world.n8n.client.executions(receiver.workflow);
			const since = all.filter(({ id }) => Number(id) > lastRow);
			return since.every(isSettled) && since;
		});
		const all = handedOn(world, receiver.key);
		this.lastRow = Number(rows.at(-1)?.id ?? lastRow);
		this.seen = all.length;
		return {
			arrived: all.slice(seen).filter(({ json }) => textAt(json, 'id') !== marker),
			rows: rows.length - 1,
		};
	}
}
