import { checkConfig } from '../protocol';
import type { EndpointConfig } from '../protocol';
import type { Database, Row } from '../store/databaseAccess';

/** An endpoint with a secret of its own, as those of the API always have. */
export interface SignedEndpoint extends EndpointConfig {
	readonly secret: string;
}

/** An endpoint that was made over the API or the command line. Times are milliseconds since 1970. */
export interface ManagedEndpoint {
	readonly config: SignedEndpoint;
	readonly createdAt: number;
	readonly updatedAt: number;
}

/** All of them, by name. What an older version wrote and this one cannot read is left out. */
export function listManagedEndpoints(database: Database): readonly ManagedEndpoint[] {
	return readManagedEndpoints(
		database.prepare('SELECT * FROM managed_endpoints ORDER BY name').all(),
	);
}

export function findManagedEndpoint(database: Database, name: string): ManagedEndpoint | undefined {
	const rows = database.prepare('SELECT * FROM managed_endpoints WHERE name = ?').all(name);
	return readManagedEndpoints(rows)[0];
}

/** Reads rows of `managed_endpoints`. */
export function readManagedEndpoints(rows: readonly Row[]): readonly ManagedEndpoint[] {
	return rows.flatMap((row) => {
		const stored: unknown = JSON.parse(String(row.settings));
		const checked = checkConfig({ endpoints: [stored] });
		const [endpoint] = checked.ok ? checked.config.endpoints : [];
		if (endpoint === undefined) return [];
		return [
			{
				config: { ...endpoint, secret: String(row.secret) },
				createdAt: Number(row.created_at),
				updatedAt: Number(row.updated_at),
			},
		];
	});
}

/** Adds an endpoint, or replaces the settings of the one with this name. */
export function saveManagedEndpoint(
	database: Database,
	endpoint: SignedEndpoint,
	now: number,
): void {
	const { secret, ...settings } = endpoint;
	database
		.prepare(
			`INSERT INTO managed_endpoints (name, settings, secret, created_at, updated_at)
			VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET
				settings = excluded.settings, secret = excluded.secret, updated_at = excluded.updated_at`,
		)
		.run(endpoint.name, JSON.stringify(settings), secret, now, now);
}

/**
 * Deletes an endpoint with its secrets and with what is known about how it does; says whether there was
 * one. To be called within a transaction.
 */
export function deleteManagedEndpoint(database: Database, name: string): boolean {
	const { changes } = database.prepare('DELETE FROM managed_endpoints WHERE name = ?').run(name);
	if (Number(changes) === 0) return false;
	database.prepare('DELETE FROM retiring_secrets WHERE endpoint = ?').run(name);
	database.prepare('DELETE FROM endpoint_states WHERE endpoint = ?').run(name);
	return true;
}
