import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parse } from 'flatted';
import { at, listAt, objectAt, textAt } from '../testbed/json';
import { OPENCLAW_TRIGGER as TRIGGER } from '../testbed/n8n/openclawNodes';

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
function eventOf(runData: unknown): unknown {
	const put = firstItems(listAt(runData, 'resultData', 'runData', TRIGGER, 0, 'data', 'main'));
	const given = listAt(runData, 'executionData', 'nodeExecutionStack').flatMap((entry) =>
		firstItems(listAt(entry, 'data', 'main')),
	);
	const events = [...put, ...given].map((item) => at(item, 'json'));
	return events.find((event) => textAt(event, 'id') !== '');
}

/** An execution as n8n stores it. */
export interface StoredExecution {
	readonly id: string;
	readonly status: string;
	/** The event it was started with; undefined when n8n's row does not tell. */
	readonly event: unknown;
	/** Names of the nodes that ran, or began to. */
	readonly names: readonly string[];
	/** What n8n tells of a node's first run; undefined when it has not begun. */
	readonly ran: (name: string) => unknown;
	/** Milliseconds since 1970; NaN before it has ended. */
	readonly createdAt: number;
	readonly endedAt: number;
}

type Row = Readonly<Record<string, unknown>>;

/** n8n writes times of UTC without saying so. */
function parseTime(value: unknown): number {
	return Date.parse(`${String(value).replace(' ', 'T')}Z`);
}

/** @param row with `id`, `status`, `createdAt`, `stoppedAt` and `data` */
export function readExecution(row: Row): StoredExecution {
	const runData = parseRunData(row.data);
	return {
		id: String(row.id),
		status: String(row.status),
		event: eventOf(runData),
		names: Object.keys(objectAt(runData, 'resultData', 'runData')),
		ran: (name) => at(runData, 'resultData', 'runData', name, 0),
		createdAt: parseTime(row.createdAt),
		endedAt: parseTime(row.stoppedAt),
	};
}

/** Reads all executions from n8n's database, while it runs too. */
export function readAllExecutions(n8nFolder: string): readonly StoredExecution[] {
	return readRows(n8nFolder, '1');
}

/** Reads the executions of one workflow, in the order in which they were started. */
export function readExecutions(n8nFolder: string, workflowId: string): readonly StoredExecution[] {
	return readRows(n8nFolder, 'e.workflowId = ?', workflowId);
}

function readRows(
	n8nFolder: string,
	condition: string,
	...values: readonly string[]
): readonly StoredExecution[] {
	const database = open(n8nFolder);
	try {
		const rows = database
			.prepare(
				`SELECT e.id, e.status, e.createdAt, e.stoppedAt, d.data FROM execution_entity e
				LEFT JOIN execution_data d ON d.executionId = e.id WHERE ${condition} ORDER BY e.id`,
			)
			.iterate(...values);
		return Array.from(rows, readExecution);
	} finally {
		database.close();
	}
}
