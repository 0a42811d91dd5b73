import { setTimeout as delay } from 'node:timers/promises';
import { sendRaw } from '../../testbed/sendEvent';
import { signedRequests, type SignedRequest } from '../load/signedRequests';
import { SECRET, type MeasuredFlow } from './flow';

/** Milliseconds from the first copy of an event to the second, which reaches another process. */
export const GAPS_MS: readonly number[] = [0, 10, 50, 250, 1000];
/** Events for each of them. */
export const PAIRS = 100;

const BODY_BYTES = 700;
const AT_ONCE = 4;

/** What became of events that two processes got. */
export interface Copies {
	readonly gapMs: number;
	readonly ranTwice: number;
	readonly ranOnce: number;
}

async function post(url: string, request: SignedRequest): Promise<void> {
	const { status } = await sendRaw(url, request);
	if (status !== 200) throw new Error(`An event was answered with ${String(status)}`);
}

/**
 * Sends each event to two webhook processors, and counts how often the workflow ran.
 *
 * @param addresses of the two
 * @param settle waits until n8n has nothing to do
 */
export async function measureCopies(
	flow: MeasuredFlow,
	addresses: readonly [string, string],
	gapMs: number,
	settle: () => Promise<unknown>,
): Promise<Copies> {
	flow.clear();
	const waiting = signedRequests(PAIRS, BODY_BYTES, SECRET);
	const [first, second] = addresses.map((address) => address + flow.path) as [string, string];
	const sendPairs = async () => {
		for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
			const copy = next;
			await Promise.all([post(first, copy), delay(gapMs).then(async () => post(second, copy))]);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, sendPairs));
	await flow.waitForArrivals(PAIRS);
	// A second run of the last events may still be under way.
	await settle();
	const counts = [...flow.arrivals().values()];
	const ranTwice = counts.filter((count) => count > 1).length;
	return { gapMs, ranTwice, ranOnce: counts.length - ranTwice };
}
