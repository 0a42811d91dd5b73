import { eventData, withoutUnknown } from './eventParts';
import type { EventParts } from './eventParts';
import type { Origin } from './payloads/origin';
import { parseToolCall, parseToolResult } from './payloads/tools';
import { redactSecrets } from './redactSecrets';
import { describeRun } from './state/run';
import { openRun } from './state/eventState';

/** `before_tool_call`: the agent waits until it returns. */
export function onToolCall(event: unknown, context: unknown, parts: EventParts): void {
	const { origin, name, callId, params } = parseToolCall(event, context);
	const tool = withoutUnknown({ name, callId, params: redactSecrets(params) });
	parts.emit('tool.called', eventData(withRun(origin, parts), { tool }));
}

/** `after_tool_call` */
export function onToolResult(event: unknown, context: unknown, parts: EventParts): void {
	const { origin, name, callId, params, durationMs, result, error } = parseToolResult(
		event,
		context,
	);
	const whole = withRun(origin, parts);
	const tool = withoutUnknown({
		name,
		callId,
		params: redactSecrets(params),
		durationMs,
		result,
		error,
	});
	parts.emit('tool.completed', eventData(whole, { tool }));
	if (error === undefined) return;
	const failed = withoutUnknown({ name, callId });
	const detail = { error: { message: error, source: 'tool' }, tool: failed };
	parts.emit('error.occurred', eventData(whole, detail));
}

/** Adds what other hooks of the run have told: channel, sender, trigger. */
function withRun(origin: Origin, { state }: EventParts): Origin {
	if (origin.runId === undefined) return origin;
	const run = openRun(state, origin.runId);
	describeRun(run, origin);
	return run.origin;
}
