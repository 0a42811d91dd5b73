import { lookup as resolve } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import type { LookupFunction } from 'node:net';

/** Tells hosts that a webhook must not lead to from the others; the gateway's SDK knows them. */
export interface HostRules {
	/** Of a name or an address in a URL: `localhost`, `*.internal`, addresses that are not public. */
	isBlockedHost(host: string): boolean;
	/** Of an address that a name resolved to. */
	isPrivateAddress(address: string): boolean;
}

/** Which requests a guard is for. */
export interface GuardedHost {
	readonly endpoint: string;
	readonly allowPrivateHosts: boolean;
}

/** Thrown, or handed to a socket, when an address is not allowed. */
export class BlockedHostError extends Error {
	override readonly name = 'BlockedHostError';
}

/**
 * Where clouds hand out credentials to whoever asks: refused even with `allowPrivateHosts`.
 *
 * @see RFC 3927 (link-local addresses)
 */
const NEVER_ALLOWED = new BlockList();
NEVER_ALLOWED.addSubnet('169.254.0.0', 16, 'ipv4');
NEVER_ALLOWED.addAddress('100.100.100.200', 'ipv4');
NEVER_ALLOWED.addSubnet('fe80::', 10, 'ipv6');
NEVER_ALLOWED.addAddress('fd00:ec2::254', 'ipv6');

/**
 * Checks the host of a URL. Names are checked again when they are resolved: {@link guardedLookup}.
 *
 * @throws BlockedHostError that says which setting allows it
 */
export function checkHost(url: URL, guarded: GuardedHost, rules: HostRules): void {
	const host = url.hostname.replace(/^\[|\]$/g, '');
	const refusal = refusalOf(host, rules.isBlockedHost(host), guarded);
	if (refusal !== undefined) throw new BlockedHostError(`'${host}' ${refusal}`);
}

/**
 * Resolves names as Node.js does, and refuses those of which any address is not allowed. As the socket
 * itself asks, a name cannot resolve to another address between the check and the connection.
 */
export function guardedLookup(guarded: GuardedHost, rules: HostRules): LookupFunction {
	return (hostname, options, callback) => {
		resolve(hostname, { ...options, all: true }, (error, addresses) => {
			// With an error there are no addresses at all, whatever the types say.
			if (error !== null) {
				callback(error, []);
				return;
			}
			const refusal = findRefusal(hostname, addresses, guarded, rules);
			const [first] = addresses;
			if (refusal !== undefined || first === undefined) {
				callback(refusal ?? new BlockedHostError(`'${hostname}' resolves to nothing`), []);
			} else if (options.all === true) {
				callback(null, addresses);
			} else {
				callback(null, first.address, first.family);
			}
		});
	};
}

function findRefusal(
	hostname: string,
	addresses: readonly { readonly address: string }[],
	guarded: GuardedHost,
	rules: HostRules,
): BlockedHostError | undefined {
	for (const { address } of addresses) {
		const refusal = refusalOf(address, rules.isPrivateAddress(address), guarded);
		if (refusal !== undefined) {
			return new BlockedHostError(`'${hostname}' resolves to ${address}, which ${refusal}`);
		}
	}
	return undefined;
}

function refusalOf(host: string, isPrivate: boolean, guarded: GuardedHost): string | undefined {
	if (isNeverAllowed(host)) {
		return 'is link-local or serves the credentials of a cloud. Nothing is ever sent there';
	}
	if (!isPrivate || guarded.allowPrivateHosts) return undefined;
	return (
		'is in a private network or reserved, so nothing was sent. If it is yours, set ' +
		`allowPrivateHosts: true for the endpoint '${guarded.endpoint}'`
	);
}

function isNeverAllowed(host: string): boolean {
	const family = isIP(host);
	return family !== 0 && NEVER_ALLOWED.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
