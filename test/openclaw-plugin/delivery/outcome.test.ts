import { decide } from '../../../openclaw-plugin/src/delivery/decide';
import { readOutcome } from '../../../openclaw-plugin/src/delivery/outcome';
import type { DeliveryResponse } from '../../../openclaw-plugin/src/delivery/request';

const NOW = 1_800_000_000_000;
const OWN = { now: NOW, hasOwnUrl: false };

function answered(status: number, more: object = {}): DeliveryResponse {
	return { kind: 'answered', status, durationMs: 5, body: '', ...more };
}

describe('readOutcome', () => {
	it.each([200, 201, 202, 204, 299])('takes %d for a delivery', (status) => {
		expect(readOutcome(answered(status), OWN)).toEqual({ kind: 'delivered' });
	});

	it("tries again what n8n's start page has answered", () => {
		const page = { body: 'n8n is starting up. Please wait' };
		expect(readOutcome(answered(200, page), OWN)).toMatchObject({
			kind: 'failed',
			isEndpointFault: true,
			error: expect.stringContaining('n8n is starting up') as string,
		});
		expect(readOutcome(answered(200, { body: '{"received":true}' }), OWN)).toEqual({
			kind: 'delivered',
		});
	});

	it.each([301, 302, 307, 401, 403, 404, 405, 408, 421, 429, 500, 502, 503, 504])(
		'takes %d for a fault of the endpoint',
		(status) => {
			expect(readOutcome(answered(status), OWN)).toMatchObject({
				kind: 'failed',
				isEndpointFault: true,
			});
		},
	);

	it.each([400, 402, 406, 409, 411, 413, 415, 422])(
		'takes %d for a fault of the event',
		(status) => {
			expect(readOutcome(answered(status), OWN)).toMatchObject({
				kind: 'failed',
				isEndpointFault: false,
			});
		},
	);

	it('takes 410 for the wish to get nothing any more', () => {
		expect(readOutcome(answered(410), OWN)).toMatchObject({ kind: 'gone' });
	});

	it('of a URL of the delivery alone says nothing about the endpoint', () => {
		const alone = { now: NOW, hasOwnUrl: true };
		expect(readOutcome(answered(410), alone)).toMatchObject({ kind: 'final' });
		const faults = [302, 401, 404, 409, 408, 429, 503].map((status) =>
			readOutcome(answered(status), alone),
		);
		expect(
			faults.map((outcome) => 'isEndpointFault' in outcome && outcome.isEndpointFault),
		).toEqual([false, false, false, false, true, true, true]);
	});

	it.each([
		[
			401,
			{},
			'HTTP 401: it refused the signature or the credentials. Probably it has another secret',
		],
		[
			404,
			{},
			'HTTP 404: it has nothing at this URL (an n8n workflow that is not published answers so)',
		],
		[500, {}, 'HTTP 500: the receiver failed'],
		[422, {}, 'HTTP 422: the receiver refused the event'],
		[
			302,
			{ location: 'https://login.example/secret?token=1' },
			"HTTP 302: the receiver redirects to https://login.example; set the endpoint's url to where it is",
		],
		[
			301,
			{ location: '/there' },
			"HTTP 301: the receiver redirects; set the endpoint's url to where it is",
		],
	])('explains %d', (status, more, error) => {
		expect(readOutcome(answered(status, more), OWN)).toMatchObject({ error });
	});

	it('reads when to come back', () => {
		const outcome = readOutcome(answered(503, { retryAfter: '7' }), OWN);
		expect(outcome).toMatchObject({ retryAfterMs: 7000 });
	});

	it.each([
		['timeout', true],
		['network', false],
		['blocked', false],
	] as const)('takes %s for a fault of the endpoint', (reason, rotatesProbe) => {
		const response = { kind: 'unanswered', reason, message: 'why', durationMs: 5 } as const;
		expect(readOutcome(response, OWN)).toEqual({
			kind: 'failed',
			error: 'why',
			isEndpointFault: true,
			rotatesProbe,
			retryAfterMs: undefined,
		});
	});
});

describe('decide', () => {
	const context = {
		retry: { maxAttempts: 3, backoffMs: 1000 },
		tries: 0,
		isProbe: false,
		signsApart: true,
		now: NOW,
		random: 0.5,
	};
	const failed = (more: object = {}) => ({ ...readOutcome(answered(500), OWN), ...more }) as never;

	it('delivers, fails and forgets', () => {
		expect(decide({ kind: 'delivered' }, context)).toEqual({ state: 'delivered' });
		expect(decide({ kind: 'gone', error: '' }, context)).toEqual({ state: 'failed' });
		expect(decide({ kind: 'final', error: '' }, context)).toEqual({ state: 'failed' });
		expect(decide({ kind: 'interrupted' }, context)).toBeUndefined();
	});

	it('tries again while tries are left', () => {
		expect([0, 1, 2].map((tries) => decide(failed(), { ...context, tries }))).toEqual([
			{ state: 'retry', nextAt: NOW + 1000, usesTry: true },
			{ state: 'retry', nextAt: NOW + 2000, usesTry: true },
			{ state: 'failed' },
		]);
	});

	it('signs each try in a second of its own, where the receiver goes by that', () => {
		const retry = { maxAttempts: 3, backoffMs: 20 };
		const soon = { ...context, retry, now: 1_000_000_000_400 };
		expect(decide(failed(), soon)).toMatchObject({ nextAt: 1_000_000_001_000 });
		expect(decide(failed(), { ...soon, now: 1_000_000_001_000 })).toMatchObject({
			nextAt: 1_000_000_002_000,
		});
		expect(decide(failed(), { ...soon, signsApart: false })).toMatchObject({
			nextAt: 1_000_000_000_420,
		});
	});

	it('waits for as long as the receiver asks, never shorter than its own wait', () => {
		expect(decide(failed({ retryAfterMs: 60_000 }), context)).toMatchObject({
			nextAt: NOW + 60_000,
		});
		expect(decide(failed({ retryAfterMs: 10 }), context)).toMatchObject({ nextAt: NOW + 1000 });
	});

	it('counts no try for a probe that finds the endpoint down, but one for an event it refuses', () => {
		const probe = { ...context, isProbe: true };
		expect(decide(failed(), probe)).toEqual({ state: 'retry', usesTry: false });
		expect(decide(failed(), { ...probe, tries: 2 })).toEqual({ state: 'retry', usesTry: false });
		expect(decide(failed({ isEndpointFault: false }), probe)).toMatchObject({ usesTry: true });
	});
});
