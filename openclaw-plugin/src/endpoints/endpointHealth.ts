import { OLDEST_PENDING } from '../outbox/queue';
import { asNumber, asText, optional } from '../store/databaseAccess';
import type { Database, Row } from '../store/databaseAccess';
import { formatEndpointId, maskUrl } from './endpoint';
import type { EndpointKind, EndpointOrigin, EndpointRecord } from './endpoint';
import { openEndpointTable } from './endpointTable';

/** How many deliveries there are. */
export interface DeliveryCounts {
	/** All that wait, whenever they were created. */
	readonly pending: number;
	readonly delivered: number;
	readonly failed: number;
	/** Delivered ones among the settled, from 0 to 1; absent when none has been settled. */
	readonly successRate?: number;
}

/** How long an endpoint takes to answer, in milliseconds. */
export interface ResponseTime {
	/** Half of the answers came within this time. */
	readonly p50: number;
	/** 95 % of the answers came within this time. */
	readonly p95: number;
}

/** Whether an endpoint is sent to. `failing`: too often in a row, so that it is probed now and then. */
export type EndpointState =
	| { readonly state: 'active' }
	| { readonly state: 'failing'; readonly since: number; readonly nextProbeAt?: number }
	/** The receiver has asked to be left alone until then. */
	| { readonly state: 'held'; readonly until: number; readonly reason: string }
	| Exclude<EndpointRecord['lifecycle'], { readonly state: 'active' }>;

/** Who fetches the events of an endpoint. */
export interface Fetching {
	/** Where the last one was who came; absent when nobody ever has. */
	readonly address?: string;
	/** When that one came first, milliseconds since 1970. */
	readonly since?: number;
	/** Milliseconds of a running gateway in which nobody has come; counted once a minute, 0: somebody is there. */
	readonly unfetchedMs: number;
}

/** How an endpoint has been doing. Times are milliseconds since 1970. */
export interface EndpointHealth {
	/** `ep_…` */
	readonly id: string;
	readonly name: string;
	readonly kind: EndpointKind;
	readonly origin: EndpointOrigin;
	readonly registrant?: string;
	/** Where it is, without what may be secret: path, query and password. Absent where it fetches. */
	readonly url?: string;
	/** Of one whose receiver fetches. */
	readonly fetching?: Fetching;
	readonly events: readonly string[];
	readonly isSigned: boolean;
	readonly state: EndpointState;
	readonly lastDay: DeliveryCounts;
	/** Of the newest answers within the last 24 hours, absent where there was none. */
	readonly responseTime?: ResponseTime;
	readonly lastSuccessAt?: number;
	readonly lastFailureAt?: number;
	/** Why the last failed attempt failed. */
	readonly lastFailure?: string;
	/** What was odd about the last delivery, although it counts as one. */
	readonly lastWarning?: string;
	readonly consecutiveFailures: number;
	/** When the oldest that waits was created. */
	readonly oldestWaitingAt?: number;
}

/** All endpoints, and all deliveries together. */
export interface Overview {
	/** When it was made. */
	readonly at: number;
	readonly lastDay: DeliveryCounts;
	/** Removed ones that something still waits for are among them. */
	readonly endpoints: readonly EndpointHealth[];
}

const DAY_MS = 86_400_000;
/** Failures in a row after which an endpoint counts as failing. */
export const FAILURES_TO_OPEN = 5;
/** Answers that are looked at, of each status: more would hardly change the result. */
const SAMPLES = 1000;

/**
 * How each endpoint has been doing over the last 24 hours: some 30 ms per 100,000 deliveries of these.
 *
 * @param now milliseconds since 1970
 */
export function describeHealth(database: Database, now: number): Overview {
	const first = firstSince(database, now - DAY_MS);
	const counts = countDeliveries(database, first);
	const table = openEndpointTable(database);
	const secrets = table.allSecrets(now);
	const rows = new Map(
		database
			.prepare('SELECT * FROM endpoint_health')
			.all()
			.map((row) => [Number(row.endpoint_id), row] as const),
	);
	const fetching = readFetching(database);
	const records = table
		.list()
		.filter(
			({ id, lifecycle }) => lifecycle.state !== 'removed' || (counts.get(id)?.pending ?? 0) > 0,
		);
	return {
		at: now,
		lastDay: sumCounts(counts.values()),
		endpoints: records.map((record) => {
			const row = rows.get(record.id) ?? {};
			const { id, settings } = record;
			const isSigned =
				settings.isSigned ??
				((secrets.get(id)?.current.length ?? 0) > 0 || record.kind === 'callback');
			return {
				id: formatEndpointId(id),
				name: record.name,
				kind: record.kind,
				origin: record.origin,
				...optional('registrant', record.registrant),
				...optional('url', settings.url === undefined ? undefined : maskUrl(settings.url)),
				...(record.kind === 'connection'
					? { fetching: fetching.get(id) ?? { unfetchedMs: 0 } }
					: {}),
				events: settings.events,
				isSigned,
				state: readState(record, row, now),
				lastDay: counts.get(id) ?? sumCounts([]),
				...optional('responseTime', measureResponseTime(database, id, first)),
				...optional('lastSuccessAt', asNumber(row.last_success_at)),
				...optional('lastFailureAt', asNumber(row.last_failure_at)),
				...optional('lastFailure', asText(row.last_error)),
				...optional('lastWarning', asText(row.last_warning)),
				consecutiveFailures: asNumber(row.failures) ?? 0,
				...optional('oldestWaitingAt', oldestWaiting(database, id)),
			};
		}),
	};
}

function readFetching(database: Database): ReadonlyMap<number, Fetching> {
	const rows = database.prepare('SELECT * FROM connections').all();
	return new Map(
		rows.map((row): [number, Fetching] => [
			Number(row.endpoint_id),
			{
				...optional('address', asText(row.address)),
				...optional('since', asNumber(row.since)),
				unfetchedMs: Number(row.unfetched_ms),
			},
		]),
	);
}

/** Forgets how an endpoint has been doing: it is tried again at once. */
export function forgetHealth(database: Database, endpointId: number): void {
	database
		.prepare(
			`UPDATE endpoint_health SET failures = 0, failing_since = NULL, open_until = NULL,
				held_until = NULL, hold_reason = NULL WHERE endpoint_id = ?`,
		)
		.run(endpointId);
}

/** Adds counts up. */
export function sumCounts(counts: Iterable<DeliveryCounts>): DeliveryCounts {
	let [pending, delivered, failed] = [0, 0, 0];
	for (const count of counts) {
		pending += count.pending;
		delivered += count.delivered;
		failed += count.failed;
	}
	const settled = delivered + failed;
	return {
		pending,
		delivered,
		failed,
		...(settled === 0 ? {} : { successRate: delivered / settled }),
	};
}

function readState({ lifecycle }: EndpointRecord, row: Row, now: number): EndpointState {
	if (lifecycle.state !== 'active') return lifecycle;
	const heldUntil = asNumber(row.held_until);
	if (heldUntil !== undefined && heldUntil > now) {
		return {
			state: 'held',
			until: heldUntil,
			reason: asText(row.hold_reason) ?? 'It asked for it',
		};
	}
	if ((asNumber(row.failures) ?? 0) < FAILURES_TO_OPEN) return { state: 'active' };
	const nextProbeAt = asNumber(row.open_until);
	return {
		state: 'failing',
		since: asNumber(row.failing_since) ?? now,
		...(nextProbeAt !== undefined && nextProbeAt > now ? { nextProbeAt } : {}),
	};
}

/**
 * Finds the number of the first delivery since a time. Numbers ascend with time, so halving the range
 * takes some twenty looks where no index of times is needed.
 *
 * @param time milliseconds since 1970
 * @returns a number behind the last one when there is none
 */
export function firstSince(database: Database, time: number): number {
	const newest = database.prepare('SELECT max(id) AS id FROM deliveries').get();
	const next = database.prepare('SELECT id, created_at FROM deliveries WHERE id >= ? LIMIT 1');
	let low = 0;
	let high = Number(newest?.id ?? 0) + 1;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		const row = next.get(middle);
		if (row === undefined || Number(row.created_at) >= time) high = middle;
		else low = Number(row.id) + 1;
	}
	return low;
}

/** Counts by endpoint: what has been settled among the deliveries from a number on, and all that wait. */
function countDeliveries(database: Database, first: number): ReadonlyMap<number, DeliveryCounts> {
	const counts = new Map<number, Omit<DeliveryCounts, 'successRate'>>();
	const add = (row: Row, status: string) => {
		const endpoint = Number(row.endpoint_id);
		const known = counts.get(endpoint) ?? { pending: 0, delivered: 0, failed: 0 };
		counts.set(endpoint, { ...known, [status]: Number(row.n) });
	};
	const settled = database.prepare(
		`SELECT endpoint_id, state, count(*) AS n FROM deliveries
		WHERE id >= ? AND state <> 'pending' GROUP BY endpoint_id, state`,
	);
	for (const row of settled.all(first)) add(row, String(row.state));
	const pending = database.prepare(
		`SELECT endpoint_id, count(*) AS n FROM deliveries WHERE state = 'pending' GROUP BY endpoint_id`,
	);
	for (const row of pending.all()) add(row, 'pending');
	return new Map([...counts].map(([endpoint, count]) => [endpoint, sumCounts([count])] as const));
}

function oldestWaiting(database: Database, endpointId: number): number | undefined {
	const row = database.prepare(`SELECT created_at FROM ${OLDEST_PENDING}`).get(endpointId, 1);
	return row === undefined ? undefined : Number(row.created_at);
}

/** Measures the newest answers; attempts without an answer have no response time. */
function measureResponseTime(
	database: Database,
	endpointId: number,
	first: number,
): ResponseTime | undefined {
	const answers = database.prepare(
		`SELECT last_duration_ms AS ms FROM deliveries
		WHERE state = ? AND endpoint_id = ? AND (tries > 0) = ? AND id >= ? AND last_status IS NOT NULL
		ORDER BY id DESC LIMIT ?`,
	);
	const times = ['delivered', 'failed']
		.flatMap((status) =>
			[0, 1].flatMap((isTried) => answers.all(status, endpointId, isTried, first, SAMPLES)),
		)
		.map((row) => Number(row.ms))
		.sort((left, right) => left - right);
	const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
	return p50 === undefined || p95 === undefined ? undefined : { p50, p95 };
}

/** The smallest value that at least this share of the values doesn't exceed (nearest rank). */
function percentile(sorted: readonly number[], share: number): number | undefined {
	return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
