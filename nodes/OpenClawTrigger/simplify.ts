import type { IDataObject } from 'n8n-workflow';
import type { OpenClawEvent } from '../../protocol/event';

/** Objects of `data` that are dissolved, and what their fields are called then. */
const FLAT_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	message: { content: 'text', role: 'role', messageId: 'messageId' },
	usage: { inputTokens: 'inputTokens', outputTokens: 'outputTokens' },
	tool: {
		name: 'toolName',
		callId: 'toolCallId',
		params: 'toolParams',
		durationMs: 'durationMs',
		result: 'toolResult',
		error: 'toolError',
	},
	error: { message: 'errorMessage', code: 'errorCode', source: 'errorSource' },
};

/**
 * Makes an event flat: the fields of `data` beside those of the envelope, and what is in `message`,
 * `usage`, `tool` and `error` under names of its own. Fields that aren't known here stay as they are.
 *
 * @example
 * simplifyEvent(event); // { id, type, timestamp, instanceId, agentId, channel, text: 'Hello', … }
 */
export function simplifyEvent(event: OpenClawEvent): IDataObject {
	const flat: [string, unknown][] = [];
	for (const [field, value] of Object.entries(event.data)) {
		const names = Object.hasOwn(FLAT_NAMES, field) ? FLAT_NAMES[field] : undefined;
		if (names && typeof value === 'object' && value !== null && !Array.isArray(value)) {
			flat.push(...flatten(value, names));
		} else {
			flat.push([field, value]);
		}
	}
	// First for their place in the output, last for their value.
	const fields = Object.fromEntries(flat) as IDataObject;
	return { ...envelope(event), ...fields, ...envelope(event) };
}

function flatten(value: object, names: Readonly<Record<string, string>>): [string, unknown][] {
	return Object.entries(value).map(([field, inner]) => [
		Object.hasOwn(names, field) ? (names[field] ?? field) : field,
		inner,
	]);
}

/** Nothing in `data` takes the place of what the event is known by. */
function envelope({ id, type, timestamp, instanceId }: OpenClawEvent): IDataObject {
	return { id, type, timestamp, instanceId };
}
