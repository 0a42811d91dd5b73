import type { IncomingHttpHeaders } from 'node:http';
import { createEventId, type OpenClawEvent } from '../../protocol';
import type { ReceivedRequest } from '../../testbed/httpSink';
import { textAt } from '../../testbed/json';
import type { Delivery, HeaderChanges } from '../../testbed/sendEvent';
import type { Chance } from './random';

/** What an attacker starts from. */
export interface Loot {
	/** A recorded request of the gateway. */
	readonly recorded: ReceivedRequest;
	/** The right secret, as only tests have it. */
	readonly secret: string;
	/** Unix seconds. */
	readonly now: number;
	readonly chance: Chance;
}

/**
 * How a request must be answered. `known`: taken, as the gateway's own would be. `refused`: 401.
 * `too-large`: any failure.
 */
export type Expected = 'known' | 'refused' | 'too-large';

/** A kind of attack. Except for replays each carries an id that no event has, should it get through. */
export interface Attack {
	readonly name: string;
	/** Requests of this kind among a hundred. */
	readonly share: number;
	readonly expected: Expected;
	build(loot: Loot): Delivery;
}

const TOLERANCE_SECONDS = 300;
/** More than n8n takes here (`N8N_PAYLOAD_SIZE_MAX`). */
const TOO_MANY_BYTES = 1_200_000;
const SENT_ALONG = /^(content-type|user-agent|x-openclaw-.*|webhook-.*)$/;

function recordedHeaders(headers: IncomingHttpHeaders): HeaderChanges {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => SENT_ALONG.test(name)));
}

/** What the gateway has sent is an event. */
const eventOf = ({ json }: ReceivedRequest) => json as OpenClawEvent;

/** An event like the recorded one, with an id that no event has. */
function ownEvent({ recorded }: Loot, more: object = {}): OpenClawEvent {
	return { ...eventOf(recorded), ...more, id: createEventId() };
}

/** Rightly signed now, but for what is changed. */
function forged(change: (loot: Loot) => Partial<Delivery>): Attack['build'] {
	return (loot) => ({ event: ownEvent(loot), secret: loot.secret, ...change(loot) });
}

/** The recorded request again, with its own headers. */
function recordedRequest({ recorded, secret }: Loot): Delivery {
	return { body: recorded.body, secret, headers: recordedHeaders(recorded.headers) };
}

export const ATTACKS: readonly Attack[] = [
	{
		name: 'Replay of a recorded request',
		share: 40,
		expected: 'known',
		build: recordedRequest,
	},
	{
		name: 'Replay of a recorded event, signed anew',
		share: 10,
		expected: 'known',
		build: ({ recorded, secret, now }) => ({
			event: eventOf(recorded),
			body: recorded.body,
			secret,
			timestamp: now,
		}),
	},
	{
		name: 'Forgery with another secret',
		share: 12,
		expected: 'refused',
		build: forged(() => ({ secret: 'whsec_of_somebody_else' })),
	},
	{
		name: 'Recorded request with one byte changed',
		share: 12,
		expected: 'refused',
		build: (loot) => {
			const { recorded } = loot;
			const body = Buffer.from(recorded.body);
			// The last character of the id.
			const place = body.indexOf('"', body.indexOf(textAt(recorded.json, 'id'))) - 1;
			body[place] = body[place] === 0x30 ? 0x31 : 0x30;
			return { ...recordedRequest(loot), body };
		},
	},
	{
		name: 'Rightly signed, but stale',
		share: 8,
		expected: 'refused',
		build: forged(({ now, chance }) => ({
			timestamp: Math.floor(now - TOLERANCE_SECONDS - chance.between(5, 3600)),
		})),
	},
	{
		name: 'Rightly signed, but from the future',
		share: 4,
		expected: 'refused',
		build: forged(({ now }) => ({ timestamp: now + TOLERANCE_SECONDS + 60 })),
	},
	{
		name: 'Without a signature',
		share: 5,
		expected: 'refused',
		// Of neither scheme: one is enough.
		build: forged(() => ({
			headers: { 'x-openclaw-signature': undefined, 'webhook-signature': undefined },
		})),
	},
	{
		name: 'Without a timestamp',
		share: 4,
		expected: 'refused',
		build: forged(() => ({ headers: { 'x-openclaw-timestamp': undefined } })),
	},
	{
		name: 'With a made-up signature',
		share: 4,
		expected: 'refused',
		build: forged(() => ({ headers: { 'x-openclaw-signature': `sha256=${'a'.repeat(64)}` } })),
	},
	{
		name: 'Rightly signed, but too large',
		share: 1,
		expected: 'too-large',
		build: forged((loot) => ({ event: ownEvent(loot, { padding: 'x'.repeat(TOO_MANY_BYTES) }) })),
	},
];

/** A list in which each kind of attack stands as often as its share says. */
export const ATTACK_MIX: readonly Attack[] = ATTACKS.flatMap((attack) =>
	Array.from({ length: attack.share }, () => attack),
);
