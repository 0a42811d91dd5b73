import type { UserMessage } from './gatewayConnection';

/**
 * Looks for signs that a signing secret was not copied as the gateway has it. The secret itself never
 * gets into the text.
 *
 * @param value the field as entered; an empty one is fine
 * @returns what to change, or `undefined`
 * @example
 * checkSigningSecret('whsec_old whsec_new'); // undefined: both are used while rotating
 */
export function checkSigningSecret(value: unknown): UserMessage | undefined {
	const secrets =
		typeof value === 'string' ? value.split(/\s+/u).filter((part) => part !== '') : [];
	if (secrets.some((secret) => /^\$\{.*\}$|\{\{|\}\}/.test(secret))) {
		return {
			message: "'Signing Secret' is a placeholder, not a secret",
			description:
				'Enter the value itself: names such as ${SECRET} are filled in by the gateway only.',
		};
	}
	if (secrets.some((secret) => /^["'`]|["'`]$/.test(secret))) {
		return {
			message: "'Signing Secret' has quotation marks around it",
			description: 'Enter it without the quotation marks of openclaw.json5.',
		};
	}
	if (secrets.some((secret) => /[,;]whsec_|^whsec_.*[,;]$/.test(secret))) {
		return {
			message: "'Signing Secret' holds several secrets with commas between them",
			description: 'Separate them with a space.',
		};
	}
	return undefined;
}
