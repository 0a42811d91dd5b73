import type {
	IExecuteFunctions,
	IGetNodeParameterOptions,
	IHookFunctions,
	ITriggerFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import { DEFAULT_TOLERANCE_SECONDS } from '../../../protocol/signatureHeaders';
import { hasExpression } from '../../shared/parameterValues';
import type { EndpointSetup } from '../description/properties';
import { readFilters } from './filter';
import type { EventFilters } from './filter';
import type { OutputMode } from './outputs';

/** The contexts in which the node's parameters are read without an item. */
export type ParameterContext = IHookFunctions | IWebhookFunctions | ITriggerFunctions;

/** Which events run the workflow, and what their items hold. */
export interface Settings {
	readonly events: readonly string[];
	readonly filters: EventFilters;
	readonly ignoreOwnRuns: boolean;
	readonly simplify: boolean;
	readonly includeHeaders: boolean;
	readonly includeRawBody: boolean;
	/** Whether the files of a message are fetched. */
	readonly includeAttachments: boolean;
	/** Of webhooks. */
	readonly ignoreDuplicates: boolean;
	/** Of webhooks: whether the sender is answered when the last node has finished. */
	readonly answersLast: boolean;
}

/** How events are fetched and run. */
export interface ConnectionSettings {
	readonly order: 'parallel' | 'session' | 'sequential';
	/** Executions at the same time. */
	readonly maxParallel: number;
	readonly itemsPerExecution: number;
	readonly batchSeconds: number;
	readonly onWorkflowError: 'acknowledge' | 'retry';
	readonly onCrash: 'runAgain' | 'skip';
	readonly holdHours: number;
}

/** What decides about the way of an event through an execution. */
export interface Routing {
	readonly events: readonly string[];
	readonly outputMode: OutputMode;
	readonly ignoreDuplicates: boolean;
	readonly includeAttachments: boolean;
	readonly simplify: boolean;
}

/** For parameters as they are saved, expressions not evaluated. */
export const RAW = { rawExpressions: true };

/** Reads how the events come to n8n. */
export function readSetup(context: ParameterContext): EndpointSetup {
	const setup = context.getNodeParameter('endpointSetup', 'connection', RAW);
	return setup === 'automatic' || setup === 'manual' ? setup : 'connection';
}

/**
 * Reads the tolerance without evaluating anything, since the request has not been verified yet.
 *
 * @returns seconds; the default where the parameter holds no positive number
 */
export function readToleranceSeconds(context: IWebhookFunctions): number {
	const options = toRecord(context.getNodeParameter('options', {}, RAW));
	const seconds = Number(options['toleranceSeconds'] ?? DEFAULT_TOLERANCE_SECONDS);
	return seconds > 0 && Number.isFinite(seconds) ? seconds : DEFAULT_TOLERANCE_SECONDS;
}

/** Reads what decides about a verified event; in a webhook expressions may use its fields. */
export function readSettings(context: ParameterContext): Settings {
	const options = readOptions(context);
	return {
		events: toEvents(read(context, 'events', [])),
		filters: readFilters(read(context, 'filters', {})),
		ignoreOwnRuns: options['ignoreOwnRuns'] !== false,
		simplify: options['simplify'] === true,
		includeHeaders: options['includeHeaders'] === true,
		includeRawBody: options['includeRawBody'] === true,
		includeAttachments: options['includeAttachments'] === true,
		ignoreDuplicates: options['ignoreDuplicates'] !== false,
		answersLast: options['respond'] === 'lastNode',
	};
}

/** Reads how to fetch. What is no usable number becomes the default, what is too large the largest. */
export function readConnectionSettings(context: ParameterContext): ConnectionSettings {
	const options = readOptions(context);
	const { order, onWorkflowError, onCrash } = options;
	return {
		order: order === 'session' || order === 'sequential' ? order : 'parallel',
		maxParallel: order === 'sequential' ? 1 : wholeNumber(options['maxParallel'], 8, 100),
		itemsPerExecution: wholeNumber(options['itemsPerExecution'], 1, 100),
		batchSeconds: seconds(options['batchSeconds'], 1, 300),
		onWorkflowError: onWorkflowError === 'retry' ? 'retry' : 'acknowledge',
		onCrash: onCrash === 'skip' ? 'skip' : 'runAgain',
		holdHours: wholeNumber(options['holdHours'], 72, 720),
	};
}

/** Reads what `execute()` needs. */
export function readRouting(context: IExecuteFunctions): Routing {
	const readAt = (name: string, fallback: string | object) =>
		evaluate((mode) => context.getNodeParameter(name, 0, fallback, mode));
	const options = toRecord(readAt('options', {}));
	return {
		events: toEvents(readAt('events', [])),
		outputMode: readAt('outputMode', 'single') === 'perEvent' ? 'perEvent' : 'single',
		ignoreDuplicates: options['ignoreDuplicates'] !== false,
		includeAttachments: options['includeAttachments'] === true,
		simplify: options['simplify'] === true,
	};
}

function readOptions(context: ParameterContext): Readonly<Record<string, unknown>> {
	return toRecord(read(context, 'options', {}));
}

function read(context: ParameterContext, name: string, fallback: object): unknown {
	return evaluate((mode) => context.getNodeParameter(name, fallback, mode));
}

/** Most parameters hold no expression; n8n would go through its evaluation all the same. */
function evaluate(get: (mode?: IGetNodeParameterOptions) => unknown): unknown {
	const saved = get(RAW);
	return hasExpression(saved) ? get() : saved;
}

/** An expression may give a text with commas as well as a list. */
export function toEvents(value: unknown): readonly string[] {
	const parts: readonly unknown[] = Array.isArray(value)
		? value
		: typeof value === 'string'
			? value.split(',')
			: [];
	return parts.map((event) => String(event).trim()).filter((event) => event !== '');
}

function wholeNumber(value: unknown, fallback: number, max: number): number {
	const number = Math.trunc(Number(value ?? fallback));
	return number >= 1 ? Math.min(number, max) : fallback;
}

function seconds(value: unknown, fallback: number, max: number): number {
	const number = Number(value ?? fallback);
	return number >= 0 ? Math.min(number, max) : fallback;
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null ? { ...value } : {};
}
