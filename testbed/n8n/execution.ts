import { parse } from 'flatted';
import { at, isObject, listAt, objectAt, textAt, type JsonObject } from '../json';

/** An item that a node put out. */
export interface Item {
	readonly json: JsonObject;
	readonly pairedItem?: unknown;
	readonly error?: unknown;
	readonly binary?: unknown;
}

/** A row of n8n's execution list. */
export interface ExecutionSummary {
	readonly id: string;
	/** `success`, `error`, `waiting`, `running`, `new`, `crashed`, `canceled` … */
	readonly status: string;
	/** `webhook`, `trigger`, `manual` … */
	readonly mode: string;
}

/** A finished (or waiting) execution with all its items. */
export interface Execution extends ExecutionSummary {
	/** Names of the nodes that ran, in the order in which they did. */
	readonly nodeNames: readonly string[];
	/** Whether the node ran. */
	ran(nodeName: string): boolean;
	/** Items of one output of a node in its last run. */
	items(nodeName: string, output?: number): readonly Item[];
	/** The `json` of those items. */
	json(nodeName: string, output?: number): readonly JsonObject[];
	/** Message of the failure that ended the execution; `''` when it didn't fail. */
	readonly errorMessage: string;
	/** n8n's run data as it is, for what isn't covered above. */
	readonly resultData: JsonObject;
}

const UNFINISHED = new Set(['new', 'running', 'unknown']);

/** Whether n8n is done with an execution for now (finished, failed or waiting). */
export function isSettled({ status }: ExecutionSummary): boolean {
	return !UNFINISHED.has(status);
}

/** Reads a row of `GET /rest/executions`. */
export function readSummary(value: unknown): ExecutionSummary {
	return {
		id: String(at(value, 'id')),
		status: textAt(value, 'status'),
		mode: textAt(value, 'mode'),
	};
}

function isItem(value: unknown): value is Item & JsonObject {
	return isObject(value) && isObject(value.json);
}

function nodesInOrder(runData: JsonObject): string[] {
	const started = (name: string) => Number(at(runData[name], 0, 'executionIndex') ?? 0);
	return Object.keys(runData).sort((one, other) => started(one) - started(other));
}

/** An older n8n may show that an execution is over a moment before it shows its items or its failure. */
function isBehind(value: unknown, data: unknown): boolean {
	const isOver = ['success', 'error'].includes(textAt(value, 'status'));
	const isWaiting = (at(data, 'waitTill') ?? null) !== null;
	const hasRun = Object.keys(objectAt(data, 'resultData', 'runData')).length > 0;
	const hasFailed = isObject(at(data, 'resultData', 'error'));
	return isOver && (isWaiting || !(hasRun || hasFailed));
}

/** Reads the answer of `GET /rest/executions/:id`, whose `data` is in the `flatted` format. */
export function readExecution(value: unknown): Execution {
	const data = at(value, 'data');
	const runData: unknown = typeof data === 'string' ? parse(data) : data;
	const resultData = objectAt(runData, 'resultData');
	const lastRun = (nodeName: string) => listAt(resultData, 'runData', nodeName).at(-1);
	const items = (nodeName: string, output = 0) =>
		listAt(lastRun(nodeName), 'data', 'main', output).filter(isItem);
	return {
		...readSummary(value),
		...(isBehind(value, runData) ? { status: 'running' } : {}),
		nodeNames: nodesInOrder(objectAt(resultData, 'runData')),
		ran: (nodeName) => lastRun(nodeName) !== undefined,
		items,
		json: (nodeName, output) => items(nodeName, output).map((item) => item.json),
		errorMessage: textAt(resultData, 'error', 'message'),
		resultData,
	};
}
