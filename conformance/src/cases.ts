import { FORGERIES, MALFORMED, NEAR_MISSES, REPLAYS, UNREADABLE, type Attack } from './attacks';
import { capturedEvent } from './capturedEvents';
import { ODD_EVENTS, WITH_BYTE_ORDER_MARK, type OddKind } from './oddEvents';
import type { Delivery } from './sendEvent';

/** What the protocol wants to become of requests; `either` where it leaves it to the receiver. */
export type Wanted = 'accepted' | 'refused' | 'either';

/** Requests that are judged together. */
export interface Case {
	/** Completes the title of its group. */
	readonly name: string;
	readonly wanted: Wanted;
	/**
	 * Makes them; they are sent one after the other.
	 *
	 * @param secret what the receiver verifies with
	 * @param toleranceSeconds how far its clock and a timestamp may differ
	 */
	readonly requests: (secret: string, toleranceSeconds: number) => ReadonlyArray<Partial<Delivery>>;
	/** Copies of the first request, sent all at once after it: these are judged. */
	readonly copies?: number;
}

export interface CaseGroup {
	readonly title: string;
	readonly cases: readonly Case[];
}

function genuine({ name, requests, isUpToReceiver = false }: OddKind): Case {
	return {
		name,
		wanted: isUpToReceiver ? 'either' : 'accepted',
		requests: (secret) => requests(secret).map(({ event, delivery }) => ({ event, ...delivery })),
	};
}

const OWN_HEADER = /^x-openclaw-(?:signature|timestamp)$/;
const OTHER_SCHEME = {
	'webhook-id': undefined,
	'webhook-timestamp': undefined,
	'webhook-signature': undefined,
};

/** A receiver may verify by either scheme: a request is forged only if it is so under both. */
function underOneScheme(delivery: Partial<Delivery>): Partial<Delivery> {
	const { headers = {} } = delivery;
	const isChanged = Object.keys(headers).some((name) => OWN_HEADER.test(name));
	return isChanged ? { ...delivery, headers: { ...headers, ...OTHER_SCHEME } } : delivery;
}

function attack({ name, delivery, isUpToReceiver = false }: Attack): Case {
	return {
		name,
		wanted: isUpToReceiver ? 'either' : 'refused',
		requests: (secret, tolerance) => [underOneScheme(delivery(secret, tolerance))],
	};
}

/**
 * All that is sent to a receiver, in order.
 *
 * @param deduplicates whether the receiver says that it recognizes what it has had
 */
export function listCases(deduplicates: boolean): readonly CaseGroup[] {
	const replays = REPLAYS.map(
		({ name, copies }): Case => ({
			name,
			wanted: deduplicates ? 'refused' : 'either',
			// What was recorded has its own time.
			requests: () => [
				{
					event: capturedEvent('message.received'),
					timestamp: Math.floor(Date.now() / 1000),
				},
			],
			copies,
		}),
	);
	const last: OddKind = {
		name: 'that comes after all of these',
		requests: () => [{ event: capturedEvent('message.received') }],
	};
	return [
		{
			title: 'Genuine, however odd: an event …',
			cases: [...ODD_EVENTS, WITH_BYTE_ORDER_MARK].map(genuine),
		},
		{
			title: 'Not signed by the holder of the secret, or not now: a request …',
			cases: [...FORGERIES, ...NEAR_MISSES].map(attack),
		},
		{
			title: 'Signed, but no event, or not sent as one: a request …',
			cases: [...MALFORMED, ...UNREADABLE].map(attack),
		},
		{ title: 'Genuine, recorded, and …', cases: replays },
		{ title: 'Genuine, as at first: an event …', cases: [genuine(last)] },
	];
}
