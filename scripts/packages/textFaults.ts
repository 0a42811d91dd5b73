import { findSecrets } from '../../testbed/evidence/findSecrets';

/** What tells of the machine that built the package, or belongs to nobody else. */
const FORBIDDEN: ReadonlyArray<readonly [RegExp, string]> = [
	[
		/(?<![\w.:/-])\/(?:home|Users|root|tmp|work|builds|runner)\/[\w.-]+\/[\w.-]+/,
		'an absolute path',
	],
	[/[A-Z]:\\+(?:Users|a)\\+\w+/, 'an absolute path'],
	[/\/\/[#@] ?sourceMappingURL=/, 'a reference to a source map'],
	[/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
	[/\b(?:npm_[A-Za-z0-9]{36}|gh[pousr]_[A-Za-z0-9]{36})\b/, 'a token of npm or GitHub'],
];

/** The example of the Standard Webhooks specification, which our documentation repeats. */
const PUBLISHED_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/**
 * Names what no text of a package may have in it: paths of the machine that built it, source maps, keys,
 * tokens, secrets.
 *
 * @param file for the messages
 */
export function textFaults(file: string, text: string): readonly string[] {
	const isReadme = file.endsWith('.md');
	return [
		...FORBIDDEN.filter(([pattern]) => pattern.test(text)).map(
			([, what]) => `${file} has ${what} in it`,
		),
		// Documentation shows where a user's own files are.
		...findSecrets(text.replaceAll(PUBLISHED_SECRET, ''), [])
			.filter(({ form }) => form === 'plain')
			.map(({ kind }) => `${file} has a ${kind} in it`),
	].filter((fault) => !(isReadme && fault.endsWith('an absolute path in it')));
}
