import type { Database } from '../store/databaseAccess';

/** How long an endpoint takes to answer, in milliseconds. */
export interface ResponseTime {
	/** Half of the answers came within this time. */
	readonly p50: number;
	/** 95 % of the answers came within this time. */
	readonly p95: number;
}

/** Answers that are looked at, of each status: more would hardly change the result. */
const SAMPLES = 1000;

/**
 * Measures the newest answers among the deliveries from a number on; attempts without an answer have
 * no response time.
 *
 * @param first see `firstSince`
 * @returns undefined where there was no answer
 */
export function measureResponseTime(
	database: Database,
	endpoint: string,
	first: number,
): ResponseTime | undefined {
	const answers = database.prepare(
		`SELECT last_duration_ms AS ms FROM deliveries
		WHERE endpoint = ? AND state = ? AND id >= ? AND last_status IS NOT NULL
		ORDER BY id DESC LIMIT ?`,
	);
	const times = ['delivered', 'failed']
		.flatMap((status) => answers.all(endpoint, status, first, SAMPLES))
		.map((row) => Number(row.ms))
		.sort((left, right) => left - right);
	const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
	return p50 === undefined || p95 === undefined ? undefined : { p50, p95 };
}

/** The smallest value that at least this share of the values doesn't exceed (nearest rank). */
function percentile(sorted: readonly number[], share: number): number | undefined {
	return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
