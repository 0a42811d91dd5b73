import type { Database } from '../store/databaseAccess';
import { checkConfig } from '../protocol';
import type { EndpointConfig } from '../protocol';

/** Endpoints that were made over the API or the command line, with their secrets. */
export function listManagedEndpoints(database: Database): readonly EndpointConfig[] {
	return database
		.prepare('SELECT name, settings, secret FROM managed_endpoints ORDER BY name')
		.all()
		.flatMap((row) => {
			const stored: unknown = JSON.parse(String(row.settings));
			const checked = checkConfig({ endpoints: [stored] });
			const [endpoint] = checked.ok ? checked.config.endpoints : [];
			return endpoint === undefined ? [] : [{ ...endpoint, secret: String(row.secret) }];
		});
}

/** Adds an endpoint, or replaces the settings of the one with this name. */
export function saveManagedEndpoint(
	database: Database,
	endpoint: Omit<EndpointConfig, 'secret'> & { readonly secret: string },
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

/** Says whether there was one. */
export function deleteManagedEndpoint(database: Database, name: string): boolean {
	return database.prepare('DELETE FROM managed_endpoints WHERE name = ?').run(name).changes !== 0;
}

/** Secrets that still sign although a newer one has taken their place, by endpoint. */
export function listRetiringSecrets(
	database: Database,
	now: number,
): ReadonlyMap<string, readonly string[]> {
	const found = new Map<string, string[]>();
	const rows = database
		.prepare('SELECT endpoint, secret FROM retiring_secrets WHERE until > ? ORDER BY id DESC')
		.all(now);
	for (const row of rows) {
		const endpoint = String(row.endpoint);
		found.set(endpoint, [...(found.get(endpoint) ?? []), String(row.secret)]);
	}
	return found;
}

/** Keeps a replaced secret signing until a time, and forgets those whose time is over. */
export function retireSecret(
	database: Database,
	retired: { readonly endpoint: string; readonly secret: string; readonly until: number },
	now: number,
): void {
	database.prepare('DELETE FROM retiring_secrets WHERE until <= ?').run(now);
	database
		.prepare('INSERT INTO retiring_secrets (endpoint, secret, until) VALUES (?, ?, ?)')
		.run(retired.endpoint, retired.secret, retired.until);
}
