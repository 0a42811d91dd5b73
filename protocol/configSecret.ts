import { checkKeys, child, optional, readText } from './configFields';
import type { Field } from './configFields';

/** A reference to a secret that the gateway keeps elsewhere. */
export interface SecretReference {
	readonly source: string;
	readonly provider?: string;
	readonly id: string;
}

/**
 * Reads a secret that is an object: a reference, which the gateway replaces by the secret before the plugin sees it. One
 * that is still there has led nowhere.
 */
export function readSecretReference(field: Field): SecretReference | undefined {
	checkKeys(field, ['source', 'provider', 'id']);
	const source = readText(child(field, 'source'));
	const id = readText(child(field, 'id'));
	if (source === undefined || id === undefined) return undefined;
	return { source, ...optional(field, 'provider', readText), id };
}
