import type { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../../../openclaw-plugin/src/store/database';
import { removeTemporaryFolder, temporaryFolder } from '../../../../testbed/temporaryFolder';

/** A database file of a test's own. */
export interface TemporaryDatabase {
	readonly database: DatabaseSync;
	readonly folder: string;
	remove(): Promise<void>;
}

/** Opens a new database in a temporary folder. `remove()` it afterwards. */
export async function temporaryDatabase(): Promise<TemporaryDatabase> {
	const folder = await temporaryFolder('outbox');
	const database = openDatabase(folder);
	return {
		database,
		folder,
		remove: async () => {
			database.close();
			await removeTemporaryFolder(folder);
		},
	};
}
