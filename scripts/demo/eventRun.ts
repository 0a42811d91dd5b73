import type { OpenClawEvent } from '../../index';
import { parseEvent } from '../../protocol';
import type { Execution } from '../../testbed/n8n/execution';

const LONGEST_LINE = 110;

/** An execution and the event that started it. */
export interface EventRun {
	readonly event: OpenClawEvent;
	readonly execution: Execution;
}

/** The event that an OpenClaw Trigger put out; `undefined` when something else started the execution. */
export function eventRun(execution: Execution, triggerName: string): EventRun | undefined {
	// One output per event type, so the item may be in any of them.
	const items = [...Array(10).keys()].flatMap((output) => execution.json(triggerName, output));
	const parsed = parseEvent(items[0]);
	return parsed.ok ? { event: parsed.event, execution } : undefined;
}

/** The nodes that ran, such as `execution 7 success: On OpenClaw Event → Message`. */
export function describeExecution({ id, status, nodeNames }: Execution): string {
	return `execution ${id} ${status}: ${nodeNames.join(' → ')}`;
}

/** Shortens a text to what fits on a line. */
export function shorten(text: string): string {
	return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;
}
