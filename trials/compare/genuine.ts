import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../../testbed/json';
import { ODD_EVENTS, type OddKind } from '../../conformance/src/oddEvents';
import type { SentReceiver } from './candidate';
import { sendGenuine, Watch } from './watch';
import type { World } from './world';

/** Genuine events of one kind, and how many of them each candidate handed on unchanged. */
export interface GenuineRow {
	readonly name: string;
	readonly sent: number;
	/** In the order of the candidates that events are sent to. */
	readonly unchanged: readonly number[];
}

/** What was handed on, without what OpenClaw Trigger adds. */
function eventOf(json: unknown): unknown {
	if (!isObject(json)) return json;
	const { meta, ...event } = json;
	return meta === undefined ? json : event;
}

async function countUnchanged(
	world: World,
	receiver: SentReceiver,
	watch: Watch,
	{ requests }: OddKind,
): Promise<{ sent: number; unchanged: number }> {
	const all = requests(world.secrets.signing);
	for (const { event, delivery } of all) await sendGenuine(world, receiver, { event, ...delivery });
	const { arrived } = await watch.collect();
	const events = arrived.map(({ json }) => eventOf(json));
	const isThere = ({ event }: (typeof all)[number]) =>
		events.some((each) => isDeepStrictEqual(each, event));
	return { sent: all.length, unchanged: all.filter(isThere).length };
}

/** Sends every kind of odd but genuine event to every candidate. */
export async function sendOddEvents(
	world: World,
	note: (text: string) => void,
): Promise<GenuineRow[]> {
	const watches: Array<readonly [SentReceiver, Watch]> = [];
	for (const receiver of world.webhooks) {
		watches.push([receiver, await Watch.begin(world, receiver)]);
	}
	const rows: GenuineRow[] = [];
	for (const kind of ODD_EVENTS) {
		note(kind.name);
		const counts = [];
		for (const [receiver, watch] of watches) {
			counts.push(await countUnchanged(world, receiver, watch, kind));
		}
		rows.push({
			name: kind.name,
			sent: counts[0]?.sent ?? 0,
			unchanged: counts.map(({ unchanged }) => unchanged),
		});
	}
	return rows;
}
