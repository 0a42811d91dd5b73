import { createEventKeys } from '../../../protocol/sign';
import type { EventKeys } from '../../../protocol/sign';

/** A secret that was removed from the credential is refused after this time at the latest. */
const FRESH_MS = 5_000;
/** A signature that does not fit makes a credential be read again at most this often. */
const REREAD_MS = 1_000;
/** When that was in vain, the request was probably forged: so long, others like it cause no reading. */
const QUIET_MS = 10_000;
const MAX_CREDENTIALS = 1_000;

/** Reads the signing secret of the credential, which is slow: a database, and often an isolate. */
export type ReadSecret = () => Promise<unknown>;

interface Entry {
	readonly readAt: number;
	readonly keys: Promise<EventKeys>;
	/** While pending, whoever else asks waits for the same answer. */
	state: 'pending' | 'read' | 'failed';
	/** When a reading for a signature that did not fit was last in vain. */
	vainAt: number;
}

/** Signing keys by credential, so that most requests cost neither a database nor a key. */
export class SigningKeyCache {
	private readonly entries = new Map<string, Entry>();

	/**
	 * @param credential what tells the credential from others
	 * @param now milliseconds since 1970
	 * @returns the keys, at most some seconds old; empty without a secret
	 * @throws what `read` throws
	 */
	async get(credential: string, read: ReadSecret, now: number): Promise<EventKeys> {
		return await this.readIfOlder(credential, read, now, FRESH_MS).keys;
	}

	/**
	 * For when no key fits: the secret may just have been changed.
	 *
	 * @param known the keys that did not fit
	 * @returns other keys to try, or undefined when there are none or it is too early to ask again
	 * @throws what `read` throws
	 */
	async getNewer(
		credential: string,
		read: ReadSecret,
		now: number,
		known: EventKeys,
	): Promise<EventKeys | undefined> {
		const age = this.isQuiet(credential, now) ? FRESH_MS : REREAD_MS;
		const entry = this.readIfOlder(credential, read, now, age);
		const keys = await entry.keys;
		if (keys === known) return undefined;
		if (!haveEqualKeys(keys, known)) return keys;
		entry.vainAt = now;
		return undefined;
	}

	private isQuiet(credential: string, now: number): boolean {
		const elapsed = now - (this.entries.get(credential)?.vainAt ?? -Infinity);
		return elapsed >= 0 && elapsed < QUIET_MS;
	}

	private readIfOlder(credential: string, read: ReadSecret, now: number, age: number): Entry {
		const present = this.entries.get(credential);
		if (present && isUsable(present, now, age)) return present;
		const keys = read().then((secret) => createEventKeys(typeof secret === 'string' ? secret : ''));
		const vainAt = present?.vainAt ?? -Infinity;
		const entry: Entry = { readAt: now, keys, state: 'pending', vainAt };
		keys.then(
			() => (entry.state = 'read'),
			() => (entry.state = 'failed'),
		);
		this.entries.delete(credential);
		this.entries.set(credential, entry);
		this.dropOldest();
		return entry;
	}

	private dropOldest(): void {
		for (const credential of this.entries.keys()) {
			if (this.entries.size <= MAX_CREDENTIALS) return;
			this.entries.delete(credential);
		}
	}
}

function isUsable(entry: Entry, now: number, maxAge: number): boolean {
	if (entry.state === 'pending') return true;
	const age = now - entry.readAt;
	// A negative age means that the clock was set back.
	return age >= 0 && age < (entry.state === 'failed' ? Math.min(maxAge, REREAD_MS) : maxAge);
}

function haveEqualKeys({ own: one }: EventKeys, { own: other }: EventKeys): boolean {
	return (
		one.length === other.length &&
		one.every((key, index) => {
			const counterpart = other[index];
			return counterpart !== undefined && key.equals(counterpart);
		})
	);
}
