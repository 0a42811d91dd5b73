import type { IExecuteFunctions, IGetNodeParameterOptions, IWebhookFunctions } from 'n8n-workflow';
import { DEFAULT_TOLERANCE_SECONDS } from '../../protocol/signatureHeaders';
import { hasExpression } from '../shared/parameterValues';
import { readFilters } from './filter';
import type { EventFilters } from './filter';
import type { OutputMode } from './outputs';

/** What the node's parameters say about an event that has been verified. */
export interface Settings {
	readonly events: readonly string[];
	readonly filters: EventFilters;
	readonly ignoreDuplicates: boolean;
	/** Whether the sender is answered when the last node has finished. */
	readonly answersLast: boolean;
	readonly simplify: boolean;
	readonly includeHeaders: boolean;
	readonly includeRawBody: boolean;
}

/** What they say about the way of an event through an execution. */
export interface Routing {
	readonly events: readonly string[];
	readonly outputMode: OutputMode;
	readonly ignoreDuplicates: boolean;
}

/**
 * Reads the tolerance without evaluating anything, since the request has not been verified yet.
 *
 * @returns seconds; the default where the parameter holds no positive number
 */
export function readToleranceSeconds(context: IWebhookFunctions): number {
	const options = toRecord(context.getNodeParameter('options', {}, { rawExpressions: true }));
	const seconds = Number(options['toleranceSeconds'] ?? DEFAULT_TOLERANCE_SECONDS);
	return seconds > 0 && Number.isFinite(seconds) ? seconds : DEFAULT_TOLERANCE_SECONDS;
}

/** Reads what decides about a verified event, whose fields expressions may use. */
export function readSettings(context: IWebhookFunctions): Settings {
	const read = (name: string, fallback: object) =>
		evaluate((mode) => context.getNodeParameter(name, fallback, mode));
	const options = toRecord(read('options', {}));
	return {
		events: toEvents(read('events', [])),
		filters: readFilters(read('filters', {})),
		ignoreDuplicates: options['ignoreDuplicates'] !== false,
		answersLast: options['respond'] === 'lastNode',
		simplify: options['simplify'] === true,
		includeHeaders: options['includeHeaders'] === true,
		includeRawBody: options['includeRawBody'] === true,
	};
}

/** Reads what `execute()` needs. */
export function readRouting(context: IExecuteFunctions): Routing {
	const read = (name: string, fallback: string | object) =>
		evaluate((mode) => context.getNodeParameter(name, 0, fallback, mode));
	const options = toRecord(read('options', {}));
	return {
		events: toEvents(read('events', [])),
		outputMode: read('outputMode', 'single') === 'perEvent' ? 'perEvent' : 'single',
		ignoreDuplicates: options['ignoreDuplicates'] !== false,
	};
}

/** Most parameters hold no expression; n8n would go through its evaluation all the same. */
function evaluate(get: (mode?: IGetNodeParameterOptions) => unknown): unknown {
	const saved = get({ rawExpressions: true });
	return hasExpression(saved) ? get() : saved;
}

/** An expression may give a text with commas as well as a list. */
function toEvents(value: unknown): readonly string[] {
	if (typeof value === 'string') return value.split(',').map((event) => event.trim());
	return Array.isArray(value) ? value.map(String) : [];
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null ? { ...value } : {};
}
