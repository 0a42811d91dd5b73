import { viewsOf } from './views';

/** A secret that stands where none may. */
export interface Finding {
	/** What kind of secret it is; never the secret. */
	readonly kind: string;
	/** How it was written: see `viewsOf`. */
	readonly form: string;
	/** What stands before it, so that the place can be found. */
	readonly before: string;
}

/** Secrets that programs made by themselves are known by their form. */
const FORMS: ReadonlyArray<readonly [string, RegExp]> = [
	['signing secret', /whsec_[A-Za-z0-9+/_=-]{24,}/],
	['token of the plugin', /ocw_[0-9a-z]{10}_[\w-]{43}/],
	['signature', /sha256=[0-9a-f]{64}/],
	['signature', /\bv1,[A-Za-z0-9+/]{43}=/],
	['authorization', /\bBearer [\w.~+/-]{20,}/i],
];

/** Shorter texts are found in what is no secret. */
const MIN_LENGTH = 16;
const SHOWN_BEFORE = 80;

/**
 * Searches a text for secrets, however they are encoded; at most one finding of each kind and form.
 *
 * @param known secrets that have no form of their own, such as a gateway's tokens
 * @example
 * findSecrets(await n8n.log(), [GATEWAY_TOKENS.hooks]); // []
 */
export function findSecrets(text: string, known: Iterable<string>): readonly Finding[] {
	const secrets = [...new Set(known)].filter((secret) => secret.length >= MIN_LENGTH);
	return viewsOf(text).flatMap((view) => [
		...FORMS.flatMap(([kind, pattern]) => {
			const found = pattern.exec(view.text);
			return found === null ? [] : [describe(kind, view.form, view.text, found.index, secrets)];
		}),
		...secrets.flatMap((secret) => {
			const index = view.text.indexOf(secret);
			return index < 0 ? [] : [describe('known secret', view.form, view.text, index, secrets)];
		}),
	]);
}

function describe(
	kind: string,
	form: string,
	text: string,
	index: number,
	secrets: readonly string[],
): Finding {
	// Other secrets may stand before it; half of one must not remain at the cut.
	let before = text.slice(Math.max(0, index - 20 * SHOWN_BEFORE), index);
	for (const secret of secrets) before = before.replaceAll(secret, '●');
	for (const [, pattern] of FORMS) before = before.replaceAll(new RegExp(pattern, 'gi'), '●');
	return { kind, form, before: before.slice(-SHOWN_BEFORE) };
}
