import { announceEndpointChange } from '../endpoints/registry';
import type { Database, Row } from '../store/databaseAccess';
import { CLOSED } from './circuit';
import type { Circuit } from './circuit';
import { wakeDispatcher } from './wake';

/** How an endpoint does, as it is kept in the database for other processes and the next start. */
export interface EndpointState {
	readonly circuit: Circuit;
	/** Why nothing is sent to it; undefined when something is. */
	readonly disabledReason: string | undefined;
	readonly lastSuccessAt: number | undefined;
	readonly lastFailureAt: number | undefined;
	/** Why the last failed attempt failed. */
	readonly lastError: string | undefined;
}

export const NEW_STATE: EndpointState = {
	circuit: CLOSED,
	disabledReason: undefined,
	lastSuccessAt: undefined,
	lastFailureAt: undefined,
	lastError: undefined,
};

/** Reads and writes the states of all endpoints. */
export interface EndpointStates {
	load(): ReadonlyMap<string, EndpointState>;
	/** Writes a state; one that is not disabled does not enable what is. */
	save(endpoint: string, state: EndpointState, now: number): void;
}

export function createEndpointStates(database: Database): EndpointStates {
	const load = database.prepare('SELECT * FROM endpoint_states');
	const save = database.prepare(
		`INSERT INTO endpoint_states (endpoint, last_success_at, last_failure_at, last_error,
			consecutive_failures, open_until, disabled_at, disabled_reason)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (endpoint) DO UPDATE SET last_success_at = excluded.last_success_at,
			last_failure_at = excluded.last_failure_at, last_error = excluded.last_error,
			consecutive_failures = excluded.consecutive_failures, open_until = excluded.open_until,
			disabled_at = coalesce(disabled_at, excluded.disabled_at),
			disabled_reason = coalesce(disabled_reason, excluded.disabled_reason)`,
	);
	return {
		load: () => new Map(load.all().map((row) => [String(row.endpoint), readState(row)] as const)),
		save: (endpoint, state, now) => {
			const { circuit, disabledReason, lastSuccessAt, lastFailureAt, lastError } = state;
			save.run(
				endpoint,
				lastSuccessAt ?? null,
				lastFailureAt ?? null,
				lastError ?? null,
				circuit.failures,
				circuit.openUntil ?? null,
				disabledReason === undefined ? null : now,
				disabledReason ?? null,
			);
		},
	};
}

/**
 * Sends nothing to an endpoint any more; what waits for it, and what comes, fails and can be replayed.
 *
 * @param reason for people: why, and how to go on
 */
export function disableEndpoint(
	database: Database,
	endpoint: string,
	reason: string,
	now: number,
): void {
	database
		.prepare(
			`INSERT INTO endpoint_states (endpoint, disabled_at, disabled_reason) VALUES (?, ?, ?)
			ON CONFLICT (endpoint) DO UPDATE SET
				disabled_at = excluded.disabled_at, disabled_reason = excluded.disabled_reason`,
		)
		.run(endpoint, now, reason);
	announceEndpointChange();
	wakeDispatcher();
}

/**
 * Sends to an endpoint again, at once, however it has been doing. What failed meanwhile is not sent: see
 * `Outbox.replay`.
 *
 * @returns whether it was disabled
 */
export function enableEndpoint(database: Database, endpoint: string): boolean {
	const wasDisabled = database
		.prepare('SELECT 1 FROM endpoint_states WHERE endpoint = ? AND disabled_at IS NOT NULL')
		.get(endpoint);
	database
		.prepare(
			`UPDATE endpoint_states SET disabled_at = NULL, disabled_reason = NULL,
				consecutive_failures = 0, open_until = NULL WHERE endpoint = ?`,
		)
		.run(endpoint);
	announceEndpointChange();
	wakeDispatcher();
	return wasDisabled !== undefined;
}

function readState(row: Row): EndpointState {
	const number = (value: Row[string] | undefined) =>
		typeof value === 'number' ? value : undefined;
	const text = (value: Row[string] | undefined) => (typeof value === 'string' ? value : undefined);
	return {
		circuit: {
			failures: number(row.consecutive_failures) ?? 0,
			openUntil: number(row.open_until),
		},
		disabledReason:
			row.disabled_at === null ? undefined : (text(row.disabled_reason) ?? 'switched off'),
		lastSuccessAt: number(row.last_success_at),
		lastFailureAt: number(row.last_failure_at),
		lastError: text(row.last_error),
	};
}
