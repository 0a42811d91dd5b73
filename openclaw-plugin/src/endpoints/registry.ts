import { listSecrets, MAX_SIGNATURES } from '../protocol';
import type { EndpointConfig } from '../protocol';
import { processState } from '../processState';
import type { Database, Row } from '../store/databaseAccess';
import { listCallbackRows, readCallbackEndpoints } from './callbackEndpoints';
import type { Endpoint } from './endpoint';
import { readManagedEndpoints } from './managedEndpoints';
import { listRetiringRows, readRetiringSecrets } from './retiringSecrets';

/** Milliseconds after which a change that the command line made is noticed. */
const FRESH_MS = 1000;

/** The endpoints there are, by the configuration file and by the API. */
export interface EndpointRegistry {
	/**
	 * All, disabled ones too. A name of the configuration file wins over one of the API. The same list
	 * as before when nothing has changed.
	 */
	list(): readonly Endpoint[];
	find(name: string): Endpoint | undefined;
}

const changes = () => processState('endpoint-changes/1', () => ({ count: 0 }));

/** Makes every registry of this process read the database again; to be called after a change. */
export function announceEndpointChange(): void {
	changes().count += 1;
}

/**
 * Joins the endpoints of the configuration with those of the database.
 *
 * @param now milliseconds, the system's clock unless given
 */
export function createEndpointRegistry(
	configured: readonly EndpointConfig[],
	database: Database,
	now: () => number = Date.now,
): EndpointRegistry {
	let known: readonly Endpoint[] = [];
	let knownRows: string | undefined;
	let readAt = Number.NEGATIVE_INFINITY;
	let change = -1;
	const refresh = () => {
		const rows = {
			managed: database.prepare('SELECT * FROM managed_endpoints ORDER BY name').all(),
			retiring: listRetiringRows(database, now()),
			callbacks: listCallbackRows(database),
		};
		const text = JSON.stringify(rows);
		// Whoever prepares something for each endpoint can tell by the list whether to do so again.
		if (text !== knownRows) known = join(configured, rows);
		knownRows = text;
	};
	const list = () => {
		const { count } = changes();
		if (count !== change || now() - readAt >= FRESH_MS) {
			refresh();
			readAt = now();
			change = count;
		}
		return known;
	};
	return { list, find: (name) => list().find((endpoint) => endpoint.name === name) };
}

function join(
	configured: readonly EndpointConfig[],
	rows: {
		readonly managed: readonly Row[];
		readonly retiring: readonly Row[];
		readonly callbacks: readonly Row[];
	},
): readonly Endpoint[] {
	const retiring = readRetiringSecrets(rows.retiring);
	const names = new Set(configured.map(({ name }) => name));
	const managed = readManagedEndpoints(rows.managed).filter(
		({ config }) => !names.has(config.name),
	);
	return [
		...configured.map((config) => ready(config, 'config', retiring)),
		...managed.map(({ config }) => ready(config, 'api', retiring)),
		...readCallbackEndpoints(rows.callbacks).filter(({ name }) => !names.has(name)),
	];
}

function ready(
	endpoint: EndpointConfig,
	origin: Endpoint['origin'],
	retiring: ReadonlyMap<string, readonly string[]>,
): Endpoint {
	const { secret, ...config } = endpoint;
	const fault = findFault(endpoint);
	const current = typeof secret === 'string' && fault === undefined ? listSecrets(secret) : [];
	const secrets = [...new Set([...current, ...(retiring.get(config.name) ?? [])])];
	return {
		...config,
		origin,
		secrets: secrets.slice(0, MAX_SIGNATURES),
		...(fault === undefined ? {} : { enabled: false, fault }),
	};
}

/**
 * What the gateway could not fill in. Nothing may be sent then: unsigned, with a literal `${NAME}` for a
 * password, or to a host of that name.
 */
function findFault({ secret, url, headers = {} }: EndpointConfig): string | undefined {
	if (typeof secret === 'object') return 'The reference in its secret could not be resolved';
	const isUnresolved = (text: string) => /\$\{\w+\}/.test(text);
	const texts: readonly (readonly [string, string])[] = [
		['secret', secret ?? ''],
		['URL', url],
		...Object.entries(headers).map(([name, value]) => [`header '${name}'`, value] as const),
	];
	const found = texts.find(([, text]) => isUnresolved(text));
	if (found === undefined) return undefined;
	const names = [...found[1].matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]).join(', ');
	return `The environment variable ${names} in its ${found[0]} is not set at the gateway`;
}
