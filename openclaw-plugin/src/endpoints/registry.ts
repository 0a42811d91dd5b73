import type { Database } from '../store/databaseAccess';
import { listSecrets } from '../protocol';
import type { EndpointConfig } from '../protocol';
import { processState } from '../processState';
import type { Endpoint } from './endpoint';
import { listManagedEndpoints, listRetiringSecrets } from './managedEndpoints';

/** Milliseconds after which a change that the command line made is noticed. */
const FRESH_MS = 1000;

/** The endpoints there are, by the configuration file and by the API. */
export interface EndpointRegistry {
	/** All, disabled ones too. A name of the configuration file wins over one of the API. */
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
	let readAt = Number.NEGATIVE_INFINITY;
	let change = -1;
	const list = () => {
		const { count } = changes();
		if (count !== change || now() - readAt >= FRESH_MS) {
			known = join(configured, database, now());
			readAt = now();
			change = count;
		}
		return known;
	};
	return { list, find: (name) => list().find((endpoint) => endpoint.name === name) };
}

function join(
	configured: readonly EndpointConfig[],
	database: Database,
	now: number,
): readonly Endpoint[] {
	const retiring = listRetiringSecrets(database, now);
	const names = new Set(configured.map(({ name }) => name));
	const managed = listManagedEndpoints(database).filter(({ name }) => !names.has(name));
	return [
		...configured.map((config) => ready(config, 'config', retiring)),
		...managed.map((config) => ready(config, 'api', retiring)),
	];
}

function ready(
	{ secret, ...config }: EndpointConfig,
	origin: Endpoint['origin'],
	retiring: ReadonlyMap<string, readonly string[]>,
): Endpoint {
	// A reference that the gateway could not resolve is no text: nothing may be sent unsigned then.
	const isUnresolved = typeof secret === 'object' || (secret ?? '').includes('${');
	const current = isUnresolved ? [] : listSecrets(secret ?? '');
	const secrets = [...new Set([...current, ...(retiring.get(config.name) ?? [])])];
	return { ...config, origin, secrets, ...(isUnresolved ? { enabled: false } : {}) };
}
