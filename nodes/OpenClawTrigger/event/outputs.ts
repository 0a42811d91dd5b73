import type { ExpressionString } from 'n8n-workflow';
import { EVENT_TYPES } from '../../../protocol/event';
import { ALL_EVENTS, EVENT_OPTIONS } from '../description/events';

/** How the events leave the node: by one output, or by one named output per chosen event. */
export type OutputMode = 'single' | 'perEvent';

const OTHER_EVENTS = 'Other Events';

const DISPLAY_NAMES: Readonly<Record<string, string>> = Object.fromEntries([
	...EVENT_OPTIONS.map(({ name, value }) => [String(value), name] as const),
	[ALL_EVENTS, OTHER_EVENTS] as const,
]);

/**
 * Lists what leaves by which output of 'One Output per Event', in the order in which the events were
 * chosen, so that choosing another one leaves the wires of the present ones where they are. With All Events
 * the known ones come first, and `*` last for those not known yet.
 *
 * It also runs in n8n's expression sandbox from its source text, where the editor draws by it: so it uses
 * nothing but its arguments, and what is drawn is what is used.
 *
 * @param events the value of 'Trigger On': a list, or a text with commas from an expression
 * @param known the types that All Events has outputs for
 */
function outputsOf(events: unknown, known: readonly string[]): string[] {
	const text = typeof events === 'string' ? events : '';
	const parts: readonly unknown[] = Array.isArray(events) ? events : text.split(',');
	const chosen = parts.map((part) => String(part).trim()).filter((type) => type !== '');
	const types = chosen.includes('*')
		? known.concat(
				chosen.filter((type) => type !== '*'),
				'*',
			)
		: chosen;
	return types.filter((type, index) => types.indexOf(type) === index);
}

/** {@link outputsOf} for the types of this version. */
export function listOutputs(events: unknown): readonly string[] {
	return outputsOf(events, EVENT_TYPES);
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

/** Runs in the sandbox, too. */
function drawOutputs(
	parameters: OutputParameters,
	types: readonly string[],
	names: Readonly<Record<string, string>>,
): ({ type: 'main'; displayName: string } | 'main')[] {
	if (parameters.outputMode !== 'perEvent' || types.length === 0) return ['main'];
	return types.map((type) => ({ type: 'main', displayName: names[type] || type }));
}

/** The `outputs` of the node's description: the editor draws by it, no event needs it. */
export const OUTPUTS_EXPRESSION: ExpressionString = `={{${separateBraces(
	`(${drawOutputs.toString()})($parameter, (${outputsOf.toString()})($parameter["events"], ${JSON.stringify(EVENT_TYPES)}), ${JSON.stringify(DISPLAY_NAMES)})`,
)} }}`;

/** Two closing braces in a row would end the expression. */
function separateBraces(code: string): string {
	return code.replaceAll('}}', '} }');
}
