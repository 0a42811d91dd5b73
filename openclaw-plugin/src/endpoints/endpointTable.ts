import type { Database, Row } from '../store/databaseAccess';
import { MAX_LEASE_MS, MAX_OVERLAP_MS, REMOVAL_GRACE_MS } from './endpoint';
import type {
	EndpointKind,
	EndpointOrigin,
	EndpointRecord,
	EndpointSettings,
	Lifecycle,
} from './endpoint';

/** What a new row of `endpoints` holds. */
export interface NewEndpoint {
	readonly name: string;
	readonly kind: EndpointKind;
	readonly origin: EndpointOrigin;
	readonly registrant?: string | undefined;
	readonly settings: EndpointSettings;
}

/** Secrets of an endpoint: the current ones, and those that sign on until their time is over. */
export interface EndpointSecrets {
	readonly current: readonly string[];
	readonly retiring: readonly string[];
}

/**
 * The rows of `endpoints` and `endpoint_secrets`. What belongs together is to be called within one
 * transaction. All functions throw what the database throws.
 */
export interface EndpointTable {
	/** All, the removed ones too, oldest first. */
	list(): readonly EndpointRecord[];
	/** Those that were not removed, and those whose minute of grace is not over. */
	listCurrent(now: number): readonly EndpointRecord[];
	find(id: number): EndpointRecord | undefined;
	/** The one that has a name now; undefined when there is none, or it was removed. */
	findByName(name: string): EndpointRecord | undefined;
	/** The last one of a name that was removed within the minute of grace. */
	findRemoved(name: string, origin: EndpointOrigin, now: number): EndpointRecord | undefined;
	insert(endpoint: NewEndpoint, now: number): EndpointRecord;
	/** Replaces the settings; a name or a registrant where it is given. */
	update(
		id: number,
		change: {
			readonly settings: EndpointSettings;
			readonly name?: string;
			readonly registrant?: string | undefined;
		},
		now: number,
	): void;
	/** Makes a removed one, or one that has expired, an active one. */
	revive(id: number, now: number): void;
	setPaused(id: number, since: number | undefined): void;
	setDisabled(
		id: number,
		disabled: { readonly since: number; readonly reason: string } | undefined,
	): void;
	setFaulty(
		id: number,
		faulty: { readonly since: number; readonly reason: string } | undefined,
	): void;
	setExpired(id: number, since: number): void;
	setRemoved(id: number, since: number): void;
	/** Keeps an endpoint until a time, unless it is registered again; for good without one. */
	setLease(id: number, until: number | undefined): void;
	/**
	 * Removes the endpoints whose lease is over; returns how many. Where the clock was set back, leases, removals
	 * and secrets that are being retired end as if they had begun now, not by the clock of before.
	 */
	removeUnleased(now: number): number;
	/** Deletes rows of removed endpoints that nothing refers to any more. */
	forgetRemoved(now: number): number;
	secretsOf(id: number, now: number): EndpointSecrets;
	/** Current secrets of all endpoints with those being retired, by endpoint. */
	allSecrets(now: number): ReadonlyMap<number, EndpointSecrets>;
	/** Replaces the current secret; the one before signs on until a time, where one is given. */
	setSecret(id: number, secret: string, retireUntil: number | undefined, now: number): void;
	/** Keeps a secret signing until a time although it is not the current one. */
	retire(id: number, secret: string, until: number, now: number): void;
	/** Whatever changes about those of `listCurrent` and their secrets changes this, a secret's end too. */
	fingerprint(now: number): string;
}

const COLUMNS = `id, name, kind, origin, registrant, settings, created_at, updated_at, paused_at,
	disabled_at, disabled_reason, faulty_at, fault, expired_at, removed_at`;
const DISABLED_IN_SETTINGS = 'It is switched off by "enabled": false in its settings';
const EXPIRED = 'Nobody has fetched its events for too long';

/** Prepares the tables of a database. */
export function openEndpointTable(database: Database): EndpointTable {
	const all = (sql: string, ...values: (string | number)[]) =>
		database
			.prepare(sql)
			.all(...values)
			.map(readRecord);
	const first = (sql: string, ...values: (string | number)[]) => {
		const row = database.prepare(sql).get(...values);
		return row && readRecord(row);
	};
	const run = (sql: string, ...values: (string | number | null)[]) =>
		Number(database.prepare(sql).run(...values).changes);
	const select = `SELECT ${COLUMNS} FROM endpoints`;
	const current = `${select} WHERE removed_at IS NULL OR removed_at > ? ORDER BY id`;
	const find = (id: number) => first(`${select} WHERE id = ?`, id);
	const dropEnded = (now: number) => run('DELETE FROM endpoint_secrets WHERE until <= ?', now);

	return {
		list: () => all(`${select} ORDER BY id`),
		listCurrent: (now) => all(current, now - REMOVAL_GRACE_MS),
		find,
		findByName: (name) =>
			first(`${select} WHERE name = ? AND removed_at IS NULL AND kind <> 'callback'`, name),
		findRemoved: (name, origin, now) =>
			first(
				`${select} WHERE name = ? AND origin = ? AND removed_at > ? ORDER BY removed_at DESC, id DESC`,
				name,
				origin,
				now - REMOVAL_GRACE_MS,
			),
		insert: ({ name, kind, origin, registrant, settings }, now) => {
			const row = database
				.prepare(
					`INSERT INTO endpoints (name, kind, origin, registrant, settings, created_at, updated_at)
					VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
				)
				.get(name, kind, origin, registrant ?? null, JSON.stringify(settings), now, now);
			return readRecord(row ?? {});
		},
		update: (id, { settings, name, registrant }, now) => {
			run(
				`UPDATE endpoints SET settings = ?, name = coalesce(?, name),
					registrant = coalesce(?, registrant), updated_at = ? WHERE id = ?`,
				JSON.stringify(settings),
				name ?? null,
				registrant ?? null,
				now,
				id,
			);
		},
		revive: (id, now) => {
			// Who fetched before it was removed has no claim on its place.
			run(
				`DELETE FROM connections WHERE endpoint_id =
					(SELECT id FROM endpoints WHERE id = ? AND removed_at IS NOT NULL)`,
				id,
			);
			run(
				'UPDATE endpoints SET removed_at = NULL, expired_at = NULL, updated_at = ? WHERE id = ?',
				now,
				id,
			);
		},
		setPaused: (id, since) => {
			run('UPDATE endpoints SET paused_at = ? WHERE id = ?', since ?? null, id);
		},
		setDisabled: (id, disabled) => {
			run(
				'UPDATE endpoints SET disabled_at = ?, disabled_reason = ? WHERE id = ?',
				disabled?.since ?? null,
				disabled?.reason ?? null,
				id,
			);
		},
		setFaulty: (id, faulty) => {
			run(
				'UPDATE endpoints SET faulty_at = coalesce(iif(?1 IS NULL, NULL, faulty_at), ?1), fault = ?2 WHERE id = ?3',
				faulty?.since ?? null,
				faulty?.reason ?? null,
				id,
			);
		},
		setExpired: (id, since) => {
			run('UPDATE endpoints SET expired_at = ? WHERE id = ?', since, id);
		},
		setRemoved: (id, since) => {
			run('UPDATE endpoints SET removed_at = ? WHERE id = ?', since, id);
		},
		setLease: (id, until) => {
			run('UPDATE endpoints SET leased_until = ? WHERE id = ?', until ?? null, id);
		},
		removeUnleased: (now) => {
			const [lease, overlap] = [now + MAX_LEASE_MS, now + MAX_OVERLAP_MS];
			run('UPDATE endpoints SET leased_until = ? WHERE leased_until > ?', lease, lease);
			run('UPDATE endpoints SET removed_at = ? WHERE removed_at > ?', now, now);
			run('UPDATE endpoint_secrets SET until = ? WHERE until > ?', overlap, overlap);
			return run(
				'UPDATE endpoints SET removed_at = ? WHERE removed_at IS NULL AND leased_until <= ?',
				now,
				now,
			);
		},
		forgetRemoved: (now) =>
			run(
				`DELETE FROM endpoints WHERE removed_at <= ? AND NOT EXISTS (
					SELECT 1 FROM deliveries
					WHERE state IN ('pending', 'delivered', 'failed') AND endpoint_id = endpoints.id
				)`,
				now - REMOVAL_GRACE_MS,
			),
		secretsOf: (id, now) => readSecrets(secretRows(database, now)).get(id) ?? NO_SECRETS,
		allSecrets: (now) => readSecrets(secretRows(database, now)),
		setSecret: (id, secret, retireUntil, now) => {
			dropEnded(now);
			if (retireUntil === undefined || retireUntil <= now) {
				run('DELETE FROM endpoint_secrets WHERE endpoint_id = ? AND until IS NULL', id);
			} else {
				run(
					'UPDATE endpoint_secrets SET until = ? WHERE endpoint_id = ? AND until IS NULL',
					retireUntil,
					id,
				);
			}
			run('INSERT INTO endpoint_secrets (endpoint_id, secret) VALUES (?, ?)', id, secret);
		},
		retire: (id, secret, until, now) => {
			dropEnded(now);
			if (until <= now) return;
			run(
				'INSERT INTO endpoint_secrets (endpoint_id, secret, until) VALUES (?, ?, ?)',
				id,
				secret,
				until,
			);
		},
		fingerprint: (now) =>
			JSON.stringify([
				database.prepare(current).all(now - REMOVAL_GRACE_MS),
				secretRows(database, now),
			]),
	};
}

const NO_SECRETS: EndpointSecrets = { current: [], retiring: [] };

/** The newest first. */
function secretRows(database: Database, now: number): readonly Row[] {
	return database
		.prepare(
			'SELECT endpoint_id, secret, until FROM endpoint_secrets WHERE until IS NULL OR until > ? ORDER BY id DESC',
		)
		.all(now);
}

function readSecrets(rows: readonly Row[]): ReadonlyMap<number, EndpointSecrets> {
	const found = new Map<number, { current: string[]; retiring: string[] }>();
	for (const row of rows) {
		const id = Number(row.endpoint_id);
		const known = found.get(id) ?? { current: [], retiring: [] };
		(row.until === null ? known.current : known.retiring).push(String(row.secret));
		found.set(id, known);
	}
	return found;
}

function readRecord(row: Row): EndpointRecord {
	const { settings, isReadable } = readSettings(row.settings);
	return {
		id: Number(row.id),
		name: String(row.name),
		kind: row.kind as EndpointKind,
		origin: row.origin as EndpointOrigin,
		...(typeof row.registrant === 'string' ? { registrant: row.registrant } : {}),
		settings,
		lifecycle: readLifecycle(isReadable ? row : { ...row, ...UNREADABLE }, settings),
		createdAt: Number(row.created_at),
		updatedAt: Number(row.updated_at),
	};
}

/** Settings that somebody, or a damage, has changed into none. */
const UNREADABLE = { faulty_at: 0, fault: 'Its settings in the database cannot be read' };

function readSettings(value: Row[string] | undefined): {
	readonly settings: EndpointSettings;
	readonly isReadable: boolean;
} {
	try {
		const settings = JSON.parse(String(value)) as Partial<EndpointSettings> | null;
		const { events, url = '' } = settings ?? {};
		if (Array.isArray(events) && typeof url === 'string') {
			return { settings: settings as EndpointSettings, isReadable: true };
		}
	} catch {
		// As with settings of another form.
	}
	return { settings: { events: [] }, isReadable: false };
}

/** The first that applies counts. */
function readLifecycle(row: Row, settings: EndpointSettings): Lifecycle {
	const at = (column: string) => (typeof row[column] === 'number' ? row[column] : undefined);
	const removed = at('removed_at');
	if (removed !== undefined) return { state: 'removed', since: removed };
	const expired = at('expired_at');
	if (expired !== undefined) return { state: 'expired', since: expired, reason: EXPIRED };
	const disabled = at('disabled_at');
	if (disabled !== undefined) {
		return { state: 'disabled', since: disabled, reason: String(row.disabled_reason) };
	}
	if (settings.enabled === false) {
		return { state: 'disabled', since: Number(row.updated_at), reason: DISABLED_IN_SETTINGS };
	}
	const faulty = at('faulty_at');
	if (faulty !== undefined) return { state: 'faulty', since: faulty, reason: String(row.fault) };
	const paused = at('paused_at');
	return paused === undefined ? { state: 'active' } : { state: 'paused', since: paused };
}
