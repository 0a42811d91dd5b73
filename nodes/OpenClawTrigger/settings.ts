import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { DEFAULT_TOLERANCE_SECONDS } from '../../protocol/signatureHeaders';
import { readFilters } from './filter';
import type { EventFilters } from './filter';
import type { OutputMode } from './outputs';

/** What the node's parameters say about an event that has been verified. */
export interface Settings {
	readonly events: readonly string[];
	readonly filters: EventFilters;
	readonly ignoreDuplicates: boolean;
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
	const options = toRecord(context.getNodeParameter('options', {}));
	return {
		events: toEvents(context.getNodeParameter('events', [])),
		filters: readFilters(context.getNodeParameter('filters', {})),
		ignoreDuplicates: options['ignoreDuplicates'] !== false,
		simplify: options['simplify'] === true,
		includeHeaders: options['includeHeaders'] === true,
		includeRawBody: options['includeRawBody'] === true,
	};
}

/** Reads what `execute()` needs. */
export function readRouting(context: IExecuteFunctions): Routing {
	const options = toRecord(context.getNodeParameter('options', 0, {}));
	const outputMode = context.getNodeParameter('outputMode', 0, 'single');
	return {
		events: toEvents(context.getNodeParameter('events', 0, [])),
		outputMode: outputMode === 'perEvent' ? 'perEvent' : 'single',
		ignoreDuplicates: options['ignoreDuplicates'] !== false,
	};
}

/** An expression may give a text with commas as well as a list. */
function toEvents(value: unknown): readonly string[] {
	if (typeof value === 'string') return value.split(',').map((event) => event.trim());
	return Array.isArray(value) ? value.map(String) : [];
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null ? { ...value } : {};
}
