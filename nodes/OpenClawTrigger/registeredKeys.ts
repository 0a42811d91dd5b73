import { createSigningKeys } from '../../protocol/keys';
import type { SigningKey } from '../../protocol/keys';

const MAX_SECRETS = 1_000;

/** Keys of generated secrets, which never change: each is made once. */
export class RegisteredKeys {
	private readonly known = new Map<string, readonly SigningKey[]>();

	/** The keys of a secret. */
	get(secret: string): readonly SigningKey[] {
		const present = this.known.get(secret);
		if (present !== undefined) return present;
		const keys = createSigningKeys(secret);
		if (this.known.size >= MAX_SECRETS) this.known.clear();
		this.known.set(secret, keys);
		return keys;
	}
}
