import {
	healthAfter,
	reasonToDisable,
	settlementOf,
	tellByEvents,
} from '../../../openclaw-plugin/src/delivery/changes';
import { NEW_HEALTH } from '../../../openclaw-plugin/src/delivery/health';
import type { DeliveryHealth } from '../../../openclaw-plugin/src/delivery/health';
import type { DeliveryResponse } from '../../../openclaw-plugin/src/delivery/httpClient';
import { readOutcome } from '../../../openclaw-plugin/src/delivery/outcome';
import type { Outcome } from '../../../openclaw-plugin/src/delivery/outcome';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { createOwnEvents } from '../../../openclaw-plugin/src/outbox/emitter';
import { openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import type { Store } from '../../../openclaw-plugin/src/store/store';
import { rememberingLogger } from '../outbox/support/endpoints';
import { useFolder } from '../store/support/folder';
import { endpointNamed } from './support/deliveries';

const NOW = 1_800_000_000_000;
const WEBHOOK = { kind: 'webhook', name: 'crm' } as const;
const CALLBACK = { ...WEBHOOK, kind: 'callback' } as const;
const PAGE = { contentType: 'text/html; charset=utf-8', body: '<html><title>Sign in</title>' };

function answered(status: number, more: object = {}): DeliveryResponse {
	return { kind: 'answered', status, durationMs: 5, body: '', ...more };
}

const read = (status: number, more: object = {}, receiver: object = WEBHOOK): Outcome =>
	readOutcome(answered(status, more), { ...WEBHOOK, ...receiver }, NOW);

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

describe('tellByEvents', () => {
	const folder = useFolder();
	const crm = endpointNamed('crm');
	let store: Store;

	/** An endpoint in the database that wants some events. */
	function save(id: number, name: string, events: readonly string[]): void {
		store
			.prepare(
				`INSERT INTO endpoints (id, name, kind, origin, settings, created_at, updated_at)
				VALUES (?, ?, 'webhook', 'config', ?, 0, 0)`,
			)
			.run(id, name, JSON.stringify({ url: 'https://ops.example', events }));
	}

	/** Who got which event about what. */
	const sent = () =>
		store
			.prepare(
				`SELECT p.name, e.type, e.body FROM deliveries d JOIN events e ON e.seq = d.event_seq
				JOIN endpoints p ON p.id = d.endpoint_id ORDER BY d.id`,
			)
			.all()
			.map(({ name, type, body }) => {
				const { data } = JSON.parse(String(body)) as { data: unknown };
				return { name, type, data };
			});

	const listeners = () => {
		const outbox = openOutbox(store, { folder: folder.path });
		const logger = rememberingLogger();
		return tellByEvents(createOwnEvents({ database: store, outbox, instanceId: 'i', logger }));
	};

	beforeEach(() => {
		store = openStore(folder.path);
		save(crm.id, 'crm', ['*', 'endpoint.disabled', 'delivery.failed']);
		save(2, 'ops', [
			'endpoint.failing',
			'endpoint.recovered',
			'endpoint.disabled',
			'delivery.failed',
		]);
		save(3, 'all', ['*']);
	});

	afterEach(() => {
		store.close();
	});

	it.each([
		['failing', { since: 5, reason: 'HTTP 500' }],
		['recovered', { failingSince: 5 }],
		['disabled', { reason: 'HTTP 410' }],
	] as const)('tells others that an endpoint is %s, if they name the event', (kind, details) => {
		listeners().onStateChange?.(crm, { kind, ...details } as never);
		const data = { endpoint: { name: 'crm', ...details } };
		expect(sent()).toEqual([{ name: 'ops', type: `endpoint.${kind}`, data }]);
	});

	it('tells of a delivery that failed for good', () => {
		const delivery = { id: 7, eventId: 'evt_1', reason: 'HTTP 400: no_text' };
		listeners().onFailedForGood?.(crm, { ...delivery, eventType: 'message.sent' });
		const told = { ...delivery, id: 'dlv_7', type: 'message.sent' };
		const data = { endpoint: { name: 'crm' }, delivery: told };
		expect(sent()).toEqual([{ name: 'ops', type: 'delivery.failed', data }]);
	});

	it('tells of no delivery of such an event, and of no queue of callbacks', () => {
		const { onFailedForGood, onStateChange } = listeners();
		const failed = { id: 7, eventId: 'evt_1', reason: '', eventType: 'endpoint.failing' };
		onFailedForGood?.(crm, failed);
		onStateChange?.({ ...crm, kind: 'callback' }, { kind: 'failing', since: 5, reason: '' });
		expect(sent()).toEqual([]);
	});
});
