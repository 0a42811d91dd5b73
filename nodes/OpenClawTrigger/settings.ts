import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { DEFAULT_TOLERANCE_SECONDS } from '../../protocol/signature';
import { readFilters } from './filter';
import type { EventFilters } from './filter';
import type { OutputMode } from './outputs';

/** What the node's parameters say about events that have been verified. */
export interface Settings {
	readonly events: readonly string[];
	readonly filters: EventFilters;
	readonly ignoreDuplicates: boolean;
	readonly simplify: boolean;
	readonly includeHeaders: boolean;
	readonly includeRawBody: boolean;
}

type Context = Pick<IExecuteFunctions | IWebhookFunctions, 'getNode'> & {
	getNodeParameter: IWebhookFunctions['getNodeParameter'];
};

/**
 * Reads the tolerance without evaluating anything, since the request has not been verified yet.
 *
 * @returns seconds; the default where the parameter holds no positive number
 */
export function readToleranceSeconds(context: Context): number {
	const options = toRecord(context.getNodeParameter('options', {}, { rawExpressions: true }));
	const seconds = Number(options['toleranceSeconds'] ?? DEFAULT_TOLERANCE_SECONDS);
	return seconds > 0 && Number.isFinite(seconds) ? seconds : DEFAULT_TOLERANCE_SECONDS;
}

/** Reads what decides about a verified event. */
export function readSettings(context: Context): Settings {
	const options = toRecord(context.getNodeParameter('options', {}));
	return {
		events: readEvents(context),
		filters: readFilters(context.getNodeParameter('filters', {})),
		ignoreDuplicates: readIgnoreDuplicates(options),
		simplify: options['simplify'] === true,
		includeHeaders: options['includeHeaders'] === true,
		includeRawBody: options['includeRawBody'] === true,
	};
}

/** The value of 'Trigger On'. */
export function readEvents(context: Context): readonly string[] {
	const events = context.getNodeParameter('events', []);
	if (typeof events === 'string') return events.split(',').map((event) => event.trim());
	return Array.isArray(events) ? events.map(String) : [];
}

/** What `execute()` needs to know. */
export function readRouting(context: IExecuteFunctions): {
	events: readonly string[];
	outputMode: OutputMode;
	ignoreDuplicates: boolean;
} {
	const read = {
		getNode: () => context.getNode(),
		getNodeParameter: ((name: string, fallback?: unknown) =>
			context.getNodeParameter(name, 0, fallback)) as IWebhookFunctions['getNodeParameter'],
	};
	return {
		events: readEvents(read),
		outputMode:
			context.getNodeParameter('outputMode', 0, 'single') === 'perEvent' ? 'perEvent' : 'single',
		ignoreDuplicates: readIgnoreDuplicates(toRecord(context.getNodeParameter('options', 0, {}))),
	};
}

function readIgnoreDuplicates(options: Readonly<Record<string, unknown>>): boolean {
	return options['ignoreDuplicates'] !== false;
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null ? { ...value } : {};
}
