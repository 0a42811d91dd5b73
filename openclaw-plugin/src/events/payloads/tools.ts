import { amountOf, fieldsOf, idOf, textOf, valueOf } from './fields';
import { toolOrigin } from './origin';
import type { Origin } from './origin';

/** What `before_tool_call` says. */
export interface ToolCall {
	readonly origin: Origin;
	readonly name: string;
	readonly callId: string | undefined;
	readonly params: unknown;
}

/** What `after_tool_call` says. */
export interface ToolResult extends ToolCall {
	readonly durationMs: number | undefined;
	readonly result: unknown;
	readonly error: string | undefined;
}

export function parseToolCall(event: unknown, context: unknown): ToolCall {
	const fields = fieldsOf(event);
	return {
		origin: toolOrigin(fields, fieldsOf(context)),
		name: textOf(fields, 'toolName') ?? textOf(fieldsOf(context), 'toolName') ?? 'unknown',
		callId: idOf(fields, 'toolCallId') ?? idOf(fieldsOf(context), 'toolCallId'),
		params: valueOf(fields, 'params'),
	};
}

export function parseToolResult(event: unknown, context: unknown): ToolResult {
	const fields = fieldsOf(event);
	return {
		...parseToolCall(event, context),
		durationMs: amountOf(fields, 'durationMs'),
		result: valueOf(fields, 'result'),
		error: textOf(fields, 'error'),
	};
}
