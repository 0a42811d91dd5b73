import type { Database, Row } from '../store/databaseAccess';

/** Rows of secrets that still sign although a newer one has taken their place, newest first. */
export function listRetiringRows(database: Database, now: number): readonly Row[] {
	return database
		.prepare('SELECT endpoint, secret FROM retiring_secrets WHERE until > ? ORDER BY id DESC')
		.all(now);
}

/** Gathers them by endpoint. */
export function readRetiringSecrets(rows: readonly Row[]): ReadonlyMap<string, readonly string[]> {
	const found = new Map<string, string[]>();
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
	if (retired.until <= now) return;
	database
		.prepare('INSERT INTO retiring_secrets (endpoint, secret, until) VALUES (?, ?, ?)')
		.run(retired.endpoint, retired.secret, retired.until);
}
