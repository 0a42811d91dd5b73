import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatEndpointId } from '../endpoints/endpoint';
import { describeHealth } from '../endpoints/endpointHealth';
import type { EndpointHealth } from '../endpoints/endpointHealth';
import { listFaults } from '../health/faults';
import type { Outbox } from '../outbox/outbox';
import type { Database, Row } from '../store/databaseAccess';

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface MetricsParts {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly database: Database;
	readonly outbox: Pick<Outbox, 'maxBytes' | 'usedBytes'>;
	/** Milliseconds since 1970. */
	readonly now: number;
}

/** Upper bounds of the latency histogram, in seconds. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15] as const;
/** Deliveries whose attempts are counted at once: some 10 ms. */
const COUNTED_AT_ONCE = 5000;

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/**
 * Writes the metrics for Prometheus. Deliveries and attempts are counted in the database, over what it
 * keeps (`outbox.retentionDays`), so that a restart of the gateway loses no counts. Endpoints have their id
 * beside the name, as one that was removed may have had the same. The agents of the gateway go on meanwhile.
 *
 * @throws what the database throws
 */
export async function renderMetrics({
	folder,
	database,
	outbox,
	now,
}: MetricsParts): Promise<string> {
	const attempts = await countAttempts(database);
	const { endpoints } = describeHealth(database, now);
	const rows = (sql: string) => database.prepare(sql).all();
	const names = new Map(
		rows('SELECT id, name FROM endpoints').map((row) => [Number(row.id), String(row.name)]),
	);
	const labelsOf = (id: number): Labels => ({
		endpoint: names.get(id) ?? '',
		id: formatEndpointId(id),
	});
	const metric = (name: string, type: string, help: string, samples: readonly Sample[]) => [
		`# HELP openclaw_event_webhooks_${name} ${help}`,
		`# TYPE openclaw_event_webhooks_${name} ${type}`,
		...samples.map(([labels, value]) => line(name, labels, value)),
	];
	const perEndpoint = (
		value: (endpoint: EndpointHealth) => number | undefined,
	): readonly Sample[] =>
		endpoints.flatMap((endpoint): readonly Sample[] => {
			const found = value(endpoint);
			return found === undefined ? [] : [[{ endpoint: endpoint.name, id: endpoint.id }, found]];
		});
	return [
		...metric(
			'events',
			'gauge',
			'Events that are kept, by type',
			rows('SELECT type, count(*) AS n FROM events GROUP BY type').map(
				(row): Sample => [{ type: String(row.type) }, Number(row.n)],
			),
		),
		...metric(
			'deliveries',
			'gauge',
			'Deliveries that are kept, by endpoint and state',
			rows(
				'SELECT endpoint_id, state, count(*) AS n FROM deliveries GROUP BY endpoint_id, state',
			).map(
				(row): Sample => [
					{ ...labelsOf(Number(row.endpoint_id)), state: String(row.state) },
					Number(row.n),
				],
			),
		),
		...metric(
			'attempts',
			'gauge',
			'Attempts that are kept, by endpoint and result',
			attempts.flatMap(({ endpointId, accepted, failed }): readonly Sample[] => [
				[{ ...labelsOf(endpointId), result: 'accepted' }, accepted],
				[{ ...labelsOf(endpointId), result: 'failed' }, failed],
			]),
		),
		...metric(
			'queue_depth',
			'gauge',
			'Deliveries that wait',
			perEndpoint(({ lastDay }) => lastDay.pending),
		),
		...metric(
			'queue_age_seconds',
			'gauge',
			'Age of the oldest delivery that waits',
			perEndpoint(({ oldestWaitingAt }) =>
				oldestWaitingAt === undefined ? 0 : Math.max(now - oldestWaitingAt, 0) / 1000,
			),
		),
		...metric(
			'endpoint_up',
			'gauge',
			'1 where the endpoint is sent to and works',
			perEndpoint(({ state }) => (state.state === 'active' ? 1 : 0)),
		),
		...latencies(attempts, labelsOf),
		...metric('outbox_bytes', 'gauge', 'Bytes of the outbox on disk', [[{}, outbox.usedBytes()]]),
		...metric('outbox_limit_bytes', 'gauge', 'Bytes that the outbox may take', [
			[{}, outbox.maxBytes],
		]),
		...metric(
			'approvals',
			'gauge',
			'Tool calls that wait to be allowed, and those that were decided on and are kept',
			rows(
				`SELECT CASE WHEN decision IS NULL THEN 'waiting' WHEN decision = 'allow' THEN 'allowed'
					ELSE 'denied' END AS state, coalesce(cause, '') AS cause, count(*) AS n
				FROM approvals GROUP BY 1, 2`,
			).map(
				(row): Sample => [{ state: String(row.state), cause: String(row.cause) }, Number(row.n)],
			),
		),
		...metric('faults', 'gauge', 'What is wrong with the plugin now', [
			[{}, listFaults(folder).filter(({ severity }) => severity === 'fault').length],
		]),
		'',
	].join('\n');
}

/** Attempts at one endpoint. */
interface AttemptCounts {
	readonly endpointId: number;
	readonly accepted: number;
	readonly failed: number;
	readonly answered: number;
	/** How long the answered ones took, together. */
	readonly totalMs: number;
	/** How many of the answered ones took no longer than each of the {@link BUCKETS}. */
	readonly within: readonly number[];
}

/** Counts so many at a time: the gateway has other things to do. */
async function countAttempts(database: Database): Promise<readonly AttemptCounts[]> {
	const within = BUCKETS.map(
		(bound, index) =>
			`sum(a.status IS NOT NULL AND a.duration_ms <= ${String(bound * 1000)}) AS b${String(index)}`,
	).join(', ');
	const count = database.prepare(
		`SELECT d.endpoint_id, ${within}, sum(a.error IS NULL) AS accepted, sum(a.error IS NOT NULL) AS failed,
			count(a.status) AS answered, total(iif(a.status IS NULL, 0, a.duration_ms)) AS total_ms
		FROM deliveries d JOIN attempts a ON a.delivery_id = d.id
		WHERE d.id > ? AND d.id <= ? GROUP BY d.endpoint_id`,
	);
	const ends = database.prepare('SELECT min(id) AS first, max(id) AS last FROM deliveries').get();
	const last = Number(ends?.last ?? 0);
	const counts = new Map<number, AttemptCounts>();
	for (let from = Number(ends?.first ?? 0) - 1; from < last; from += COUNTED_AT_ONCE) {
		for (const row of count.all(from, from + COUNTED_AT_ONCE)) {
			const endpointId = Number(row.endpoint_id);
			counts.set(endpointId, addCounts(readCounts(endpointId, row), counts.get(endpointId)));
		}
		await nextTurn();
	}
	return [...counts.values()];
}

function readCounts(endpointId: number, row: Row): AttemptCounts {
	return {
		endpointId,
		accepted: Number(row.accepted),
		failed: Number(row.failed),
		answered: Number(row.answered),
		totalMs: Number(row.total_ms),
		within: BUCKETS.map((_, index) => Number(row[`b${String(index)}`])),
	};
}

function addCounts(more: AttemptCounts, known: AttemptCounts | undefined): AttemptCounts {
	if (known === undefined) return more;
	return {
		endpointId: known.endpointId,
		accepted: known.accepted + more.accepted,
		failed: known.failed + more.failed,
		answered: known.answered + more.answered,
		totalMs: known.totalMs + more.totalMs,
		within: known.within.map((count, index) => count + (more.within[index] ?? 0)),
	};
}

/** How long the answered attempts took. */
function latencies(
	attempts: readonly AttemptCounts[],
	labelsOf: (endpointId: number) => Labels,
): readonly string[] {
	const name = 'attempt_duration_seconds';
	return [
		`# HELP openclaw_event_webhooks_${name} How long endpoints took to answer`,
		`# TYPE openclaw_event_webhooks_${name} histogram`,
		...attempts.flatMap(({ endpointId, answered, totalMs, within }) => {
			const labels = labelsOf(endpointId);
			return [
				...BUCKETS.map((bound, index) =>
					line(`${name}_bucket`, { ...labels, le: String(bound) }, within[index] ?? 0),
				),
				line(`${name}_bucket`, { ...labels, le: '+Inf' }, answered),
				line(`${name}_sum`, labels, totalMs / 1000),
				line(`${name}_count`, labels, answered),
			];
		}),
	];
}

function line(name: string, labels: Labels, value: number): string {
	const list = Object.entries(labels)
		.map(
			([key, text]) =>
				`${key}="${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`,
		)
		.join(',');
	return `openclaw_event_webhooks_${name}${list === '' ? '' : `{${list}}`} ${String(value)}`;
}
