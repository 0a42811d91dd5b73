import { maskUrl } from '../../../openclaw-plugin/src/endpoints/endpoint';
import {
	describeHealth,
	firstSince,
	type EndpointHealth,
} from '../../../openclaw-plugin/src/endpoints/endpointHealth';
import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { temporaryDatabase, type TemporaryDatabase } from '../outbox/support/temporaryDatabase';
import { storedEndpoint } from './support/storedEndpoints';

const NOW = Date.UTC(2026, 2, 14, 10, 30);
const HOUR_MS = 3_600_000;
let store: TemporaryDatabase;

beforeEach(async () => {
	store = await temporaryDatabase();
});

afterEach(async () => {
	await store.remove();
});

const SETTINGS = {
	url: 'https://hooks.slack.com/services/T00/B00/secret-path?key=secret-key',
	events: ['*'],
	headers: { 'X-API-Key': 'header-secret' },
} as const;
const endpoint = (name: string) => storedEndpoint(store.database, name, { settings: SETTINGS });
const setHealth = (name: string, columns: Record<string, string | number>) => {
	const names = Object.keys(columns);
	store.database
		.prepare(
			`INSERT INTO endpoint_health (endpoint_id, ${names.join(', ')})
			VALUES (?, ${names.map(() => '?').join(', ')})`,
		)
		.run(endpoint(name).id, ...Object.values(columns));
};

const health = (): readonly EndpointHealth[] => describeHealth(store.database, NOW).endpoints;

describe('describeHealth', () => {
	it('says little about an endpoint that nothing was sent to', () => {
		const { id } = endpoint('ops');
		openEndpointTable(store.database).setSecret(id, 'whsec_top-secret', undefined, 0);
		expect(health()).toEqual([
			{
				id: 'ep_1',
				name: 'ops',
				kind: 'webhook',
				origin: 'api',
				url: 'https://hooks.slack.com/…',
				events: ['*'],
				isSigned: true,
				state: { state: 'active' },
				lastDay: { pending: 0, delivered: 0, failed: 0 },
				consecutiveFailures: 0,
			},
		]);
	});

	it('never holds a secret, nor the part of a URL that may be one', () => {
		const { id } = endpoint('ops');
		openEndpointTable(store.database).setSecret(id, 'whsec_top-secret', undefined, 0);
		const [described] = health();

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

		const overview = describeHealth(store.database, NOW);

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

		expect(health()[0]?.responseTime).toEqual({ p50: 100, p95: 190 });
	});

	it('tells the last success and the last failure', () => {
		setHealth('ops', {
			last_success_at: 5,
			last_failure_at: 6,
			last_error: 'HTTP 500',
			failures: 2,
		});

		expect(health()[0]).toMatchObject({
			lastSuccessAt: 5,
			lastFailureAt: 6,
			lastFailure: 'HTTP 500',
			consecutiveFailures: 2,
		});
	});

	it('tells in which state each of them is', () => {
		const table = openEndpointTable(store.database);
		setHealth('probed', { failures: 7, failing_since: 4, open_until: NOW + 1000 });
		setHealth('failed twice', { failures: 2, open_until: NOW + 1000 });
		setHealth('asked to wait', { held_until: NOW + 5, hold_reason: 'HTTP 429' });
		setHealth('waited', { held_until: NOW - 5, hold_reason: 'HTTP 429' });
		const reason = 'The receiver answered 410';
		table.setDisabled(endpoint('gone').id, { since: 7, reason });
		table.setPaused(endpoint('paused').id, 8);
		table.setFaulty(endpoint('faulty').id, { since: 9, reason: "'url' is missing" });
		table.setExpired(endpoint('expired').id, 10);

		expect(health().map(({ name, state }) => [name, state])).toEqual([
			['probed', { state: 'failing', since: 4, nextProbeAt: NOW + 1000 }],
			['failed twice', { state: 'active' }],
			['asked to wait', { state: 'held', until: NOW + 5, reason: 'HTTP 429' }],
			['waited', { state: 'active' }],
			['gone', { state: 'disabled', since: 7, reason }],
			['paused', { state: 'paused', since: 8 }],
			['faulty', { state: 'faulty', since: 9, reason: "'url' is missing" }],
			['expired', expect.objectContaining({ state: 'expired', since: 10 })],
		]);
	});

	it('names a removed endpoint for as long as something waits for it', () => {
		storeDeliveries(store.database, [{ endpoint: 'gone', state: 'pending', createdAt: 5 }]);
		endpoint('gone too');
		const table = openEndpointTable(store.database);
		for (const { id } of table.list()) table.setRemoved(id, 6);

		expect(health()).toMatchObject([
			{ name: 'gone', state: { state: 'removed' }, oldestWaitingAt: 5, lastDay: { pending: 1 } },
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
