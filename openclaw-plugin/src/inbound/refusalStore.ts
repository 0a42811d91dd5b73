import type { Refusal } from '../http/answers';
import { TODAY } from '../store/clock';
import type { Database } from '../store/databaseAccess';

/** Equal calls within a minute that were refused, or led to nothing because of `when`. */
export interface InboundRefusal {
	/** Milliseconds since 1970, of the first. */
	readonly at: number;
	/** Of the last. */
	readonly lastAt: number;
	readonly count: number;
	/** As it was called; empty for a message to any agent. */
	readonly endpoint: string;
	readonly address: string;
	readonly status: number;
	readonly code: string;
	readonly reason: string;
}

/** Code of a call that its endpoint's conditions did not let through: no fault of anybody. */
export const FILTERED = 'filtered';

/** Lists refused calls and filtered ones, the newest first. */
export function listRefusals(
	database: Database,
	{ limit = 20, withFiltered = true }: { readonly limit?: number; withFiltered?: boolean } = {},
): readonly InboundRefusal[] {
	return database
		.prepare(
			`SELECT * FROM inbound_refusals WHERE ?1 OR code <> '${FILTERED}'
			ORDER BY last_at DESC, seq DESC LIMIT ?2`,
		)
		.all(withFiltered ? 1 : 0, limit)
		.map((row) => ({
			at: Number(row.at),
			lastAt: Number(row.last_at),
			count: Number(row.count),
			endpoint: String(row.endpoint),
			address: String(row.address),
			status: Number(row.status),
			code: String(row.code),
			reason: String(row.reason),
		}));
}

/** Keeps what was refused. */
export interface RefusalStore {
	/**
	 * Notes a refused call; never throws.
	 *
	 * @param endpoint as it was called
	 * @returns the reason as it was noted, when nothing equal came in the minute before
	 */
	note(endpoint: string, address: string, refusal: Refusal): string | undefined;
	/** Writes what is still counted in memory. */
	close(): void;
}

/** Refusals that are kept, and as many filtered calls beside them: neither push out the others. */
const MAX_REFUSALS = 1000;
const DAYS_KEPT = 30;
/** Milliseconds within which equal refusals are one. */
const TOGETHER_MS = 60_000;
/** Different ones within that time; further ones are counted together. */
const MAX_DIFFERENT = 60;
const FLUSH_AFTER_MS = 5000;
const MAX_NAME_LENGTH = 100;

interface Counted {
	readonly seq: number | bigint;
	readonly since: number;
	lastAt: number;
	count: number;
	isWritten: boolean;
}

/**
 * Makes the store of refused calls. However many come, it writes at most some 70 rows a minute, and a change
 * of these every few seconds.
 *
 * @param now milliseconds, the system's clock unless given
 */
export function createRefusalStore(database: Database, now: () => number = Date.now): RefusalStore {
	const recent = new Map<string, Counted>();
	let timer: NodeJS.Timeout | undefined;
	const write = (counted: Counted) => {
		if (counted.isWritten) return;
		database
			.prepare('UPDATE inbound_refusals SET count = ?, last_at = ? WHERE seq = ?')
			.run(counted.count, counted.lastAt, counted.seq);
		counted.isWritten = true;
	};
	const flush = () => {
		clearTimeout(timer);
		timer = undefined;
		for (const counted of recent.values()) write(counted);
	};
	const add = (key: string, values: RefusalValues, time: number) => {
		const { lastInsertRowid: seq } = database
			.prepare(
				`INSERT INTO inbound_refusals (at, last_at, day, count, endpoint, address, status, code, reason)
				VALUES (?, ?, ${TODAY}, 1, ?, ?, ?, ?, ?)`,
			)
			.run(time, time, ...values);
		database
			.prepare(
				`DELETE FROM inbound_refusals WHERE (code = '${FILTERED}') = ?1 AND seq <= (
					SELECT seq FROM inbound_refusals WHERE (code = '${FILTERED}') = ?1
					ORDER BY seq DESC LIMIT 1 OFFSET ${String(MAX_REFUSALS)})`,
			)
			.run(values[3] === FILTERED ? 1 : 0);
		recent.set(key, { seq, since: time, lastAt: time, count: 1, isWritten: true });
	};
	const forgetOld = (time: number) => {
		for (const [key, counted] of recent) {
			if (Math.abs(time - counted.since) < TOGETHER_MS) continue;
			recent.delete(key);
			write(counted);
		}
	};
	/** Says whether it is a new one. */
	const countOne = (values: RefusalValues, isLast = false): boolean => {
		const time = now();
		const key = JSON.stringify(values);
		const known = recent.get(key);
		if (known !== undefined && Math.abs(time - known.since) < TOGETHER_MS) {
			known.count += 1;
			known.lastAt = time;
			known.isWritten = false;
			timer ??= setTimeout(quietly(flush), FLUSH_AFTER_MS).unref();
			return false;
		}
		forgetOld(time);
		if (recent.size >= MAX_DIFFERENT && !isLast) return countOne(OTHERS, true);
		add(key, values, time);
		return true;
	};
	return {
		note: (endpoint, address, { status, code, message, logged = message }) => {
			const reason = toLine(logged);
			try {
				const name = toLine(endpoint).slice(0, MAX_NAME_LENGTH).toWellFormed();
				return countOne([name, address, status, code, reason]) ? reason : undefined;
			} catch {
				// What cannot be written must not change what a caller is answered.
				return undefined;
			}
		},
		close: quietly(flush),
	};
}

/** Deletes the refusals that are too old. */
export function forgetRefusals(database: Database): void {
	database.prepare(`DELETE FROM inbound_refusals WHERE day < ${TODAY} - ?`).run(DAYS_KEPT);
}

type RefusalValues = readonly [
	endpoint: string,
	address: string,
	status: number,
	code: string,
	reason: string,
];

const OTHERS: RefusalValues = [
	'',
	'',
	0,
	'many',
	'More calls were refused than are kept one by one',
];

/** Names are what anybody sends: nothing of them may move a terminal's cursor. */
function toLine(text: string): string {
	return text.replace(/[\p{Cc}\p{Cf}]/gu, '');
}

/** What cannot be written must not change what a caller is answered. */
function quietly(work: () => void): () => void {
	return () => {
		try {
			work();
		} catch {
			// Status and dashboard tell of a database that cannot be written.
		}
	};
}
