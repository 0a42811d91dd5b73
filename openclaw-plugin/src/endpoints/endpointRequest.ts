import { findHostRefusal } from '../delivery/hostGuard';
import type { HostRules } from '../delivery/hostGuard';
import { checkConfig, isObject } from '../protocol';
import type { EndpointConfig } from '../protocol';
import { DEFAULT_OVERLAP_MS, isSecret, MAX_LEASE_MS, MAX_OVERLAP_MS } from './endpoint';
import type { Outcome, Refused } from './endpoint';

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
	readonly name: string;
	readonly settings: Omit<EndpointConfig, 'name' | 'secret'>;
	/** Who makes it: an id of an n8n. */
	readonly registrant?: string;
	/** Whether what waits for the endpoint is given up. */
	readonly isFromNew: boolean;
	/** Seconds until it is removed by itself unless it is registered again. */
	readonly leaseSeconds?: number;
}

const HOUR_MS = 3_600_000;
const MAX_OVERLAP_HOURS = MAX_OVERLAP_MS / HOUR_MS;
const MAX_LEASE_SECONDS = MAX_LEASE_MS / 1000;
const MAX_REGISTRANT_LENGTH = 200;
/** Fits into tables and logs, and into a URL. */
const NAME = /^[^\s/?#\p{Cc}](?:[^/?#\p{Cc}]{0,98}[^\s/?#\p{Cc}])?$/u;
const REFERENCE = /\$\{\w+\}/;
/** Keys of a request beside those of the configuration file. */
const OWN_KEYS = [
	'secret',
	'rotateSecret',
	'overlapHours',
	'registrant',
	'from',
	'leaseSeconds',
	'consumer',
	'replaces',
] as const;

/**
 * Reads the description of an endpoint: the keys of the configuration file, and `secret`, `rotateSecret`,
 * `overlapHours`, `registrant`, `from` (`new` or `waiting`), `leaseSeconds`. Who fetches names itself by `consumer` and
 * `replaces`, which are looked at before.
 *
 * @param name where the path of the request names it; the body may leave it out then
 */
export function readEndpointRequest(
	body: unknown,
	name: string | undefined,
	rules: HostRules,
): Outcome<EndpointRequest> {
	if (!isObject(body)) return refuse(invalidField('', 'The description must be a JSON object'));
	const change = readSecretChange(body);
	if (!change.ok) return change;
	const registration = readRegistration(body);
	if (!registration.ok) return registration;
	const described: Record<string, unknown> = { name, ...body };
	for (const key of OWN_KEYS) Reflect.deleteProperty(described, key);
	if (name !== undefined && described.name !== name) {
		return refuse(invalidField('name', "'name' is another one than that of the endpoint"));
	}
	const checked = checkConfig({ endpoints: [described] });
	if (!checked.ok) {
		const { path, message } = checked.issues[0];
		const relative = (text: string) => text.replaceAll('endpoints[0].', '');
		return refuse(invalidField(relative(path), relative(message)));
	}
	const [config] = checked.config.endpoints;
	if (config === undefined || !NAME.test(config.name) || /^ep_\d+$/.test(config.name)) {
		return refuse(BAD_NAME);
	}
	const fault = checkTarget(config, rules);
	if (fault !== undefined) return refuse(fault);
	const settings: Record<string, unknown> = { ...config };
	Reflect.deleteProperty(settings, 'name');
	return {
		ok: true,
		value: {
			name: config.name,
			settings: settings as unknown as EndpointRequest['settings'],
			...change.value,
			...registration.value,
		},
	};
}

/** Reads what a request says about the secret alone. */
export function readSecretChange(body: unknown): Outcome<SecretChange> {
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

function readRegistration(
	body: Readonly<Record<string, unknown>>,
): Outcome<Pick<EndpointRequest, 'registrant' | 'isFromNew' | 'leaseSeconds'>> {
	const { registrant, from = 'waiting', leaseSeconds } = body;
	const isRegistrant =
		typeof registrant === 'string' &&
		registrant.trim() !== '' &&
		registrant.length <= MAX_REGISTRANT_LENGTH;
	if (registrant !== undefined && !isRegistrant) {
		return refuse(
			invalidField('registrant', "'registrant' must be a text of at most 200 characters"),
		);
	}
	if (from !== 'waiting' && from !== 'new') {
		return refuse(invalidField('from', "'from' must be 'waiting' or 'new'"));
	}
	const isLease =
		typeof leaseSeconds === 'number' && leaseSeconds >= 1 && leaseSeconds <= MAX_LEASE_SECONDS;
	if (leaseSeconds !== undefined && !isLease) {
		const range = `a number of seconds from 1 to ${String(MAX_LEASE_SECONDS)}`;
		return refuse(invalidField('leaseSeconds', `'leaseSeconds' must be ${range}`));
	}
	return {
		ok: true,
		value: {
			isFromNew: from === 'new',
			...(isRegistrant ? { registrant } : {}),
			...(isLease ? { leaseSeconds } : {}),
		},
	};
}

function checkTarget(
	{ name, url, headers = {}, allowPrivateHosts }: EndpointConfig,
	rules: HostRules,
): Refused | undefined {
	const withReference = Object.entries(headers).find(([, value]) => REFERENCE.test(value));
	if (withReference !== undefined) return heldReference(`headers.${withReference[0]}`);
	if (url === undefined) return undefined;
	if (REFERENCE.test(url)) return heldReference('url');
	const target = new URL(url);
	if (target.username !== '' || target.password !== '') {
		return invalidField('url', "'url' must not hold a user name or a password. Use 'headers'");
	}
	// Names are looked up when something is sent.
	const guarded = { name, allowPrivateHosts: allowPrivateHosts ?? false };
	const message = findHostRefusal(target, guarded, rules);
	if (message !== undefined) return { code: 'private-host', path: 'url', message };
	return undefined;
}

function heldReference(path: string): Refused {
	return invalidField(
		path,
		`'${path}' holds a reference to an environment variable. They are filled in in the configuration file only`,
	);
}

function invalidField(path: string, message: string): Refused {
	return { code: 'invalid-endpoint', message, ...(path === '' ? {} : { path }) };
}

function refuse(refused: Refused): { readonly ok: false; readonly refused: Refused } {
	return { ok: false, refused };
}

const BAD_NAME = invalidField(
	'name',
	"'name' must have at most 100 characters, none of them a slash, '?', '#' or a control character, and must not look like an id (ep_12)",
);

const BAD_SECRET = invalidField(
	'secret',
	"'secret' must be 'whsec_' and Base64 of 24 to 64 random bytes. Leave it out to have one made",
);

const BAD_OVERLAP = invalidField(
	'overlapHours',
	`'overlapHours' must be a number from 0 to ${String(MAX_OVERLAP_HOURS)}`,
);
