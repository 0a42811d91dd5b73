import type { Database } from '../store/databaseAccess';
import { inTransaction } from '../store/databaseAccess';

/** One request and what came of it. */
export interface Attempt {
	/** From 1. */
	readonly number: number;
	readonly startedAt: number;
	readonly durationMs: number;
	/** HTTP status; absent when no answer came. */
	readonly status?: number | undefined;
	/** Why it failed. No secrets. */
	readonly error?: string | undefined;
	/** Beginning of the answer. No secrets. */
	readonly response?: string | undefined;
}

/** What becomes of a delivery after an attempt. */
export type Settlement =
	| { readonly state: 'delivered' | 'failed' }
	/** `usesTry` is false for the probe of an endpoint that is down. */
	| { readonly state: 'retry'; readonly nextAt: number; readonly usesTry: true }
	| { readonly state: 'retry'; readonly usesTry: false };

/** A delivery with its last attempt. */
export interface SettledDelivery {
	readonly id: number;
	readonly attempt: Attempt;
	readonly settlement: Settlement;
}

/** Writes attempts and what became of their deliveries, all or nothing. */
export type SettleDeliveries = (settled: readonly SettledDelivery[]) => void;

/** Prepares {@link SettleDeliveries} for a database. */
export function createSettle(database: Database): SettleDeliveries {
	const insertAttempt = database.prepare(
		`INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status, error, response)
		SELECT id, ?, ?, ?, ?, ?, ? FROM deliveries WHERE id = ?`,
	);
	const update = database.prepare(
		`UPDATE deliveries SET state = ?1, secret = iif(?1 = 'delivered', NULL, secret),
			tries = tries + ?2, attempts = ?3, settled_at = ?4, next_at = coalesce(?5, next_at),
			last_status = ?6, last_duration_ms = ?7, last_error = ?8
		WHERE id = ?9`,
	);
	return (settled) => {
		inTransaction(database, () => {
			for (const { id, attempt, settlement } of settled) {
				const { number, startedAt, durationMs } = attempt;
				const status = attempt.status ?? null;
				const error = attempt.error ?? null;
				const response = attempt.response ?? null;
				// The delivery may have been deleted meanwhile, with its log.
				insertAttempt.run(number, startedAt, durationMs, status, error, response, id);
				const isRetry = settlement.state === 'retry';
				const usesTry = !isRetry || settlement.usesTry;
				update.run(
					isRetry ? 'pending' : settlement.state,
					usesTry ? 1 : 0,
					number,
					isRetry ? null : startedAt + durationMs,
					isRetry && settlement.usesTry ? settlement.nextAt : null,
					status,
					durationMs,
					error,
					id,
				);
			}
		});
	};
}
