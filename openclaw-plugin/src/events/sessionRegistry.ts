import { sharedOf } from '../shared';
import type { Database } from '../store/databaseAccess';
import { BoundedMap } from './boundedMap';
import { isOneRun } from './place';

/** Which sessions there have been, over restarts of the gateway. */
export interface SessionRegistry {
	/** Remembers a session; says whether it is new. Never throws. */
	readonly isFirstSight: (sessionKey: string) => boolean;
	/** Forgets a session that was deleted: the next one with its key is new. Never throws. */
	readonly forget: (sessionKey: string) => void;
}

export interface SessionRegistryParts {
	readonly database: Database;
	/** Tells gateways apart: the folder of the plugin's data. */
	readonly scope: string;
	readonly now?: () => number;
	/** Milliseconds that no change of that clock moves; the process's own unless given. */
	readonly elapsed?: () => number;
}

const DAY_MS = 86_400_000;
/** Sessions that are remembered; the first ones give way. Some 20 MB. */
const MAX_SESSIONS = 200_000;
/** What is known for certain is not asked of the database again for a day. */
const KNOWN = { limit: 10_000, keptMs: DAY_MS };

/**
 * Remembers sessions in the table `sessions`; those of one run, which never come back, in memory only.
 * Where the table cannot be written a session counts as new once per process; where it cannot be read
 * it counts as known until it can.
 *
 * @example
 * const sessions = createSessionRegistry({ database: store, scope: store.folder });
 * if (sessions.isFirstSight('agent:main:telegram:direct:777')) emit('session.created', data);
 */
export function createSessionRegistry(parts: SessionRegistryParts): SessionRegistry {
	const { database, scope, now = Date.now, elapsed = () => performance.now() } = parts;
	const known = knownSessions(scope, elapsed);
	let tidyAt = elapsed() + DAY_MS;
	const tidy = () => {
		if (elapsed() < tidyAt) return;
		tidyAt = elapsed() + DAY_MS;
		forgetFirst(database);
	};
	return {
		isFirstSight: (sessionKey) => {
			if (known.get(sessionKey) !== undefined) return false;
			const isNew = isOneRun(sessionKey) || tryTo(() => remember(database, sessionKey, now()));
			if (isNew === undefined && !isMissing(database, sessionKey)) return false;
			known.set(sessionKey, true);
			tryTo(tidy);
			return isNew ?? true;
		},
		forget: (sessionKey) => {
			known.delete(sessionKey);
			tryTo(() => database.prepare('DELETE FROM sessions WHERE session_key = ?').run(sessionKey));
		},
	};
}

/** Says whether it was not there. When another process does the same, one of them is told so. */
function remember(database: Database, key: string, now: number): boolean {
	const added = database
		.prepare(
			`INSERT INTO sessions (session_key, first_seen_at) VALUES (?, ?)
			ON CONFLICT (session_key) DO NOTHING`,
		)
		.run(key, now);
	return Number(added.changes) > 0;
}

function isMissing(database: Database, key: string): boolean {
	const read = () => database.prepare('SELECT 1 FROM sessions WHERE session_key = ?').get(key);
	return tryTo(() => read() === undefined) ?? false;
}

function forgetFirst(database: Database): void {
	const count = Number(database.prepare('SELECT count(*) AS n FROM sessions').get()?.n ?? 0);
	if (count <= MAX_SESSIONS) return;
	database
		.prepare(
			`DELETE FROM sessions WHERE session_key IN
			(SELECT session_key FROM sessions ORDER BY first_seen_at LIMIT ?)`,
		)
		.run(count - MAX_SESSIONS);
}

function knownSessions(folder: string, elapsed: () => number): BoundedMap<true> {
	return sharedOf(folder).slot('known-sessions', () => new BoundedMap<true>(KNOWN, elapsed));
}

/** What the store cannot do it reports itself, as a fault of the folder. */
function tryTo<Result>(work: () => Result): Result | undefined {
	try {
		return work();
	} catch {
		return undefined;
	}
}
