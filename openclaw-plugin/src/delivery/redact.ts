import type { Endpoint } from '../endpoints/endpoint';

const REPLACEMENT = '[redacted]';
/** Shorter texts are no secrets, but parts of many words. */
const MIN_LENGTH = 6;
const SIGNATURE = /sha256=[0-9a-f]{64}|v1,[A-Za-z0-9+/]{43}=/g;
const MAX_LENGTH = 2048;

/** Prepares a text for the log; undefined when nothing is left of it. */
export type Redact = (text: string) => string | undefined;

/**
 * Makes a function that shortens a receiver's answer for the log, and takes out of it what the receiver
 * may have sent back to us: secrets, values of headers, signatures, the password and query of the URL.
 */
export function createRedactor(endpoint: Pick<Endpoint, 'secrets' | 'headers'>, url: URL): Redact {
	const secrets = listSecretTexts(endpoint, url);
	return (text) => {
		let clean = text.replaceAll(SIGNATURE, REPLACEMENT);
		for (const secret of secrets) clean = clean.replaceAll(secret, REPLACEMENT);
		const beginning = clean
			.slice(0, MAX_LENGTH)
			.replace(/[\uD800-\uDBFF]$/, '')
			.trim();
		return beginning === '' ? undefined : beginning;
	};
}

/** Whether an answer is a web page, by its `Content-Type`. */
export function isPage(contentType: string | undefined): boolean {
	return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType ?? '');
}

const MAX_QUOTE_LENGTH = 200;

/** The beginning of an answer in one line, to be quoted; of a web page its title. */
export function shorten(body: string, contentType: string | undefined): string {
	const text = isPage(contentType) ? (/<title[^>]*>([^<]*)/i.exec(body)?.[1] ?? '') : body;
	const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
	if (line.length <= MAX_QUOTE_LENGTH) return line;
	return `${line.slice(0, MAX_QUOTE_LENGTH).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Longest first, as one may be part of another. */
function listSecretTexts(
	{ secrets, headers }: Pick<Endpoint, 'secrets' | 'headers'>,
	url: URL,
): readonly string[] {
	const values = Object.values(headers ?? {});
	const texts = [
		...secrets,
		...secrets.map((secret) => secret.replace(/^whsec_/, '')),
		...values,
		// `Bearer <token>`: the token alone is as secret.
		...values.flatMap((value) => value.split(/\s+/)),
		url.password,
		decode(url.password),
		...[...url.searchParams.values()].flatMap((value) => [value, encodeURIComponent(value)]),
	];
	return [...new Set(texts)]
		.filter((text) => text.length >= MIN_LENGTH)
		.sort((left, right) => right.length - left.length);
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
