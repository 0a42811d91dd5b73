import {
	addIssue,
	checkKeys,
	child,
	optional,
	readInteger,
	readPath,
	readText,
	suggest,
} from './configFields';
import type { Field } from './configFields';
import { readSecretReference } from './configSecret';
import type { SecretReference } from './configSecret';
import { isObject } from './jsonObject';

/** Digests that `hmac` can be made with. */
export type SenderAlgorithm = 'sha1' | 'sha256' | 'sha512';

/** Secrets of one sender, at least one; several while one replaces another. */
interface Secrets {
	readonly secrets: readonly string[];
	/** References among them that the gateway has not replaced; absent where there are none. */
	readonly unresolved?: readonly SecretReference[];
}

/** Seconds that the time of a call may be off in either direction. */
interface Tolerance {
	readonly toleranceSeconds: number;
}

/** A digest over the body, or over a time and the body, in a header of any name. */
export interface HmacAuth extends Secrets, Tolerance {
	readonly type: 'hmac';
	/** Lower-cased. */
	readonly header: string;
	readonly algorithm: SenderAlgorithm;
	readonly encoding: 'hex' | 'base64';
	/** What stands before each digest; may be empty. */
	readonly prefix: string;
	/** What is signed: a text that ends with `{body}` and may have `{timestamp}`. */
	readonly signed: string;
	/** Lower-cased; there if and only if the time is signed. */
	readonly timestampHeader?: string;
	/** Path of what is the same in each retry, such as `headers.x-request-id`. */
	readonly deliveryId?: string;
}

/** The secret itself, in a header of any name. */
export interface TokenAuth extends Secrets {
	readonly type: 'token';
	/** Lower-cased. */
	readonly header: string;
	/** Path of what is the same in each retry, such as `headers.x-request-id`. */
	readonly deliveryId?: string;
}

/** How a sender that cannot set an access token proves that a call is its own. */
export type SenderAuth =
	| ({ readonly type: 'github' | 'gitlab' | 'shopify' } & Secrets)
	| ({ readonly type: 'stripe' | 'slack' | 'standard-webhooks' } & Secrets & Tolerance)
	| HmacAuth
	| TokenAuth;

export type SenderType = SenderAuth['type'];

export const SENDER_TYPES = [
	'github',
	'gitlab',
	'stripe',
	'slack',
	'standard-webhooks',
	'shopify',
	'hmac',
	'token',
] as const satisfies readonly SenderType[];

const ALGORITHMS = ['sha1', 'sha256', 'sha512'] as const;
const ENCODINGS = ['hex', 'base64'] as const;
const COMMON_KEYS = ['type', 'secret'];
/** All keys there are; those of `hmac`. */
export const SENDER_KEYS = [
	...COMMON_KEYS,
	'header',
	'algorithm',
	'encoding',
	'prefix',
	'signed',
	'timestampHeader',
	'toleranceSeconds',
	'deliveryId',
];
const DEFAULT_TOLERANCE_SECONDS = 300;
const MAX_TOLERANCE_SECONDS = 3600;
const MAX_SECRETS = 5;
/** What HTTP allows in a field name (RFC 9110, section 5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TIMESTAMP = '{timestamp}';
const BODY = '{body}';

/** Reads `auth` of an inbound endpoint; undefined, with the issues added, when nobody can be let in by it. */
export function readSenderAuth(field: Field): SenderAuth | undefined {
	const typeField = child(field, 'type');
	const type = SENDER_TYPES.find((known) => known === typeField.value);
	if (!checkKeys(field, keysOf(type))) return undefined;
	const secrets = readSecrets(child(field, 'secret'));
	if (type === undefined) {
		const written = readText(typeField);
		if (written !== undefined) {
			addIssue(typeField, `is not a kind of sender. ${suggest(written, SENDER_TYPES)}`);
		}
		return undefined;
	}
	if (secrets === undefined) return undefined;
	switch (type) {
		case 'hmac':
			return readHmac(field, secrets);
		case 'token': {
			const header = readHeaderName(child(field, 'header'));
			return header === undefined
				? undefined
				: { type, ...secrets, header, ...optional(field, 'deliveryId', readDeliveryId) };
		}
		case 'stripe':
		case 'slack':
		case 'standard-webhooks':
			return { type, ...secrets, toleranceSeconds: readTolerance(field) };
		default:
			return { type, ...secrets };
	}
}

/** The keys that go with a kind of sender; all there are where that is not known. */
function keysOf(type: SenderType | undefined): readonly string[] {
	switch (type) {
		case 'hmac':
		case undefined:
			return SENDER_KEYS;
		case 'token':
			return [...COMMON_KEYS, 'header', 'deliveryId'];
		case 'stripe':
		case 'slack':
		case 'standard-webhooks':
			return [...COMMON_KEYS, 'toleranceSeconds'];
		default:
			return COMMON_KEYS;
	}
}

/**
 * One secret as a text, blanks inside included, or as a reference, or a list of these. All of them must be there: none
 * is passed over.
 */
function readSecrets(field: Field): Secrets | undefined {
	const fields = Array.isArray(field.value)
		? field.value.map((_, index) => child(field, index))
		: [field];
	const read = fields.flatMap((one) => readSecret(one) ?? []);
	if (read.length < fields.length) return undefined;
	if (read.length === 0 || read.length > MAX_SECRETS) {
		addIssue(field, `must have from 1 to ${String(MAX_SECRETS)} secrets`);
		return undefined;
	}
	const unresolved = read.filter((secret) => typeof secret !== 'string');
	return {
		secrets: read.filter((secret) => typeof secret === 'string'),
		...(unresolved.length === 0 ? {} : { unresolved }),
	};
}

function readSecret(field: Field): string | SecretReference | undefined {
	if (isObject(field.value)) return readSecretReference(field);
	const secret = readText(field);
	if (secret === undefined || secret === secret.trim()) return secret;
	addIssue(
		field,
		'begins or ends with a blank or a line break. Remove it, in the environment variable where it comes from one',
	);
	return undefined;
}

function readHmac(field: Field, secrets: Secrets): HmacAuth | undefined {
	const header = readHeaderName(child(field, 'header'));
	const { timestampHeader } = optional(field, 'timestampHeader', readHeaderName);
	const { algorithm = 'sha256' } = optional(field, 'algorithm', (inner) =>
		readWord(inner, ALGORITHMS),
	);
	const { encoding = 'hex' } = optional(field, 'encoding', (inner) => readWord(inner, ENCODINGS));
	const { prefix = '' } = optional(field, 'prefix', readText);
	const usual = timestampHeader === undefined ? BODY : `${TIMESTAMP}.${BODY}`;
	const { signed = usual } = optional(field, 'signed', (inner) =>
		readSigned(inner, child(field, 'timestampHeader')),
	);
	const toleranceSeconds = readTolerance(field);
	const deliveryId = optional(field, 'deliveryId', readDeliveryId);
	if (header === undefined) return undefined;
	return {
		type: 'hmac',
		...secrets,
		header,
		algorithm,
		encoding,
		prefix,
		signed,
		...(timestampHeader === undefined ? {} : { timestampHeader }),
		toleranceSeconds,
		...deliveryId,
	};
}

/** `body` for the body alone, or a text with `{timestamp}` that ends with `{body}`. */
function readSigned(field: Field, timestampHeader: Field): string | undefined {
	const text = readText(field);
	if (text === undefined) return undefined;
	const signed = text === 'body' ? BODY : text;
	const before = signed.slice(0, -BODY.length);
	const parts = before.split(TIMESTAMP);
	if (!signed.endsWith(BODY) || parts.length > 2 || parts.some((part) => /[{}]/.test(part))) {
		addIssue(field, `must be 'body' or a text such as '${TIMESTAMP}.${BODY}' that ends with it`);
		return undefined;
	}
	const isTimed = parts.length === 2;
	if (isTimed && timestampHeader.value === undefined) {
		addIssue(timestampHeader, `is missing: 'signed' has ${TIMESTAMP}`);
	}
	if (!isTimed && timestampHeader.value !== undefined) {
		addIssue(field, `must have ${TIMESTAMP}: a time that is not signed proves nothing`);
	}
	return signed;
}

function readTolerance(field: Field): number {
	const { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = optional(
		field,
		'toleranceSeconds',
		(inner) => readInteger(inner, 1, MAX_TOLERANCE_SECONDS),
	);
	return toleranceSeconds;
}

function readDeliveryId(field: Field): string | undefined {
	return readPath(field, ['body', 'headers']);
}

/** Names of headers are the same in any case; lower-cased, as Node.js has them. */
function readHeaderName(field: Field): string | undefined {
	const name = readText(field);
	if (name === undefined) return undefined;
	if (HEADER_NAME.test(name)) return name.toLowerCase();
	addIssue(field, 'is not a possible header name');
	return undefined;
}

function readWord<Word extends string>(field: Field, known: readonly Word[]): Word | undefined {
	const word = known.find((one) => one === field.value);
	if (word !== undefined) return word;
	const written = readText(field);
	if (written !== undefined) addIssue(field, `is not known. ${suggest(written, known)}`);
	return undefined;
}
