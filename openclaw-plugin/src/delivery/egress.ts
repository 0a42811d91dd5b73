import { readFileSync, statSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { BlockList } from 'node:net';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { Endpoint } from '../endpoints/endpoint';
import { errorText } from '../logger';
import { addNetwork, guardedLookup, isIn, unbracketed } from './hostGuard';
import type { HostRules } from './hostGuard';

/** What of an endpoint decides how requests get to it. Another object: other connections. */
export type Receiver = Pick<
	Endpoint,
	'id' | 'name' | 'concurrency' | 'allowPrivateHosts' | 'caFile'
>;

/** How requests to a URL leave this machine. */
export interface Way {
	readonly agent: HttpAgent | HttpsAgent;
	/** Proxy that they go through, without its password: `http://proxy.example:3128`. */
	readonly proxy: string | undefined;
}

/** The connections of all endpoints. */
export interface Egress {
	/**
	 * Finds the way to a URL: always the same one until something about it changes.
	 *
	 * @throws EgressError when the endpoint's `caFile` cannot be read
	 */
	wayTo(receiver: Receiver, url: URL): Way;
	/** Closes all connections. */
	close(): void;
}

/** Our own side cannot send. */
export class EgressError extends Error {
	override readonly name = 'EgressError';
}

/** Where proxies are set. The gateway writes its own setting, `proxy.proxyUrl`, into these variables. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** Milliseconds after which a connection that is not used is closed. */
const IDLE_MS = 30_000;
/** Milliseconds after which the environment and the certificates are looked at again. */
const FRESH_MS = 1000;

/** The connections of one endpoint, as long as nothing about their way changes. */
interface Pool {
	readonly receiver: Receiver;
	readonly environment: Environment;
	readonly ways: Map<string, Way>;
	/** Finding out whether a URL needs a proxy costs more than all else here. */
	readonly byUrl: WeakMap<URL, Way>;
	checkedAt: number;
}

/**
 * Keeps connections, apart for each endpoint, so that none waits for another, and none uses one that was
 * made under other settings.
 *
 * @param rules which hosts are refused
 * @param env of the process unless given
 */
export function createEgress(rules: HostRules, env: ProxyEnvironment = process.env): Egress {
	const pools = new Map<number, Pool>();
	/** Those that may still have requests under way. */
	const retired = new Set<Pool>();
	const poolOf = (receiver: Receiver): Pool => {
		const known = pools.get(receiver.id);
		const time = performance.now();
		const isSame = known?.receiver === receiver;
		if (isSame && time - known.checkedAt < FRESH_MS) return known;
		for (const pool of retired) if (!isBusy(pool)) discard(retired, pool);
		const environment = readEnvironment(receiver, env);
		if (isSame && known.environment.text === environment.text) {
			known.checkedAt = time;
			return known;
		}
		if (known !== undefined) retired.add(known);
		const pool: Pool = {
			receiver,
			environment,
			ways: new Map(),
			byUrl: new WeakMap(),
			checkedAt: time,
		};
		pools.set(receiver.id, pool);
		return pool;
	};
	return {
		wayTo: (receiver, url) => {
			const { ways, byUrl, environment } = poolOf(receiver);
			const found = byUrl.get(url);
			if (found !== undefined) return found;
			const proxy = proxyFor(url, environment.proxies);
			const key = `${url.protocol} ${proxy?.href ?? ''}`;
			const way = ways.get(key) ?? createWay(receiver, { url, proxy, environment, rules });
			ways.set(key, way);
			byUrl.set(url, way);
			return way;
		},
		close: () => {
			for (const pool of [...pools.values(), ...retired]) discard(retired, pool);
			pools.clear();
		},
	};
}

function isBusy({ ways }: Pool): boolean {
	return [...ways.values()].some(
		({ agent }) => Object.keys(agent.sockets).length + Object.keys(agent.requests).length > 0,
	);
}

function discard(retired: Set<Pool>, pool: Pool): void {
	retired.delete(pool);
	for (const { agent } of pool.ways.values()) agent.destroy();
}

function createWay(
	receiver: Receiver,
	to: {
		readonly url: URL;
		readonly proxy: URL | undefined;
		readonly environment: Environment;
		readonly rules: HostRules;
	},
): Way {
	const { proxy, environment, rules } = to;
	const certificates = environment.certificates.map(({ file, name }) =>
		readCertificates(file, name),
	);
	const options = {
		keepAlive: true,
		maxSockets: receiver.concurrency ?? 1,
		timeout: IDLE_MS,
		...(certificates.length > 0 ? { secureContext: trusting(certificates) } : {}),
		// A proxy resolves names itself: what it may lead to is its operator's matter.
		...(proxy === undefined
			? { lookup: guardedLookup(receiver, rules) }
			: { proxyEnv: { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href } }),
	};
	return {
		agent:
			to.url.protocol === 'https:'
				? new HttpsAgent({ ...options, rejectUnauthorized: true })
				: new HttpAgent(options),
		proxy: proxy?.origin,
	};
}

/** What of the world around an endpoint's connections depend on. */
interface Environment {
	readonly proxies: ProxySettings;
	/** Files with certificates of authorities that are trusted besides the usual ones. */
	readonly certificates: readonly { readonly name: string; readonly file: string }[];
	/** Differs when anything of it does, the content of the files among it. */
	readonly text: string;
}

function readEnvironment({ caFile }: Receiver, env: ProxyEnvironment): Environment {
	const proxies = readProxySettings(env);
	const isTlsProxy = `${proxies.http} ${proxies.https}`.includes('https:');
	const proxyCaFile = (isTlsProxy ? env.OPENCLAW_PROXY_CA_FILE : undefined) ?? '';
	const certificates = [
		...(caFile === undefined ? [] : [{ name: 'caFile of the endpoint', file: caFile }]),
		...(proxyCaFile !== ''
			? [{ name: "proxy.tls.caFile of the gateway's settings", file: proxyCaFile }]
			: []),
	];
	const versions = certificates.map(({ file }) => fileVersion(file));
	return { proxies, certificates, text: JSON.stringify([proxies, certificates, versions]) };
}

function fileVersion(file: string): string {
	const found = statSync(file, { throwIfNoEntry: false });
	return found === undefined ? '' : [found.ino, found.size, found.mtimeMs].join(' ');
}

/** As `ca` of an agent, all of them would be written into the name of each request's connection. */
function trusting(certificates: readonly string[]) {
	return createSecureContext({ ca: [...getCACertificates('default'), ...certificates] });
}

function readCertificates(file: string, name: string): string {
	try {
		const text = readFileSync(file, 'utf8');
		if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
	} catch (error) {
		throw new EgressError(`The ${name}, ${file}, cannot be read (${errorText(error)})`);
	}
	throw new EgressError(`The ${name}, ${file}, holds no certificate in PEM form`);
}

interface ProxySettings {
	/** Of URLs that begin with `http:`; empty: none. */
	readonly http: string;
	readonly https: string;
	/** Hosts that are reached without. */
	readonly except: string;
}

/** No proxy elsewhere gets to this machine's own addresses. */
const LOOPBACK = 'localhost,127.0.0.0/8,::1';

/** As other programs read it: small letters win over capital ones. */
function readProxySettings(env: ProxyEnvironment): ProxySettings {
	const read = (name: string) => (env[name] ?? env[name.toUpperCase()] ?? '').trim();
	const all = read('all_proxy');
	const exceptions = read('no_proxy').toLowerCase();
	// The gateway's `proxy.loopbackMode` is about this machine, too.
	const isOwnDirect = (env.OPENCLAW_PROXY_LOOPBACK_MODE ?? 'gateway-only') === 'gateway-only';
	return {
		http: read('http_proxy') || all,
		https: read('https_proxy') || all,
		except: isOwnDirect ? `${LOOPBACK},${exceptions}` : exceptions,
	};
}

/** The proxy of a URL; undefined: it is reached without one. */
function proxyFor(url: URL, { http, https, except }: ProxySettings): URL | undefined {
	const text = url.protocol === 'https:' ? https : http;
	if (text === '' || isExempt(url, except)) return undefined;
	const proxy = URL.parse(text.includes('://') ? text : `http://${text}`);
	return proxy !== null && /^https?:$/.test(proxy.protocol) ? proxy : undefined;
}

/** `example.com` and `.example.com` stand for all below them, too; `host:port` and subnets are known. */
function isExempt(url: URL, except: string): boolean {
	const host = unbracketed(url.hostname.toLowerCase()).replace(/\.$/, '');
	const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
	const networks = new BlockList();
	for (const entry of except.split(/[\s,]+/).filter((text) => text !== '')) {
		if (entry === '*') return true;
		if (addNetwork(networks, unbracketed(entry))) continue;
		const [, name = entry, only] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
		if (only !== undefined && only !== port) continue;
		const bare = unbracketed(name)
			.replace(/^\*?\./, '')
			.replace(/\.$/, '');
		if (host === bare || host.endsWith(`.${bare}`)) return true;
	}
	return isIn(networks, host);
}
