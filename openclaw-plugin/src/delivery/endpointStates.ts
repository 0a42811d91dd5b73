import type { Database, Row } from '../store/databaseAccess';
import { CLOSED } from './circuit';
import type { Circuit } from './circuit';

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
	load(): ReadonlyMap<number, EndpointState>;
	/** Writes a state; one that is not disabled does not enable what is. */
	save(endpointId: number, state: EndpointState, now: number): void;
}

export function createEndpointStates(database: Database): EndpointStates {
	const load = database.prepare(
		`SELECT h.*, p.disabled_at, p.disabled_reason FROM endpoint_health h
		JOIN endpoints p ON p.id = h.endpoint_id`,
	);
	const save = database.prepare(
		`INSERT OR REPLACE INTO endpoint_health (endpoint_id, last_success_at, last_failure_at, last_error,
			failures, open_until)
		SELECT id, ?, ?, ?, ?, ? FROM endpoints WHERE id = ?`,
	);
	const disable = database.prepare(
		`UPDATE endpoints SET disabled_at = ?, disabled_reason = ? WHERE id = ? AND disabled_at IS NULL`,
	);
	return {
		load: () =>
			new Map(load.all().map((row) => [Number(row.endpoint_id), readState(row)] as const)),
		save: (endpointId, state, now) => {
			const { circuit, disabledReason, lastSuccessAt, lastFailureAt, lastError } = state;
			save.run(
				lastSuccessAt ?? null,
				lastFailureAt ?? null,
				lastError ?? null,
				circuit.failures,
				circuit.openUntil ?? null,
				endpointId,
			);
			if (disabledReason !== undefined) disable.run(now, disabledReason, endpointId);
		},
	};
}

function readState(row: Row): EndpointState {
	const number = (value: Row[string] | undefined) =>
		typeof value === 'number' ? value : undefined;
	const text = (value: Row[string] | undefined) => (typeof value === 'string' ? value : undefined);
	return {
		circuit: {
			failures: number(row.failures) ?? 0,
			openUntil: number(row.open_until),
		},
		disabledReason:
			row.disabled_at === null ? undefined : (text(row.disabled_reason) ?? 'switched off'),
		lastSuccessAt: number(row.last_success_at),
		lastFailureAt: number(row.last_failure_at),
		lastError: text(row.last_error),
	};
}
