import { NEW_HEALTH } from '../../../openclaw-plugin/src/delivery/health';
import type { DeliveryHealth } from '../../../openclaw-plugin/src/delivery/health';
import type { DeliveryResponse } from '../../../openclaw-plugin/src/delivery/httpClient';
import {
	healthAfter,
	readOutcome,
	reasonToDisable,
	settlementOf,
} from '../../../openclaw-plugin/src/delivery/outcome';
import type { Outcome } from '../../../openclaw-plugin/src/delivery/outcome';

const NOW = 1_800_000_000_000;
const WEBHOOK = { kind: 'webhook', name: 'crm' } as const;
const N8N = { ...WEBHOOK, registrant: 'n8n-1' } as const;
const CALLBACK = { ...WEBHOOK, kind: 'callback' } as const;
const PAGE = { contentType: 'text/html; charset=utf-8', body: '<html><title>Sign in</title>' };

function answered(status: number, more: object = {}): DeliveryResponse {
	return { kind: 'answered', status, durationMs: 5, body: '', ...more };
}

const read = (status: number, more: object = {}, receiver: object = WEBHOOK): Outcome =>
	readOutcome(answered(status, more), { ...WEBHOOK, ...receiver }, NOW);

describe('readOutcome', () => {
	it.each([200, 201, 202, 204, 299])('takes %d for a delivery', (status) => {
		expect(read(status)).toEqual({ kind: 'delivered' });
	});

	it("tries again what n8n's start page has answered", () => {
		const page = { body: 'n8n is starting up. Please wait' };
		expect(read(200, page)).toMatchObject({
			kind: 'failed',
			isEndpointFault: true,
			error: expect.stringContaining('n8n is starting up') as string,
		});
		expect(read(200, { body: '{"received":true}' })).toEqual({
			kind: 'delivered',
		});
	});

	it.each([301, 302, 307, 401, 403, 404, 405, 408, 421, 500, 502, 503, 504])(
		'takes %d for a fault of the endpoint',
		(status) => {
			expect(read(status)).toMatchObject({
				kind: 'failed',
				isEndpointFault: true,
			});
		},
	);

	it.each([400, 402, 406, 409, 411, 413, 415, 422])(
		'takes %d for a fault of the event',
		(status) => {
			expect(read(status)).toMatchObject({
				kind: 'failed',
				isEndpointFault: false,
			});
		},
	);

	it('takes 410 for the wish to get nothing any more', () => {
		expect(read(410)).toMatchObject({ kind: 'gone' });
	});

	it('of a callback says nothing about the endpoint', () => {
		expect(read(410, {}, CALLBACK)).toMatchObject({ kind: 'final' });
		const faults = [302, 401, 404, 409, 408, 503].map((status) => read(status, {}, CALLBACK));
		expect(
			faults.map((outcome) => 'isEndpointFault' in outcome && outcome.isEndpointFault),
		).toEqual([false, false, false, false, true, true]);
	});

	it('holds the endpoint for as long as it asks', () => {
		const error = 'HTTP 429: it got too many requests';
		expect(read(429)).toEqual({ kind: 'held', by: 'receiver', error, askedMs: undefined });
		expect(read(429, { retryAfter: '7' })).toMatchObject({ kind: 'held', askedMs: 7000 });
		expect(read(503, { retryAfter: '120' })).toMatchObject({ kind: 'held', askedMs: 120_000 });
		expect(read(503)).toMatchObject({ kind: 'failed', isEndpointFault: true });
	});

	it("reads a date by the receiver's own clock", () => {
		const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
		const retryAfter = 'Wed, 21 Oct 2026 07:28:30 GMT';
		expect(read(429, { date, retryAfter })).toMatchObject({ askedMs: 30_000 });
	});

	it.each([400, 413, 422])('takes %d with an answer for a refusal, and quotes it', (status) => {
		const body = '{"error":"no_text"}\n';
		expect(read(status, { body })).toEqual({
			kind: 'refused',
			error: expect.stringMatching(
				new RegExp(`^HTTP ${status}: .*: \\{"error":"no_text"\\}$`),
			) as string,
		});
	});

	it('quotes the beginning of a long answer, and the title of a page', () => {
		const { error } = read(400, { body: 'x'.repeat(5000) }) as { error: string };
		expect(error).toBe(`HTTP 400: the receiver refused the event: ${'x'.repeat(200)}…`);
		expect(read(413, { ...PAGE, body: '<title>413 Too Large</title>' })).toMatchObject({
			error: 'HTTP 413: the event is too large for it: 413 Too Large',
		});
	});

	it('takes a page for no delivery where n8n made the endpoint', () => {
		expect(read(200, PAGE, N8N)).toMatchObject({
			kind: 'failed',
			isEndpointFault: true,
			error: expect.stringContaining('with a web page (text/html)') as string,
		});
	});

	it('warns of a page elsewhere', () => {
		expect(read(200, PAGE)).toEqual({
			kind: 'delivered',
			warning: expect.stringContaining('web page (text/html)') as string,
		});
	});

	it.each(['proxy', 'settings'] as const)('holds the endpoint for a fault of the %s', (reason) => {
		const response = { kind: 'unanswered', reason, message: 'why', durationMs: 5 } as const;
		expect(readOutcome(response, WEBHOOK, NOW)).toEqual({
			kind: 'held',
			by: reason,
			error: 'why',
			askedMs: undefined,
		});
	});

	it("holds the endpoint for a proxy's own answer", () => {
		expect(read(407, { isFromProxy: true })).toMatchObject({ kind: 'held', by: 'proxy' });
		expect(read(407)).toMatchObject({ kind: 'failed' });
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
		expect(read(status, more)).toMatchObject({ error });
	});

	it.each([
		['timeout', true],
		['network', false],
		['blocked', false],
	] as const)('takes %s for a fault of the endpoint', (reason, rotatesProbe) => {
		const response = { kind: 'unanswered', reason, message: 'why', durationMs: 5 } as const;
		expect(readOutcome(response, WEBHOOK, NOW)).toEqual({
			kind: 'failed',
			error: 'why',
			isEndpointFault: true,
			rotatesProbe,
			retryAfterMs: undefined,
		});
	});
});

describe('settlementOf', () => {
	const context = {
		retry: { maxAttempts: 3, backoffMs: 1000 },
		tries: 0,
		refusals: 0,
		isProbe: false,
		leastWaitMs: 0,
		now: NOW,
		random: 0.5,
	};
	const failed = (more: object = {}) => ({ ...read(500), ...more });

	it('delivers, fails and forgets', () => {
		expect(settlementOf({ kind: 'delivered' }, context)).toEqual({ state: 'delivered' });
		expect(settlementOf({ kind: 'final', error: '' }, context)).toEqual({ state: 'failed' });
		expect(settlementOf({ kind: 'interrupted' }, context)).toBeUndefined();
	});

	it('tries again while tries are left', () => {
		const settlements = [0, 1, 2].map((tries) => settlementOf(failed(), { ...context, tries }));
		expect(settlements).toEqual([
			{ state: 'retry', nextAt: NOW + 1000, usesTry: true },
			{ state: 'retry', nextAt: NOW + 2000, usesTry: true },
			{ state: 'failed' },
		]);
	});

	it('waits for as long as the receiver asks, or a signature of its own needs, never shorter', () => {
		expect(settlementOf(failed({ retryAfterMs: 60_000 }), context)).toMatchObject({
			nextAt: NOW + 60_000,
		});
		expect(settlementOf(failed({ retryAfterMs: 10 }), context)).toMatchObject({
			nextAt: NOW + 1000,
		});
		expect(settlementOf(failed(), { ...context, leastWaitMs: 1500 })).toMatchObject({
			nextAt: NOW + 1500,
		});
	});

	it.each([
		['that holds the endpoint', read(429)],
		['that ends it', read(410)],
	])('uses no try for an answer %s', (_, outcome) => {
		expect(settlementOf(outcome, { ...context, tries: 2 })).toEqual({
			state: 'retry',
			usesTry: false,
		});
	});

	it('uses no try for a probe that finds the endpoint down, but one for an event it refuses', () => {
		const probe = { ...context, isProbe: true };
		expect(settlementOf(failed(), probe)).toEqual({ state: 'retry', usesTry: false });
		expect(settlementOf(failed(), { ...probe, tries: 2 })).toEqual({
			state: 'retry',
			usesTry: false,
		});
		expect(settlementOf(failed({ isEndpointFault: false }), probe)).toMatchObject({
			usesTry: true,
		});
	});

	it('gives an event up that was refused three times, or has no try left', () => {
		const refused = read(422, { body: 'no_text' });
		const plenty = { ...context, retry: { maxAttempts: 20, backoffMs: 1000 } };
		const states = [0, 1, 2].map(
			(refusals) => settlementOf(refused, { ...plenty, tries: refusals, refusals })?.state,
		);
		expect(states).toEqual(['retry', 'retry', 'failed']);
		expect(settlementOf(refused, { ...plenty, tries: 19 })).toEqual({ state: 'failed' });
	});
});

describe('healthAfter', () => {
	const clockAt = (day: number) => ({ now: () => NOW, elapsed: () => 0, day: () => day });
	const after = (outcomes: readonly Outcome[], from: DeliveryHealth = NEW_HEALTH, day = 0) =>
		outcomes.reduce((health, each) => healthAfter(health, each, clockAt(day), 0.5), from);
	const down = Array.from({ length: 5 }, () => read(500));

	it('counts failures of the endpoint, until a delivery', () => {
		const health = after(down);
		expect(health).toMatchObject({
			pace: { failures: 5, openUntil: 5000 },
			failingSince: { at: NOW, elapsed: 0, day: 0 },
			lastFailureAt: NOW,
			lastError: 'HTTP 500: the receiver failed',
		});
		expect(after([{ kind: 'delivered' }], health)).toMatchObject({
			pace: { failures: 0, openUntil: undefined },
			failingSince: undefined,
			lastSuccessAt: NOW,
		});
	});

	it('takes no event that was refused for a failure', () => {
		const refusals = Array.from({ length: 100 }, () => read(400, { body: 'no_text' }));
		expect(after(refusals)).toMatchObject({
			pace: { failures: 0, holds: 0 },
			failingSince: undefined,
		});
	});

	it('charges what a proxy does to nobody', () => {
		const health = after(Array.from({ length: 9 }, () => read(407, { isFromProxy: true })));
		expect(health).toMatchObject({
			pace: { failures: 0, holdReason: expect.stringContaining('the proxy') as string },
			failingSince: undefined,
			lastError: undefined,
		});
	});

	it('forgets a warning when the next delivery gives none', () => {
		const warned = after([read(200, PAGE)]);
		expect(warned.lastWarning).toContain('web page');
		expect(after([read(200)], warned).lastWarning).toBeUndefined();
	});

	it('leads to the end of an endpoint that says so, or takes nothing for five days', () => {
		const reason = (receiver: typeof WEBHOOK | typeof CALLBACK, outcome: Outcome, day: number) =>
			reasonToDisable(receiver, outcome, after([outcome], after(down), day), clockAt(day));
		expect(reason(WEBHOOK, read(410), 0)).toContain('HTTP 410');
		expect(reason(WEBHOOK, read(500), 4)).toBeUndefined();
		expect(reason(WEBHOOK, read(500), 5)).toBe(
			'It took no event for 5 days, the last time with: HTTP 500: the receiver failed',
		);
		expect(reason(WEBHOOK, read(200), 5)).toBeUndefined();
		expect(reason(CALLBACK, read(500), 5)).toBeUndefined();
	});

	it('does not end one for a single failure long ago and one now', () => {
		const health = after([read(500)], after([read(500)]), 9);
		expect(reasonToDisable(WEBHOOK, read(500), health, clockAt(9))).toBeUndefined();
	});
});
