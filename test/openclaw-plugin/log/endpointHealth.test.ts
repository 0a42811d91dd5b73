import type { Endpoint } from '../../../openclaw-plugin/src/endpoints/endpoint';
import {
	describeHealth,
	type EndpointHealth,
} from '../../../openclaw-plugin/src/log/endpointHealth';
import { firstSince } from '../../../openclaw-plugin/src/log/firstSince';
import { maskUrl } from '../../../openclaw-plugin/src/log/maskUrl';
import { storeDeliveries } from './support/storedDelivery';
import { temporaryDatabase, type TemporaryDatabase } from './support/temporaryDatabase';

const NOW = Date.UTC(2026, 2, 14, 10, 30);
const HOUR_MS = 3_600_000;
let store: TemporaryDatabase;

beforeEach(async () => {
	store = await temporaryDatabase();
});

afterEach(async () => {
	await store.remove();
});

const endpoint = (name: string, more: Partial<Endpoint> = {}): Endpoint => ({
	name,
	url: 'https://hooks.slack.com/services/T00/B00/secret-path?key=secret-key',
	events: ['*'],
	secrets: ['whsec_top-secret'],
	origin: 'config',
	...more,
});

const setState = (name: string, columns: Record<string, string | number>) => {
	const names = Object.keys(columns);
	store.database
		.prepare(
			`INSERT INTO endpoint_states (endpoint, ${names.join(', ')})
			VALUES (?, ${names.map(() => '?').join(', ')})`,
		)
		.run(name, ...Object.values(columns));
};

const health = (...endpoints: Endpoint[]): readonly EndpointHealth[] =>
	describeHealth(store.database, endpoints, NOW).endpoints;

describe('describeHealth', () => {
	it('says little about an endpoint that nothing was sent to', () => {
		expect(health(endpoint('ops'))).toEqual([
			{
				name: 'ops',
				origin: 'config',
				url: 'https://hooks.slack.com/…',
				events: ['*'],
				isSigned: true,
				condition: { state: 'active' },
				lastDay: { pending: 0, delivered: 0, failed: 0 },
				consecutiveFailures: 0,
			},
		]);
	});

	it('never holds a secret, nor the part of a URL that may be one', () => {
		const [described] = health(endpoint('ops', { headers: { 'X-API-Key': 'header-secret' } }));

		expect(JSON.stringify(described)).not.toMatch(/secret|whsec/);
	});

	it('counts what was settled within the last 24 hours, and all that waits', () => {
		storeDeliveries(store.database, [
			{ createdAt: NOW - 30 * HOUR_MS, state: 'failed' },
			{ createdAt: NOW - 29 * HOUR_MS, state: 'pending' },
			{ createdAt: NOW - 3 * HOUR_MS, state: 'delivered' },
			{ createdAt: NOW - 2 * HOUR_MS, state: 'delivered' },
			{ createdAt: NOW - 2 * HOUR_MS, state: 'delivered' },
			{ createdAt: NOW - HOUR_MS, state: 'failed' },
			{ createdAt: NOW - HOUR_MS, state: 'failed', endpoint: 'gone' },
		]);

		const overview = describeHealth(store.database, [endpoint('ops')], NOW);

		const expected = { pending: 1, delivered: 3, failed: 1, successRate: 0.75 };
		expect(overview.endpoints[0]?.lastDay).toEqual(expected);
		expect(overview.lastDay).toEqual({ pending: 1, delivered: 3, failed: 2, successRate: 0.6 });
	});

	it('measures answers only, by nearest rank', () => {
		storeDeliveries(store.database, [
			{ createdAt: NOW - 30 * HOUR_MS, status: 200, durationMs: 9999 },
			...Array.from({ length: 20 }, (_, index) => ({
				createdAt: NOW - HOUR_MS,
				status: 200,
				durationMs: 10 * (index + 1),
			})),
			{ createdAt: NOW, state: 'failed', durationMs: 15_000, error: 'no answer' },
		]);

		expect(health(endpoint('ops'))[0]?.responseTime).toEqual({ p50: 100, p95: 190 });
	});

	it('tells the last success and the last failure', () => {
		setState('ops', {
			last_success_at: 5,
			last_failure_at: 6,
			last_error: 'HTTP 500',
			consecutive_failures: 2,
		});

		expect(health(endpoint('ops'))[0]).toMatchObject({
			lastSuccessAt: 5,
			lastFailureAt: 6,
			lastFailure: 'HTTP 500',
			consecutiveFailures: 2,
		});
	});

	it('tells paused and disabled endpoints from active ones', () => {
		setState('open', { open_until: NOW + 1000 });
		setState('closed', { open_until: NOW - 1000 });
		setState('gone', { disabled_at: 7, disabled_reason: 'the receiver answered 410' });

		const conditions = health(
			endpoint('open'),
			endpoint('closed'),
			endpoint('gone'),
			endpoint('off', { enabled: false }),
		).map(({ condition }) => condition);

		expect(conditions).toEqual([
			{ state: 'paused', until: NOW + 1000 },
			{ state: 'active' },
			{ state: 'disabled', since: 7, reason: 'the receiver answered 410' },
			{ state: 'disabled', reason: 'switched off in its settings' },
		]);
	});
});

describe('firstSince', () => {
	it('finds the first one among numbers with gaps', () => {
		storeDeliveries(
			store.database,
			Array.from({ length: 100 }, (_, index) => ({ createdAt: index * 10 })),
		);
		store.database.exec('DELETE FROM deliveries WHERE id BETWEEN 20 AND 60');

		const since = store.database.prepare('SELECT count(*) AS n FROM deliveries WHERE id >= ?');
		const later = store.database.prepare(
			'SELECT count(*) AS n FROM deliveries WHERE created_at >= ?',
		);

		for (const time of [0, 1, 180, 181, 400, 600, 601, 990, 991]) {
			expect(since.get(firstSince(store.database, time))).toEqual(later.get(time));
		}
	});
});

describe('maskUrl', () => {
	it.each([
		['https://user:password@crm.example/', 'https://crm.example/'],
		['http://127.0.0.1:5678/webhook/0b0e', 'http://127.0.0.1:5678/…'],
		['https://crm.example?token=1', 'https://crm.example/…'],
		['${CRM_URL}', '(no URL)'],
	])('shows %s as %s', (url, shown) => {
		expect(maskUrl(url)).toBe(shown);
	});
});
