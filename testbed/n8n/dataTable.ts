import { listAt, textAt } from '../json';
import type { N8nClient } from './client';

/**
 * Reads the rows of a data table.
 *
 * @param table what n8n tells of a table (`id`, `projectId`): an item of a node that opens one
 * @example
 * const rows = await dataTableRows(n8n, execution.json('Open the Log Table')[0]);
 */
export async function dataTableRows(client: N8nClient, table: unknown): Promise<unknown[]> {
	const path = `/rest/projects/${textAt(table, 'projectId')}/data-tables/${textAt(table, 'id')}`;
	return listAt(await client.request('GET', `${path}/rows`), 'data');
}
