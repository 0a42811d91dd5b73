import { listSecrets, MAX_SIGNATURES } from '../protocol';
import type { EndpointConfig } from '../protocol';
import type { ConfiguredEndpoint } from '../settings/settings';
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
	configured: readonly ConfiguredEndpoint[],
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
	configured: readonly ConfiguredEndpoint[],
	rows: {
		readonly managed: readonly Row[];
		readonly retiring: readonly Row[];
		readonly callbacks: readonly Row[];
	},
): readonly Endpoint[] {
	const retiring = readRetiringSecrets(rows.retiring);
	const written = configured.map((endpoint) =>
		endpoint.kind === 'usable' ? ready(endpoint.config, 'config', retiring) : faulty(endpoint),
	);
	const names = new Set(written.map(({ name }) => name));
	const managed = readManagedEndpoints(rows.managed).filter(
		({ config }) => !names.has(config.name),
	);
	return [
		...written,
		...managed.map(({ config }) => ready(config, 'api', retiring)),
		...readCallbackEndpoints(rows.callbacks).filter(({ name }) => !names.has(name)),
	];
}

function ready(
	{ secret, url = '', allowPrivateHosts, ...config }: EndpointConfig,
	origin: Endpoint['origin'],
	retiring: ReadonlyMap<string, readonly string[]>,
): Endpoint {
	const current = typeof secret === 'string' ? listSecrets(secret) : [];
	const secrets = [...new Set([...current, ...(retiring.get(config.name) ?? [])])];
	return {
		...config,
		url,
		...(allowPrivateHosts === undefined ? {} : { allowPrivateHosts: allowPrivateHosts === true }),
		origin,
		secrets: secrets.slice(0, MAX_SIGNATURES),
	};
}

function faulty({
	name,
	url = '',
	reason,
	subscription,
}: Extract<ConfiguredEndpoint, { kind: 'faulty' }>): Endpoint {
	return {
		...subscription,
		name,
		url,
		origin: 'config',
		secrets: [],
		enabled: false,
		fault: reason,
	};
}
