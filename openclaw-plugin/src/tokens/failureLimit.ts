/** Failed tokens of one client within this many milliseconds count together. */
const WINDOW_MS = 60_000;
const MAX_FAILURES = 10;
/** Clients that are kept in mind; some 200 bytes each. */
const MAX_CLIENTS = 10_000;

/** Slows down whoever guesses tokens. */
export interface FailureLimit {
	/**
	 * Counts a failure.
	 *
	 * @returns seconds to wait before the next try; 0 while the client has not failed too often
	 */
	count(client: string): number;
}

/**
 * Counts failed tokens by client: ten a minute are answered as what they are, further ones with a
 * pause. Only failures are counted and only they are slowed: a right token always passes, so nobody
 * can lock out others behind the same address.
 *
 * @param now milliseconds, the system's clock unless given
 */
export function createFailureLimit(now: () => number = Date.now): FailureLimit {
	const clients = new Map<string, { failures: number; until: number }>();
	return {
		count(client) {
			const time = now();
			const known = clients.get(client);
			const entry =
				known !== undefined && known.until > time
					? { ...known, failures: known.failures + 1 }
					: { failures: 1, until: time + WINDOW_MS };
			// The newest last, so that the first is the one to forget.
			clients.delete(client);
			clients.set(client, entry);
			if (clients.size > MAX_CLIENTS) clients.delete(clients.keys().next().value ?? client);
			return entry.failures > MAX_FAILURES ? Math.ceil((entry.until - time) / 1000) : 0;
		},
	};
}
