import { at, isObject, objectAt, textAt } from '../../testbed/json';

/** What the registry knows against some packages. */
export type AuditVerdict =
	| { readonly kind: 'clean' }
	| { readonly kind: 'vulnerable'; readonly findings: readonly string[] }
	/** The registry gives no advice: nothing was audited. */
	| { readonly kind: 'unknown'; readonly reason: string };

/**
 * Reads the answer of `npm audit --json`.
 *
 * @see https://docs.npmjs.com/cli/commands/npm-audit
 * @example
 * readAudit({ vulnerabilities: {}, metadata: { vulnerabilities: { total: 0 } } }); // { kind: 'clean' }
 */
export function readAudit(answer: unknown): AuditVerdict {
	const total = at(answer, 'metadata', 'vulnerabilities', 'total');
	if (typeof total !== 'number') {
		const reason = textAt(answer, 'message') || textAt(answer, 'error', 'summary');
		return { kind: 'unknown', reason: reason === '' ? 'an answer that is no audit' : reason };
	}
	if (total === 0) return { kind: 'clean' };
	const findings = Object.values(objectAt(answer, 'vulnerabilities'))
		.filter(isObject)
		.map(
			(found) => `${textAt(found, 'name')} ${textAt(found, 'range')}: ${textAt(found, 'severity')}`,
		);
	return { kind: 'vulnerable', findings };
}

/** The libraries that a package has taken in, by the headings of its file of licences. */
export function listBundled(licences: string): readonly string[] {
	return Array.from(licences.matchAll(/^## (\S+)$/gm), ([, name = '']) => name);
}
