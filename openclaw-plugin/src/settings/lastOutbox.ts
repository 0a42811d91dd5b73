import type { OutboxConfig } from '../protocol';
import type { Database } from '../store/databaseAccess';
import { readSettings } from './settings';
import type { Settings } from './settings';

const KEY = 'outbox';

/**
 * Reads settings as {@link readSettings} does, with the values of `outbox` that were in force before in
 * place of wrong ones, so that a mistake deletes no history. The database is asked only if there is one.
 *
 * @param database where {@link rememberOutbox} has kept them
 */
export function readLastingSettings(pluginConfig: unknown, database: Database): Settings {
	const settings = readSettings(pluginConfig);
	const isWrong = settings.faults.some(({ path }) => path === '' || /^outbox\b/.test(path));
	return isWrong ? readSettings(pluginConfig, recallOutbox(database)) : settings;
}

/**
 * Keeps the values of `outbox` that are in force, for a start with a mistake in them.
 *
 * @throws StoreError when the database cannot be written
 */
export function rememberOutbox(database: Database, outbox: OutboxConfig): void {
	const value = JSON.stringify(outbox);
	const known = database.prepare('SELECT value FROM meta WHERE key = ?').get(KEY)?.value;
	if (known === value) return;
	database
		.prepare(
			`INSERT INTO meta (key, value) VALUES (?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
		)
		.run(KEY, value);
}

function recallOutbox(database: Database): OutboxConfig | undefined {
	try {
		const row = database.prepare('SELECT value FROM meta WHERE key = ?').get(KEY);
		if (row === undefined) return undefined;
		const outbox: unknown = JSON.parse(String(row.value));
		return readSettings({ outbox }).outbox;
	} catch {
		// Nothing can be deleted either where the database cannot be read.
		return undefined;
	}
}
