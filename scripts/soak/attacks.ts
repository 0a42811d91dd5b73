import type { IncomingHttpHeaders } from 'node:http';
import { createEventId, signEvent } from '../../protocol';
import type { ReceivedRequest } from '../../testbed/httpSink';
import { isObject, textAt } from '../../testbed/json';
import type { HeaderChanges } from '../../testbed/sendEvent';
import type { Chance } from './random';

/** A request that is not the gateway's. */
export interface AttackRequest {
	readonly body: Uint8Array | string;
	readonly headers: HeaderChanges;
}

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
	build(loot: Loot): AttackRequest;
}

const TOLERANCE_SECONDS = 300;
/** More than n8n takes here (`N8N_PAYLOAD_SIZE_MAX`). */
const TOO_MANY_BYTES = 1_200_000;
const SENT_ALONG = /^(content-type|user-agent|x-openclaw-.*|webhook-.*)$/;

function recordedHeaders(headers: IncomingHttpHeaders): HeaderChanges {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => SENT_ALONG.test(name)));
}

function withOwnId({ json }: ReceivedRequest, more: object = {}): string {
	return JSON.stringify({ ...(isObject(json) ? json : {}), ...more, id: createEventId() });
}

function sign(body: string, secret: string, timestamp: number): AttackRequest {
	const id = textAt(JSON.parse(body), 'id');
	return {
		body,
		headers: {
			'content-type': 'application/json',
			...signEvent({ id, body, secret, timestamp }),
		},
	};
}

function forged(change: (loot: Loot) => HeaderChanges): Attack['build'] {
	return (loot) => {
		const { body, headers } = sign(withOwnId(loot.recorded), loot.secret, loot.now);
		return { body, headers: { ...headers, ...change(loot) } };
	};
}

const SIGNATURE = 'X-OpenClaw-Signature';

export const ATTACKS: readonly Attack[] = [
	{
		name: 'Replay of a recorded request',
		share: 40,
		expected: 'known',
		build: ({ recorded }) => ({
			body: recorded.body,
			headers: recordedHeaders(recorded.headers),
		}),
	},
	{
		name: 'Replay of a recorded event, signed anew',
		share: 10,
		expected: 'known',
		build: ({ recorded, secret, now }) => sign(recorded.body.toString('utf8'), secret, now),
	},
	{
		name: 'Forgery with another secret',
		share: 12,
		expected: 'refused',
		build: ({ recorded, now }) => sign(withOwnId(recorded), 'whsec_of_somebody_else', now),
	},
	{
		name: 'Recorded request with one byte changed',
		share: 12,
		expected: 'refused',
		build: ({ recorded }) => {
			const body = Buffer.from(recorded.body);
			// The last character of the id.
			const place = body.indexOf('"', body.indexOf(textAt(recorded.json, 'id'))) - 1;
			body[place] = body[place] === 0x30 ? 0x31 : 0x30;
			return { body, headers: recordedHeaders(recorded.headers) };
		},
	},
	{
		name: 'Rightly signed, but stale',
		share: 8,
		expected: 'refused',
		build: ({ recorded, secret, now, chance }) => {
			const age = TOLERANCE_SECONDS + chance.between(5, 3600);
			return sign(withOwnId(recorded), secret, Math.floor(now - age));
		},
	},
	{
		name: 'Rightly signed, but from the future',
		share: 4,
		expected: 'refused',
		build: ({ recorded, secret, now }) =>
			sign(withOwnId(recorded), secret, now + TOLERANCE_SECONDS + 60),
	},
	{
		name: 'Without a signature',
		share: 5,
		expected: 'refused',
		build: forged(() => ({ [SIGNATURE]: undefined })),
	},
	{
		name: 'Without a timestamp',
		share: 4,
		expected: 'refused',
		build: forged(() => ({ 'X-OpenClaw-Timestamp': undefined })),
	},
	{
		name: 'With a made-up signature',
		share: 4,
		expected: 'refused',
		build: forged(() => ({ [SIGNATURE]: `sha256=${'a'.repeat(64)}` })),
	},
	{
		name: 'Rightly signed, but too large',
		share: 1,
		expected: 'too-large',
		build: ({ recorded, secret, now }) =>
			sign(withOwnId(recorded, { padding: 'x'.repeat(TOO_MANY_BYTES) }), secret, now),
	},
];

/** A list in which each kind of attack stands as often as its share says. */
export const ATTACK_MIX: readonly Attack[] = ATTACKS.flatMap((attack) =>
	Array.from({ length: attack.share }, () => attack),
);
