import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Executions of a workflow. */
export interface ExecutionEnds {
	readonly count: number;
	/** Id of the newest, 0 without any. */
	readonly newest: number;
	/** When the last one ended, in milliseconds since 1970. */
	readonly lastEnd: number;
}

/**
 * Reads from n8n's database how many executions have ended well, which costs n8n itself nothing.
 *
 * @param after id of the newest execution that does not count
 * @throws Error when one has not ended well
 */
export function readExecutionEnds(
	n8nFolder: string,
	workflowId: string,
	after: number,
): ExecutionEnds {
	const file = join(n8nFolder, '.n8n', 'database.sqlite');
	const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
	try {
		const row = database
			.prepare(
				`SELECT count(*) AS count, max(id) AS newest, max(stoppedAt) AS last_end,
				sum(status <> 'success') AS others
				FROM execution_entity WHERE workflowId = ? AND id > ?`,
			)
			.get(workflowId, after);
		if (Number(row?.others ?? 0) > 0) throw new Error('An execution has not ended well');
		const end = String(row?.last_end).replace(' ', 'T');
		return {
			count: Number(row?.count ?? 0),
			newest: Number(row?.newest ?? after),
			lastEnd: Date.parse(`${end}Z`),
		};
	} finally {
		database.close();
	}
}
