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

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/**
 * Writes the metrics for Prometheus. Deliveries and attempts are counted in the database, over what it
 * keeps (`outbox.retentionDays`), so that a restart of the gateway loses no counts.
 *
 * @throws what the database throws
 */
export function renderMetrics({ folder, database, outbox, now }: MetricsParts): string {
	const { endpoints } = describeHealth(database, now);
	const rows = (sql: string) => database.prepare(sql).all();
	const names = new Map(
		rows('SELECT id, name FROM endpoints').map((row) => [Number(row.id), String(row.name)]),
	);
	const endpointOf = (row: Row) => names.get(Number(row.endpoint_id)) ?? '';
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
			return found === undefined ? [] : [[{ endpoint: endpoint.name }, found]];
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
				(row): Sample => [{ endpoint: endpointOf(row), state: String(row.state) }, Number(row.n)],
			),
		),
		...metric(
			'attempts',
			'gauge',
			'Attempts that are kept, by endpoint and result',
			attemptCounts(database, endpointOf),
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
		...latencies(database, endpointOf),
		...metric('outbox_bytes', 'gauge', 'Bytes of the outbox on disk', [[{}, outbox.usedBytes()]]),
		...metric('outbox_limit_bytes', 'gauge', 'Bytes that the outbox may take', [
			[{}, outbox.maxBytes],
		]),
		...metric('faults', 'gauge', 'What is wrong with the plugin now', [
			[{}, listFaults(folder).filter(({ severity }) => severity === 'fault').length],
		]),
		'',
	].join('\n');
}

function attemptCounts(database: Database, endpointOf: (row: Row) => string): readonly Sample[] {
	return database
		.prepare(
			`SELECT d.endpoint_id, CASE WHEN a.error IS NULL THEN 'accepted' ELSE 'failed' END AS result,
				count(*) AS n
			FROM attempts a JOIN deliveries d ON d.id = a.delivery_id GROUP BY d.endpoint_id, result`,
		)
		.all()
		.map(
			(row): Sample => [{ endpoint: endpointOf(row), result: String(row.result) }, Number(row.n)],
		);
}

/** How long the answered attempts took. */
function latencies(database: Database, endpointOf: (row: Row) => string): readonly string[] {
	const name = 'attempt_duration_seconds';
	const sums = BUCKETS.map(
		(bound, index) => `sum(a.duration_ms <= ${String(bound * 1000)}) AS b${String(index)}`,
	).join(', ');
	const rows = database
		.prepare(
			`SELECT d.endpoint_id, ${sums}, count(*) AS n, sum(a.duration_ms) AS total
			FROM attempts a JOIN deliveries d ON d.id = a.delivery_id
			WHERE a.status IS NOT NULL GROUP BY d.endpoint_id`,
		)
		.all();
	return [
		`# HELP openclaw_event_webhooks_${name} How long endpoints took to answer`,
		`# TYPE openclaw_event_webhooks_${name} histogram`,
		...rows.flatMap((row) => {
			const endpoint = endpointOf(row);
			const count = Number(row.n);
			return [
				...BUCKETS.map((bound, index) =>
					line(`${name}_bucket`, { endpoint, le: String(bound) }, Number(row[`b${String(index)}`])),
				),
				line(`${name}_bucket`, { endpoint, le: '+Inf' }, count),
				line(`${name}_sum`, { endpoint }, Number(row.total) / 1000),
				line(`${name}_count`, { endpoint }, count),
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
