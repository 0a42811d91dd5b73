import { createHmac } from 'node:crypto';
import { FORGERIES, NEAR_MISSES } from '../../conformance/src/attacks';
import { isConforming } from '../../conformance/src/receiverReport';
import { verifyEvent, verifyStandardWebhook } from '../../protocol';
import { startLocalServer } from '../../testbed/localServer';
import {
	answerTo,
	named,
	SECRET,
	SMALL_CASES,
	tryReceiver,
	tryUrl,
	type Answer,
	type Received,
} from './support/receiver';

jest.setTimeout(60_000);

type Receiver = (received: Received) => Answer;

/** A receiver that is right, but for how it verifies. */
function receiver(
	isGenuine: (received: Received, digest: string, given: string) => boolean,
	read = (body: Buffer) => new TextDecoder().decode(body),
): Receiver {
	return (received) => {
		const { headers, body } = received;
		const timestamp = String(headers['x-openclaw-timestamp']);
		const hmac = createHmac('sha256', SECRET).update(`${timestamp}.`).update(body);
		const given = String(headers['x-openclaw-signature']);
		return isGenuine(received, hmac.digest('hex'), given) ? answerTo(read(body)) : 401;
	};
}

const verified = (received: Received, more: object = {}) =>
	verifyEvent({ ...received, secret: SECRET, ...more }).ok;
/** The rest of the checks, for those that get one wrong: with a signature that fits. */
function verifiedBut(received: Received, digest: string): boolean {
	const headers = { ...received.headers, 'x-openclaw-signature': `sha256=${digest}` };
	return verified({ ...received, headers });
}

const CONFORMING: ReadonlyArray<readonly [string, Receiver]> = [
	['by verifyEvent', receiver((received) => verified(received))],
	[
		'by the headers of Standard Webhooks',
		receiver((received) => verifyStandardWebhook({ ...received, secret: SECRET }).ok),
	],
	[
		'by either scheme',
		receiver(
			(received) => verified(received) || verifyStandardWebhook({ ...received, secret: SECRET }).ok,
		),
	],
];

test.each(CONFORMING)('a receiver that verifies %s conforms', async (_how, conforming) => {
	const results = await tryReceiver(conforming);
	expect(results.filter(({ verdict }) => verdict !== 'right' && verdict !== 'told')).toEqual([]);
	expect(isConforming(results)).toBe(true);
});

interface Defect {
	readonly receiver: Receiver;
	readonly accepted?: readonly string[];
	readonly refused?: readonly string[];
}

const DEFECTS: Readonly<Record<string, Defect>> = {
	'checks no age': {
		receiver: receiver((received) => verified(received, { toleranceSeconds: Infinity })),
		accepted: ['that is stale', 'from the future'],
	},
	'checks no age ahead': {
		receiver: receiver((received) => {
			const ahead = Number(received.headers['x-openclaw-timestamp']) * 1000 > Date.now();
			return verified(received, ahead ? { toleranceSeconds: Infinity } : {});
		}),
		accepted: ['from the future'],
	},
	'has too much tolerance': {
		receiver: receiver((received) => verified(received, { toleranceSeconds: 320 })),
		accepted: ['that is stale'],
	},
	'compares as much as is given': {
		receiver: receiver(
			(received, digest, given) =>
				verified(received) ||
				(given.length > 7 && `sha256=${digest}`.startsWith(given) && verifiedBut(received, digest)),
		),
		accepted: ['with the first 16 digits of the right signature'],
	},
	'compares as much as it expects': {
		receiver: receiver(
			(received, digest, given) =>
				verified(received) ||
				(given.startsWith(`sha256=${digest}`) && verifiedBut(received, digest)),
		),
		accepted: [
			'with a valid signature in one of two headers',
			'with the right signature and two digits more',
		],
	},
	'looks for the digest anywhere in the header, in either case': {
		receiver: receiver(
			(received, digest, given) =>
				given.toLowerCase().includes(digest) && verifiedBut(received, digest),
		),
		accepted: [
			'with a valid signature in one of two headers',
			'with the right signature and two digits more',
			'with the right signature in upper case',
			"with the right digest without 'sha256='",
			'with the right signature as the last of six',
		],
	},
	'verifies what it writes anew': {
		receiver: (received) => {
			try {
				const body = Buffer.from(JSON.stringify(JSON.parse(received.body.toString())));
				return verified({ ...received, body }) ? answerTo(body.toString()) : 401;
			} catch {
				return 400;
			}
		},
		accepted: ['with other white space than was signed'],
		refused: [
			'written with odd white space',
			'that names a key twice: the last one counts, as in JSON.parse',
		],
	},
	'reads the body as Latin-1': {
		receiver: receiver((received) => {
			const body = Buffer.from(received.body.toString('latin1'));
			return verified({ ...received, body });
		}),
		refused: ['in Chinese, with emoji and with whatever else is text', 'of 200 KB'],
	},
	'checks no signature': {
		receiver: receiver(() => true),
		accepted: [...FORGERIES, ...NEAR_MISSES].map(({ name }) => name),
	},
	'verifies only requests with a signature': {
		receiver: receiver(
			(received) => received.headers['x-openclaw-signature'] === undefined || verified(received),
		),
		accepted: ['without signature'],
	},
	'takes a missing secret for an empty one': {
		receiver: receiver((received, _digest, given) => {
			const { headers, body } = received;
			const empty = createHmac('sha256', '').update(`${String(headers['x-openclaw-timestamp'])}.`);
			return verified(received) || given === `sha256=${empty.update(body).digest('hex')}`;
		}),
		accepted: ['with an empty secret'],
	},
	'refuses a second signature': {
		receiver: receiver((received, _digest, given) => !given.includes(',') && verified(received)),
		refused: ['signed with an old and a new secret, while one is replaced'],
	},
	'refuses types that it does not know': {
		receiver: receiver(
			(received) =>
				verified(received) && !received.body.toString().includes('"type":"memory.updated"'),
		),
		refused: ['with fields and a type that no one knows yet'],
	},
	'takes no more than 100 KB': {
		receiver: (received) =>
			received.body.length > 100_000
				? 413
				: verified(received)
					? answerTo(String(received.body))
					: 401,
		refused: ['of 200 KB'],
	},
	'takes whatever is signed': {
		receiver: (received) => (verified(received) ? 200 : 401),
		accepted: [
			'that is an array',
			'that is a text',
			'that is null',
			'that is an object but no event',
			'that is an event without id',
			'that is no JSON',
			'that is empty',
			'of broken JSON',
			'that is a form',
			'that is a form with a field',
			'of mixed parts',
		],
	},
};

test.each(Object.entries(DEFECTS))(
	'what is wrong with a receiver that %s is named, and nothing else',
	async (_defect, { receiver: defective, accepted = [], refused = [] }) => {
		const results = await tryReceiver(defective, { only: SMALL_CASES });
		expect(named(results, 'accepted wrongly')).toEqual(accepted);
		expect(named(results, 'refused wrongly')).toEqual(refused);
		expect(named(results, 'unknown')).toEqual([]);
		expect(isConforming(results)).toBe(false);
	},
);

test('what the protocol leaves to the receiver is told, and not judged', async () => {
	const only = ['byte order mark'];
	const strict = receiver((received) => verified(received), String);
	const lenient = receiver((received) => verified(received));
	expect(await tryReceiver(strict, { only })).toMatchObject([{ verdict: 'told', answers: [400] }]);
	expect(await tryReceiver(lenient, { only })).toMatchObject([{ verdict: 'told', answers: [200] }]);
});

test('another tolerance goes for the attacks, too', async () => {
	const patient = receiver((received) => verified(received, { toleranceSeconds: 3600 }));
	const only = ['that is stale', 'from the future'];
	const accepted = named(await tryReceiver(patient, { only }), 'accepted wrongly');
	expect(accepted).toEqual(only);
	const results = await tryReceiver(patient, { only, toleranceSeconds: 3600 });
	expect(named(results, 'right')).toEqual(only);
});

describe('replays', () => {
	const only = ['sent again'];
	const both = ['sent again', 'sent again twenty times at once'];
	const once = (known: number | object): Receiver => {
		const seen = new Set<string>();
		return ({ body }) => {
			const { id } = JSON.parse(body.toString()) as { id: string };
			if (!seen.has(id)) {
				seen.add(id);
				return 200;
			}
			return typeof known === 'number' ? known : { status: 200, json: known };
		};
	};

	it('are told where the receiver does not say that it recognizes them', async () => {
		expect(named(await tryReceiver(() => 200, { only }), 'told')).toEqual(both);
	});

	it.each([
		['refused', 409],
		['said to be duplicates', { received: true, status: 'duplicate' }],
	])('may be %s', async (_how, known) => {
		const results = await tryReceiver(once(known), { only, deduplicates: true });
		expect(named(results, 'right')).toEqual(both);
	});

	it('are accepted wrongly where they are answered as at first', async () => {
		const results = await tryReceiver(once(200), { only, deduplicates: true });
		expect(named(results, 'accepted wrongly')).toEqual(both);
	});

	it('are not judged where the request itself was refused', async () => {
		const results = await tryReceiver(() => 401, { only, deduplicates: true });
		expect(named(results, 'unknown')).toEqual(both);
	});
});

describe('no pass is', () => {
	it.each<[string, Answer, RegExp]>([
		['no answer in time', undefined, /in time/],
		['too many requests', 429, /^429$/],
		['no receiver behind the proxy', 503, /^503$/],
	])('%s', async (_what, answer, told) => {
		const results = await tryReceiver(() => answer, { only: ['another secret'], timeoutMs: 200 });
		expect(results).toMatchObject([{ verdict: 'unknown', accepted: 0 }]);
		expect(String(results[0]?.answers)).toMatch(told);
		expect(isConforming(results)).toBe(false);
	});

	it('a receiver that is not there, even where nothing would be judged', async () => {
		const server = await startLocalServer(() => undefined);
		await server.close();
		const results = await tryUrl(server.url, { only: ['by GET'] });
		expect(results).toMatchObject([{ verdict: 'told', accepted: 0 }]);
		expect(String(results[0]?.answers)).toContain('ECONNREFUSED');
		expect(isConforming(results)).toBe(false);
	});
});
