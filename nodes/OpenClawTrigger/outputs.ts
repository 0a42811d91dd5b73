import type { ExpressionString } from 'n8n-workflow';
import { EVENT_TYPES } from '../../protocol/event';
import { ALL_EVENTS, EVENT_OPTIONS } from './eventTypes';

/** How the events leave the node: by one output, or by one named output per chosen event. */
export type OutputMode = 'single' | 'perEvent';

const OTHER_EVENTS = 'Other Events';

const DISPLAY_NAMES: Readonly<Record<string, string>> = Object.fromEntries([
	...EVENT_OPTIONS.map(({ name, value }) => [String(value), name] as const),
	[ALL_EVENTS, OTHER_EVENTS] as const,
]);

/**
 * Lists what leaves by which output of 'One per Event', in the order in which the events were chosen,
 * so that choosing another one leaves the wires of the present ones where they are.
 *
 * @param events the value of 'Trigger On'
 * @returns event types; with All Events the known ones, and `*` last for those not known yet
 * @example
 * listOutputs(['*']).at(-1); // '*'
 */
export function listOutputs(events: readonly string[]): readonly string[] {
	return events.includes(ALL_EVENTS) ? [...EVENT_TYPES, ALL_EVENTS] : [...new Set(events)];
}

/**
 * Finds the output by which an event leaves.
 *
 * @example
 * outputIndex('perEvent', ['message.sent', 'tool.called'], 'tool.called'); // 1
 */
export function outputIndex(mode: OutputMode, events: readonly string[], type: string): number {
	if (mode === 'single') return 0;
	const outputs = listOutputs(events);
	const own = outputs.indexOf(type);
	return own === -1 ? Math.max(0, outputs.length - 1) : own;
}

interface OutputParameters {
	readonly events?: unknown;
	readonly outputMode?: unknown;
}

/** Runs in n8n's expression sandbox from its source text, so it uses nothing but its arguments. */
function drawOutputs(
	parameters: OutputParameters,
	everything: readonly string[],
	names: Readonly<Record<string, string>>,
): ({ type: 'main'; displayName: string } | 'main')[] {
	const chosen = Array.isArray(parameters.events) ? parameters.events.map(String) : [];
	if (parameters.outputMode !== 'perEvent' || chosen.length === 0) return ['main'];
	const types = chosen.includes('*') ? everything : chosen;
	return types
		.filter((type, index) => types.indexOf(type) === index)
		.map((type) => ({ type: 'main', displayName: names[type] || type }));
}

/** The `outputs` of the node's description: the editor draws by it, no event needs it. */
export const OUTPUTS_EXPRESSION: ExpressionString = `={{${separateBraces(
	`(${drawOutputs.toString()})($parameter, ${JSON.stringify(listOutputs([ALL_EVENTS]))}, ${JSON.stringify(DISPLAY_NAMES)})`,
)} }}`;

/** Two closing braces in a row would end the expression. */
function separateBraces(code: string): string {
	return code.replaceAll('}}', '} }');
}
