import { listSecrets, MAX_SIGNATURES } from '../protocol';
import type { ConfiguredEndpoint } from '../settings/settings';
import { sharedOf } from '../shared';
import type { Database } from '../store/databaseAccess';
import { applyConfigured } from './configured';
import type { Endpoint, EndpointRecord } from './endpoint';
import { openEndpointTable } from './endpointTable';
import type { EndpointSecrets } from './endpointTable';

/** Milliseconds after which a change that the command line made is noticed. */
const FRESH_MS = 1000;

/** The endpoints that events go to, those of the configuration file and those made over the API. */
export interface EndpointRegistry {
	/**
	 * All but those that were removed more than a minute ago. The same list, of the same objects, as before
	 * when nothing has changed.
	 */
	list(): readonly Endpoint[];
	find(id: number): Endpoint | undefined;
	findByName(name: string): Endpoint | undefined;
}

export interface RegistryParts {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly database: Database;
	/** Endpoints of the configuration file. */
	readonly configured: readonly ConfiguredEndpoint[];
	/** Whether each endpoint that is written there is among them; none counts as gone if not. */
	readonly isComplete: boolean;
	/** Which gateway events come from. */
	readonly instanceId: string;
	/** Milliseconds, the system's clock unless given. */
	readonly now?: () => number;
}

/** What the instances of the plugin know together. */
interface EndpointChanges {
	/** Goes up with each change in the database. */
	count: number;
	/** The settings that were applied last, and which endpoint each of them has become. */
	applied?: { readonly settings: string; readonly ids: ReadonlyMap<number, number> };
}

const changesOf = (folder: string) =>
	sharedOf(folder).slot('endpoints', (): EndpointChanges => ({ count: 0 }));

/** Makes every registry of this process read the database again; to be called after a change. */
export function announceEndpointChange(folder: string): void {
	changesOf(folder).count += 1;
}

/**
 * Joins the endpoints of the configuration with those of the database. With the first question, and when
 * the settings have changed, the database learns what the configuration says. Its functions throw what the
 * database throws.
 */
export function createEndpointRegistry(parts: RegistryParts): EndpointRegistry {
	const { folder, database, configured, isComplete, instanceId, now = Date.now } = parts;
	const changes = changesOf(folder);
	const table = openEndpointTable(database);
	const settings = JSON.stringify([configured, isComplete]);
	let known: readonly Endpoint[] = [];
	let byId: ReadonlyMap<number, Endpoint> = new Map();
	let seen: { readonly fingerprint: string; readonly ids: ReadonlyMap<number, number> } | undefined;
	let readAt = Number.NEGATIVE_INFINITY;
	let change = -1;

	const apply = (): ReadonlyMap<number, number> => {
		const { applied } = changes;
		if (applied?.settings === settings) return applied.ids;
		const ids = applyConfigured({
			database,
			configured,
			isComplete,
			instanceId,
			now: now(),
		});
		changes.applied = { settings, ids };
		changes.count += 1;
		return ids;
	};
	const refresh = () => {
		let ids = apply();
		const fingerprint = table.fingerprint(now());
		// A hook may be what asks: nothing is read that cannot have changed.
		if (seen?.fingerprint === fingerprint && seen.ids === ids) return;
		const records = table.listCurrent(now());
		if (![...ids.values()].every((id) => records.some((record) => record.id === id))) {
			// The database is another one than the settings were applied to.
			delete changes.applied;
			ids = apply();
		}
		const positions = new Map([...ids].map(([position, id]) => [id, position] as const));
		const secrets = table.allSecrets(now());
		const before = byId;
		known = table.listCurrent(now()).map((record) => {
			const position = positions.get(record.id);
			const written = position === undefined ? undefined : configured[position];
			const next = ready(record, written, secrets.get(record.id));
			const old = before.get(record.id);
			return old !== undefined && JSON.stringify(old) === JSON.stringify(next) ? old : next;
		});
		byId = new Map(known.map((endpoint) => [endpoint.id, endpoint] as const));
		seen = { fingerprint, ids };
	};
	const list = () => {
		const time = now();
		// Whichever way the clock was set.
		if (changes.count !== change || Math.abs(time - readAt) >= FRESH_MS) {
			refresh();
			readAt = time;
			change = changes.count;
		}
		return known;
	};
	return {
		list,
		find: (id) => {
			list();
			return byId.get(id);
		},
		findByName: (name) =>
			list().find(
				(endpoint) =>
					endpoint.name === name &&
					endpoint.kind !== 'callback' &&
					endpoint.lifecycle.state !== 'removed',
			),
	};
}

/** The settings in the file hold what the database must not: secrets, headers, the whole URL. */
function ready(
	{ id, name, kind, origin, registrant, settings, lifecycle }: EndpointRecord,
	written: ConfiguredEndpoint | undefined,
	{ current, retiring }: EndpointSecrets = { current: [], retiring: [] },
): Endpoint {
	const own = { id, name, kind, origin, ...(registrant === undefined ? {} : { registrant }) };
	if (written?.kind !== 'usable') {
		return { ...settings, ...own, lifecycle, secrets: limited([...current, ...retiring]) };
	}
	const { secret, ...config } = written.config;
	const secrets = typeof secret === 'string' ? listSecrets(secret) : [];
	return { ...config, ...own, lifecycle, secrets: limited([...secrets, ...retiring]) };
}

function limited(secrets: readonly string[]): readonly string[] {
	return [...new Set(secrets)].slice(0, MAX_SIGNATURES);
}
