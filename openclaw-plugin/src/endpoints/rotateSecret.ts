import { inTransaction } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';
import { findManagedEndpoint, saveManagedEndpoint } from './managedEndpoints';
import { announceEndpointChange } from './registry';
import { retireSecret } from './retiringSecrets';
import { createSecret } from './secret';

/** Milliseconds that a replaced secret goes on to sign unless it is said otherwise. */
export const DEFAULT_OVERLAP_MS = 86_400_000;
export const MAX_OVERLAP_MS = 7 * DEFAULT_OVERLAP_MS;

/** What a rotation brought. */
export interface RotatedSecret {
	readonly secret: string;
	/** Until when the replaced secret signs, too. Milliseconds since 1970. */
	readonly previousUntil: number;
}

/**
 * Gives an endpoint of the API a new secret. For some time both sign, so that receivers can change
 * over; only the newest five sign, as receivers accept no more signatures.
 *
 * @param options `secret`: instead of a generated one; the current one again changes nothing
 * @returns undefined when there is no such endpoint
 */
export function rotateSecret(
	database: Database,
	name: string,
	options: { readonly secret?: string; readonly overlapMs?: number },
	now: number,
): RotatedSecret | undefined {
	const { secret = createSecret(), overlapMs = DEFAULT_OVERLAP_MS } = options;
	const rotated = inTransaction(database, () => {
		const found = findManagedEndpoint(database, name);
		if (found === undefined) return undefined;
		const { config } = found;
		const previousUntil = now + overlapMs;
		if (secret === config.secret) return { secret, previousUntil };
		retireSecret(database, { endpoint: name, secret: config.secret, until: previousUntil }, now);
		saveManagedEndpoint(database, { ...config, secret }, now);
		return { secret, previousUntil };
	});
	if (rotated !== undefined) announceEndpointChange();
	return rotated;
}
