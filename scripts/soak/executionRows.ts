import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parse } from 'flatted';
import { at, listAt, objectAt, textAt } from '../../testbed/json';
import type { RunEntry } from './entries';
import { TELL_AGENT, TRIGGER } from './workflow';

const FILE = join('.n8n', 'database.sqlite');
const UNFINISHED = "status IN ('new', 'running', 'waiting', 'unknown')";

function open(n8nFolder: string): DatabaseSync {
	return new DatabaseSync(join(n8nFolder, FILE), { readOnly: true, timeout: 5000 });
}

/** How many executions n8n is not done with. */
export function countUnfinished(n8nFolder: string): number {
	const database = open(n8nFolder);
	try {
		const sql = `SELECT count(*) AS count FROM execution_entity WHERE ${UNFINISHED}`;
		return Number(database.prepare(sql).get()?.count ?? 0);
	} finally {
		database.close();
	}
}

function parseRunData(text: unknown): unknown {
	if (typeof text !== 'string') return undefined;
	try {
		return parse(text) as unknown;
	} catch {
		return undefined;
	}
}

function firstItems(outputs: readonly unknown[]): readonly unknown[] {
	return outputs.flatMap((output) => (Array.isArray(output) ? (output as unknown[]) : []));
}

/**
 * Finds the event of an execution: what the trigger put out; or, when n8n died before it had written
 * that down, what the execution was started with.
 */
function eventIdOf(runData: unknown): string | undefined {
	const put = firstItems(listAt(runData, 'resultData', 'runData', TRIGGER, 0, 'data', 'main'));
	const given = listAt(runData, 'executionData', 'nodeExecutionStack').flatMap((entry) =>
		firstItems(listAt(entry, 'data', 'main')),
	);
	const ids = [...put, ...given].map((item) => textAt(item, 'json', 'id'));
	return ids.find((id) => id !== '');
}

/** Reads one row of n8n's `execution_entity` with its `execution_data`. */
export function readRun(row: Readonly<Record<string, unknown>>): RunEntry {
	const runData = parseRunData(row.data);
	const ran = (name: string) => at(runData, 'resultData', 'runData', name, 0);
	const names = Object.keys(objectAt(runData, 'resultData', 'runData'));
	const eventId = eventIdOf(runData);
	const toldRun = ran(TELL_AGENT);
	const runId = textAt(toldRun, 'data', 'main', 0, 0, 'json', 'runId');
	return {
		executionId: String(row.id),
		eventId,
		status: String(row.status),
		isEmpty: eventId === undefined && row.status === 'success' && names.includes(TRIGGER),
		ranDownstream: names.some((name) => name !== TRIGGER),
		startedAt: Date.parse(`${String(row.createdAt).replace(' ', 'T')}Z`),
		toldRunId: runId === '' ? undefined : runId,
		couldNotTell: row.status !== 'crashed' && at(toldRun, 'error') !== undefined,
	};
}

/** Reads all executions from n8n's database, while it runs too. */
export function readRuns(n8nFolder: string): readonly RunEntry[] {
	const database = open(n8nFolder);
	try {
		const rows = database
			.prepare(
				`SELECT e.id, e.status, e.createdAt, d.data FROM execution_entity e
				LEFT JOIN execution_data d ON d.executionId = e.id ORDER BY e.id`,
			)
			.iterate();
		return Array.from(rows, readRun);
	} finally {
		database.close();
	}
}
