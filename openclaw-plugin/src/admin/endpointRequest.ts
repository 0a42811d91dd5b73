import { BlockedHostError, checkHost } from '../delivery/hostGuard';
import type { HostRules } from '../delivery/hostGuard';
import { DEFAULT_OVERLAP_MS, MAX_OVERLAP_MS } from '../endpoints/rotateSecret';
import { isSecret } from '../endpoints/secret';
import { refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { checkConfig } from '../protocol';
import type { EndpointConfig } from '../protocol';
import { invalidField } from './refusals';

/** What is to become of an endpoint's secret. */
export interface SecretChange {
	/** Takes this one, which the sender of the request made. */
	readonly secret?: string;
	/** Makes a new one. */
	readonly rotateSecret: boolean;
	/** Milliseconds that the old one goes on to sign. */
	readonly overlapMs: number;
}

/** An endpoint as a request describes it. */
export interface EndpointRequest extends SecretChange {
	readonly settings: EndpointConfig;
}

const HOUR_MS = 3_600_000;
const MAX_OVERLAP_HOURS = MAX_OVERLAP_MS / HOUR_MS;
/** Fits into tables and logs, and into a URL. */
const NAME = /^[^\s/?#\p{Cc}](?:[^/?#\p{Cc}]{0,98}[^\s/?#\p{Cc}])?$/u;
const REFERENCE = /\$\{\w+\}/;

/**
 * Reads the description of an endpoint: the keys of the configuration file, and `secret`,
 * `rotateSecret`, `overlapHours`.
 *
 * @param name where the path of the request names it; the body may leave it out then
 * @returns 400 that names the key at fault
 */
export function readEndpointRequest(
	body: unknown,
	name: string | undefined,
	rules: HostRules,
): Checked<EndpointRequest> {
	if (!isObject(body)) return refuse(invalidField('', 'The body must be a JSON object'));
	const change = readSecretChange(body);
	if (!change.ok) return change;
	const described: Record<string, unknown> = { name, ...body };
	for (const key of ['secret', 'rotateSecret', 'overlapHours'])
		Reflect.deleteProperty(described, key);
	if (name !== undefined && described.name !== name) {
		return refuse(invalidField('name', "'name' is another one than in the URL"));
	}
	const checked = checkConfig({ endpoints: [described] });
	if (!checked.ok) {
		const { path, message } = checked.issues[0];
		const relative = (text: string) => text.replaceAll('endpoints[0].', '');
		return refuse(invalidField(relative(path), relative(message)));
	}
	const [settings] = checked.config.endpoints;
	if (settings === undefined || !NAME.test(settings.name)) return refuse(BAD_NAME);
	const fault = checkTarget(settings, rules);
	if (fault !== undefined) return refuse(fault);
	return { ok: true, value: { settings, ...change.value } };
}

/** Reads what a request says about the secret alone. */
export function readSecretChange(body: unknown): Checked<SecretChange> {
	const { secret, rotateSecret = false, overlapHours } = isObject(body) ? body : {};
	if (secret !== undefined && (typeof secret !== 'string' || !isSecret(secret))) {
		return refuse(BAD_SECRET);
	}
	if (typeof rotateSecret !== 'boolean') {
		return refuse(invalidField('rotateSecret', "'rotateSecret' must be true or false"));
	}
	const hours = overlapHours ?? DEFAULT_OVERLAP_MS / HOUR_MS;
	if (typeof hours !== 'number' || !(hours >= 0 && hours <= MAX_OVERLAP_HOURS)) {
		return refuse(BAD_OVERLAP);
	}
	const overlapMs = Math.round(hours * HOUR_MS);
	return {
		ok: true,
		value: { rotateSecret, overlapMs, ...(secret === undefined ? {} : { secret }) },
	};
}

function checkTarget(
	{ name, url, headers = {}, allowPrivateHosts }: EndpointConfig,
	rules: HostRules,
) {
	if (url === undefined) return undefined;
	if (REFERENCE.test(url)) return NO_REFERENCE('url');
	const withReference = Object.entries(headers).find(([, value]) => REFERENCE.test(value));
	if (withReference !== undefined) return NO_REFERENCE(`headers.${withReference[0]}`);
	const target = new URL(url);
	if (target.username !== '' || target.password !== '') {
		return invalidField('url', "'url' must not hold a user name or a password. Use 'headers'");
	}
	if (rules.isBlockedHost(target.hostname.replace(/^\[|\]$/g, '')) && allowPrivateHosts !== true) {
		return {
			...invalidField(
				'url',
				`'${target.hostname}' is in a private network or reserved. If it is yours, send allowPrivateHosts: true`,
			),
			code: 'private-host',
		};
	}
	try {
		checkHost(target, { endpoint: name, allowPrivateHosts: true }, rules);
	} catch (error) {
		if (!(error instanceof BlockedHostError)) throw error;
		return { ...invalidField('url', error.message), code: 'private-host' };
	}
	return undefined;
}

const NO_REFERENCE = (path: string) =>
	invalidField(
		path,
		`'${path}' holds a reference to an environment variable. They are filled in in the configuration file only`,
	);

const BAD_NAME = invalidField(
	'name',
	"'name' must have at most 100 characters, none of them a slash, '?', '#' or a control character",
);

const BAD_SECRET = invalidField(
	'secret',
	"'secret' must be 'whsec_' and Base64 of 24 to 64 random bytes. Leave it out to have one made",
);

const BAD_OVERLAP = invalidField(
	'overlapHours',
	`'overlapHours' must be a number from 0 to ${String(MAX_OVERLAP_HOURS)}`,
);

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
