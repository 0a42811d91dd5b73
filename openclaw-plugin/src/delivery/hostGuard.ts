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

/** Whose requests are guarded, and what it may do. */
export interface GuardedEndpoint {
	readonly name: string;
	/** All private hosts, or these: `n8n.internal`, `*.lan`, `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`. */
	readonly allowPrivateHosts?: boolean | readonly string[];
}

/** An address is not allowed; told by its code, as it may come from another instance of this module. */
export class BlockedHostError extends Error {
	override readonly name = 'BlockedHostError';
	readonly code = 'OPENCLAW_BLOCKED_HOST';
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

/** What proxy programs on a machine answer for any name, to see where connections to it are to go. */
const FAKE_ADDRESSES = new BlockList();
FAKE_ADDRESSES.addSubnet('198.18.0.0', 15, 'ipv4');

/**
 * Says why nothing may be sent to the host of a URL; undefined when it may. Names are checked again when
 * they are resolved: {@link guardedLookup}.
 */
export function findHostRefusal(
	url: URL,
	endpoint: GuardedEndpoint,
	rules: HostRules,
): string | undefined {
	const host = unbracketed(url.hostname);
	const { allowPrivateHosts } = endpoint;
	// Whether its addresses are listed, only the lookup can tell.
	const mayResolve = typeof allowPrivateHosts === 'object' && hasNetworks(allowPrivateHosts);
	if (isIP(host) === 0 && mayResolve) return undefined;
	const refusal = refusalOf({ host, name: host }, rules.isBlockedHost(host), endpoint);
	return refusal === undefined ? undefined : `'${host}' ${refusal}`;
}

/**
 * Resolves names as Node.js does, and refuses those of which any address is not allowed. As the socket
 * itself asks, a name cannot resolve to another address between the check and the connection.
 */
export function guardedLookup(endpoint: GuardedEndpoint, rules: HostRules): LookupFunction {
	return (hostname, options, callback) => {
		resolve(hostname, { ...options, all: true }, (error, addresses) => {
			// With an error there are no addresses at all, whatever the types say.
			if (error !== null) {
				callback(error, []);
				return;
			}
			const refusal = findRefusal(hostname, addresses, endpoint, rules);
			const [first] = addresses;
			if (refusal !== undefined || first === undefined) {
				const message = refusal ?? `'${hostname}' resolves to nothing`;
				callback(new BlockedHostError(message), []);
			} else if (options.all === true) {
				callback(null, addresses);
			} else {
				callback(null, first.address, first.family);
			}
		});
	};
}

function findRefusal(
	name: string,
	addresses: readonly { readonly address: string }[],
	endpoint: GuardedEndpoint,
	rules: HostRules,
): string | undefined {
	for (const { address } of addresses) {
		const isPrivate = rules.isPrivateAddress(address);
		const refusal = refusalOf({ host: address, name }, isPrivate, endpoint);
		if (refusal !== undefined) return `'${name}' resolves to ${address}, which ${refusal}`;
	}
	return undefined;
}

/** @param asked the address, or what is in the URL, and the name that led to it */
function refusalOf(
	asked: { readonly host: string; readonly name: string },
	isPrivate: boolean,
	{ name, allowPrivateHosts = false }: GuardedEndpoint,
): string | undefined {
	const { host } = asked;
	if (isIn(NEVER_ALLOWED, host)) {
		return 'is link-local or serves the credentials of a cloud. Nothing is ever sent there';
	}
	const isFake = isIn(FAKE_ADDRESSES, host);
	if ((!isPrivate && !isFake) || allowPrivateHosts === true) return undefined;
	const listed = typeof allowPrivateHosts === 'object' ? allowPrivateHosts : [];
	if (isListed(asked, listed)) return undefined;
	if (isFake) {
		return (
			'is no real address: a proxy program on this machine or in its network (fake-IP DNS, 198.18.0.0/15) ' +
			'answers so for any name, so nothing was sent. Exempt the name there from fake-IP, or, if the ' +
			`program may lead there, set allowPrivateHosts: ["198.18.0.0/15"] for the endpoint '${name}'`
		);
	}
	const why = 'is in a private network or reserved, so nothing was sent. If it is yours, ';
	return listed.length === 0
		? `${why}set allowPrivateHosts: true for the endpoint '${name}', or name it: ["${asked.name}"]`
		: `${why}add "${asked.name}" to allowPrivateHosts of the endpoint '${name}'`;
}

/** What a list of hosts and subnets allows; kept with the list. */
interface Allowance {
	readonly addresses: BlockList;
	readonly hasNetworks: boolean;
	readonly names: ReadonlySet<string>;
	/** `.lan` of `*.lan` */
	readonly endings: readonly string[];
}

const allowances = new WeakMap<readonly string[], Allowance>();

function isListed({ host, name }: { host: string; name: string }, list: readonly string[]) {
	const { addresses, names, endings } = allowanceOf(list);
	if (isIn(addresses, host)) return true;
	const lower = name.toLowerCase().replace(/\.$/, '');
	return names.has(lower) || endings.some((ending) => lower.endsWith(ending));
}

function hasNetworks(list: readonly string[]): boolean {
	return allowanceOf(list).hasNetworks;
}

function allowanceOf(list: readonly string[]): Allowance {
	const allowance = allowances.get(list) ?? readAllowance(list);
	allowances.set(list, allowance);
	return allowance;
}

function readAllowance(list: readonly string[]): Allowance {
	const addresses = new BlockList();
	const names = new Set<string>();
	const endings: string[] = [];
	let hasNetworks = false;
	for (const entry of list) {
		const text = unbracketed(entry.trim().toLowerCase());
		if (addNetwork(addresses, text)) hasNetworks = true;
		else if (text.startsWith('*.')) endings.push(text.slice(1));
		else names.add(text);
	}
	return { addresses, hasNetworks, names, endings };
}

/**
 * Adds an address or a subnet (`10.0.0.0/8`) to a list.
 *
 * @returns whether it was one
 */
export function addNetwork(list: BlockList, text: string): boolean {
	const [address = '', bits] = text.split('/');
	const family = isIP(address);
	if (family === 0) return false;
	const type = family === 4 ? 'ipv4' : 'ipv6';
	const prefix = Number(bits ?? (family === 4 ? 32 : 128));
	if (!Number.isInteger(prefix) || prefix < 0 || prefix > (family === 4 ? 32 : 128)) return false;
	list.addSubnet(address, prefix, type);
	return true;
}

export function isIn(list: BlockList, host: string): boolean {
	const family = isIP(host);
	return family !== 0 && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** IPv6 addresses stand in brackets in URLs. */
export function unbracketed(host: string): string {
	return host.replace(/^\[|\]$/g, '');
}
