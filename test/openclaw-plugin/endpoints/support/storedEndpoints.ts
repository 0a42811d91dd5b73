import type { EndpointRecord } from '../../../../openclaw-plugin/src/endpoints/endpoint';
import { openEndpointTable } from '../../../../openclaw-plugin/src/endpoints/endpointTable';
import type { NewEndpoint } from '../../../../openclaw-plugin/src/endpoints/endpointTable';
import type { Database } from '../../../../openclaw-plugin/src/store/databaseAccess';

const SETTINGS = { url: 'https://n8n.example/webhook/1', events: ['*'] } as const;

/** The endpoint of a name, made over the API with all events unless it is there. */
export function storedEndpoint(
	database: Database,
	name: string,
	more: Partial<NewEndpoint> = {},
): EndpointRecord {
	const table = openEndpointTable(database);
	const known = table.findByName(name);
	if (known !== undefined) return known;
	const endpoint = { name, kind: 'webhook', origin: 'api', settings: SETTINGS, ...more } as const;
	return table.insert(endpoint, 0);
}

/** Deliveries to endpoints by their names, which are made where there are none. */
export function targetsOf(database: Database, ...names: readonly string[]) {
	return names.map((name) => ({ endpointId: storedEndpoint(database, name).id }));
}
