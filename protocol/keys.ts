import { createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A secret in the form `node:crypto` works with fastest; it never shows the secret when printed. */
export type SigningKey = KeyObject;

/**
 * Turns the secrets of one sender into keys. The whole secret text is the key, as UTF-8.
 *
 * Create keys once and pass them on: making one costs more than a signature of a small event.
 *
 * @param secrets a text that may hold several secrets separated by white space (while a secret is
 * being rotated), or a list whose entries are taken as they are. Blank ones are dropped.
 * @returns one key per secret in the given order; empty when there is none, which verifies nothing
 * @example
 * const keys = createSigningKeys('whsec_new whsec_old');
 */
export function createSigningKeys(secrets: string | readonly string[]): readonly SigningKey[] {
	return listSecrets(secrets).map((secret) => createSecretKey(secret, 'utf8'));
}

/**
 * Splits and cleans secrets as {@link createSigningKeys} does. Anything that is no text is dropped.
 *
 * @example
 * listSecrets(' one  two '); // ['one', 'two']
 */
export function listSecrets(secrets: unknown): readonly string[] {
	if (typeof secrets === 'string') return secrets.split(/\s+/u).filter((secret) => secret !== '');
	if (!Array.isArray(secrets)) return [];
	return secrets.filter(
		(secret): secret is string => typeof secret === 'string' && secret.trim() !== '',
	);
}
