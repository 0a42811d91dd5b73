import type { Database, Row } from '../store/databaseAccess';
import { FREE_PACE, MAX_OPEN_MS, MAX_WAIT_MS } from './schedule';
import type { DeliveryClock, Pace } from './schedule';

/**
 * How deliveries to an endpoint go, as a queue works with it. `…At` are milliseconds since 1970 by the clock
 * of the outbox.
 */
export interface DeliveryHealth {
	readonly pace: Pace;
	/** When the first failure after the last success was, by each of the three clocks. */
	readonly failingSince:
		| { readonly at: number; readonly elapsed: number; readonly day: number }
		| undefined;
	/** Whether its owner was told that it is failing. */
	readonly isFailingTold: boolean;
	readonly lastSuccessAt: number | undefined;
	readonly lastFailureAt: number | undefined;
	/** Why the last failed attempt failed. No secrets. */
	readonly lastError: string | undefined;
	/** What its owner should look at although the last delivery was made. */
	readonly lastWarning: string | undefined;
}

export const NEW_HEALTH: DeliveryHealth = {
	pace: FREE_PACE,
	failingSince: undefined,
	isFailingTold: false,
	lastSuccessAt: undefined,
	lastFailureAt: undefined,
	lastError: undefined,
	lastWarning: undefined,
};

/** Reads and writes `endpoint_health`. */
export interface HealthTable {
	/** Those that another process has changed since they were read or written here, and all at first. */
	loadChanged(): ReadonlyMap<number, DeliveryHealth>;
	/** To be called within a transaction. */
	save(endpointId: number, health: DeliveryHealth): void;
	/** Disables an endpoint in that transaction, unless it is already. */
	disable(endpointId: number, reason: string): void;
}

const COLUMNS = [
	'endpoint_id',
	'failures',
	'failing_since',
	'failing_day',
	'is_failing_told',
	'open_until',
	'held_until',
	'hold_reason',
	'last_success_at',
	'last_failure_at',
	'last_error',
	'last_warning',
] as const;

export function createHealthTable(database: Database, clock: DeliveryClock): HealthTable {
	const load = database.prepare(`SELECT ${COLUMNS.join(', ')} FROM endpoint_health`);
	// An endpoint that is gone with its table row has no health either.
	const save = database.prepare(
		`INSERT OR REPLACE INTO endpoint_health (${COLUMNS.join(', ')})
		SELECT id, ${COLUMNS.slice(1)
			.map(() => '?')
			.join(', ')} FROM endpoints WHERE id = ?`,
	);
	const disable = database.prepare(
		`UPDATE endpoints SET disabled_at = ?, disabled_reason = ?
		WHERE id = ? AND disabled_at IS NULL`,
	);
	/** What is known of each row: what was converted from it goes on by the clock that only grows. */
	const known = new Map<number, string>();
	return {
		loadChanged: () => {
			const changed = new Map<number, DeliveryHealth>();
			const gone = new Set(known.keys());
			for (const row of load.all()) {
				const id = Number(row.endpoint_id);
				gone.delete(id);
				const text = JSON.stringify(COLUMNS.slice(1).map((column) => row[column]));
				if (known.get(id) === text) continue;
				known.set(id, text);
				changed.set(id, readHealth(row, clock));
			}
			for (const id of gone) {
				known.delete(id);
				changed.set(id, NEW_HEALTH);
			}
			return changed;
		},
		save: (endpointId, health) => {
			const values = valuesOf(health, clock);
			save.run(...values, endpointId);
			known.set(endpointId, JSON.stringify(values));
		},
		disable: (endpointId, reason) => {
			disable.run(clock.now(), reason, endpointId);
		},
	};
}

function valuesOf(health: DeliveryHealth, clock: DeliveryClock): (string | number | null)[] {
	const { pace, failingSince } = health;
	const passed = clock.now() - clock.elapsed();
	const time = (elapsed: number | undefined) =>
		elapsed === undefined ? null : Math.round(elapsed + passed);
	return [
		pace.failures,
		failingSince?.at ?? null,
		failingSince?.day ?? null,
		health.isFailingTold ? 1 : 0,
		time(pace.openUntil),
		time(pace.heldUntil),
		pace.heldUntil === undefined ? null : (pace.holdReason ?? null),
		health.lastSuccessAt ?? null,
		health.lastFailureAt ?? null,
		health.lastError ?? null,
		health.lastWarning ?? null,
	];
}

/** However far the clock has been set meanwhile, nothing waits longer than it could have had to. */
function readHealth(row: Row, clock: DeliveryClock): DeliveryHealth {
	const number = (value: Row[string] | undefined) =>
		typeof value === 'number' ? value : undefined;
	const text = (value: Row[string] | undefined) => (typeof value === 'string' ? value : undefined);
	const until = (value: number | undefined, longest: number) => {
		if (value === undefined) return undefined;
		const left = value - clock.now();
		return clock.elapsed() + (left > longest ? 0 : Math.max(left, 0));
	};
	const heldUntil = until(number(row.held_until), MAX_WAIT_MS);
	const failingAt = number(row.failing_since);
	return {
		pace: {
			failures: number(row.failures) ?? 0,
			openUntil: until(number(row.open_until), MAX_OPEN_MS * 1.2),
			holds: heldUntil === undefined ? 0 : 1,
			heldUntil,
			holdReason: text(row.hold_reason),
		},
		failingSince:
			failingAt === undefined
				? undefined
				: {
						at: failingAt,
						elapsed: clock.elapsed() - Math.max(clock.now() - failingAt, 0),
						day: number(row.failing_day) ?? clock.day(),
					},
		isFailingTold: row.is_failing_told === 1,
		lastSuccessAt: number(row.last_success_at),
		lastFailureAt: number(row.last_failure_at),
		lastError: text(row.last_error),
		lastWarning: text(row.last_warning),
	};
}
