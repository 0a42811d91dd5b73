import { openRun } from './eventState';
import type { EventParts, EventState, OpenCall } from './eventState';
import { amountOf, fieldsOf, idOf, inner, textOf, valueOf, withoutUnknown } from './fields';
import type { Fields } from './fields';
import { withPlace } from './knownSessions';
import { eventData, mergePlaces, toolPlace } from './place';
import type { Place } from './place';
import { redactSecrets, redactText } from './redactSecrets';
import { describeRun } from './run';

/** A tool call, as a hook tells it. */
export interface ToolCall {
	readonly place: Place;
	readonly name: string;
	readonly callId: string | undefined;
	readonly params: unknown;
}

/** The tool by which a model calls one that is in the catalog only: the same call once more. */
export const CATALOG_CALL = 'tool_call';
/** Calls out of the catalog have ids of the form `tool_search_code:<outer call>:<tool>:<number>`. */
const CATALOG_ID = /^tool_search_code:([^:]*):/;

/** `before_tool_call`: the agent waits until it returns. */
export function onToolCall(event: unknown, context: unknown, parts: EventParts): void {
	const { state } = parts;
	const call = parseCall(event, context);
	const { callId, name } = call;
	const known = openCallOf(call, state);
	if (known?.isOver === true) {
		state.calls.delete(keyOf(known));
		return;
	}
	noteOuter(call, state);
	const isDeferred = name === CATALOG_CALL && callId !== undefined;
	if (callId !== undefined && known?.hasInner !== true) {
		const { runId } = call.place;
		const open = { runId, callId, hasInner: false, isTold: !isDeferred, isOver: false };
		state.calls.set(keyOf(open), open);
	}
	if (!isDeferred) tellCall(call, parts);
}

/** `after_tool_call` */
export function onToolResult(event: unknown, context: unknown, parts: EventParts): void {
	const { state, now } = parts;
	const fields = fieldsOf(event);
	const call = parseCall(event, context);
	const { callId, name } = call;
	const durationMs = amountOf(fields, 'durationMs');
	const open = openCallOf(call, state);
	if (open !== undefined) state.calls.delete(keyOf(open));
	if (open?.hasInner === true) return;
	if (callId !== undefined && open?.isTold !== true) {
		// Another plugin has stopped it before this one was asked, or there is no such tool.
		tellCall(call, parts, now() - (durationMs ?? 0));
		const over = { callId, hasInner: false, isTold: true, isOver: open === undefined };
		const { runId } = call.place;
		if (over.isOver) state.calls.set(keyOf({ runId, callId }), { runId, ...over });
	}
	const place = withRun(call.place, state);
	const blocked = blockedOf(fields);
	const failure = blocked === undefined ? textOf(fields, 'error') : undefined;
	const error = failure && redactText(failure);
	const tool = withoutUnknown({
		name,
		callId,
		params: redactSecrets(call.params),
		durationMs,
		result: redactSecrets(valueOf(fields, 'result')),
		error,
		blocked: blocked && withoutUnknown(blocked),
	});
	parts.emit('tool.completed', eventData(place, { tool }));
	if (error === undefined) return;
	const failed = withoutUnknown({ name, callId });
	const detail = { error: { message: error, source: 'tool' }, tool: failed };
	parts.emit('error.occurred', eventData(place, detail));
}

/** What is known of a call that is about to be made, with what other hooks of the run have told. */
export function describeToolCall(event: unknown, context: unknown, state: EventState): ToolCall {
	const call = parseCall(event, context);
	return { ...call, place: withRun(call.place, state) };
}

function tellCall(call: ToolCall, { emit, state }: EventParts, at?: number): void {
	const { name, callId, params } = call;
	const tool = withoutUnknown({ name, callId, params: redactSecrets(params) });
	emit('tool.called', eventData(withRun(call.place, state), { tool }), at);
}

function parseCall(event: unknown, context: unknown): ToolCall {
	const fields = fieldsOf(event);
	const known = fieldsOf(context);
	return {
		place: toolPlace(fields, known),
		name: textOf(fields, 'toolName') ?? textOf(known, 'toolName') ?? 'unknown',
		callId: idOf(fields, 'toolCallId') ?? idOf(known, 'toolCallId'),
		params: valueOf(fields, 'params'),
	};
}

/** Who has decided that a call is not made, and why: the gateway gives the model that as its result. */
function blockedOf(fields: Fields) {
	const details = inner(inner(fields, 'result'), 'details');
	if (textOf(details, 'status') !== 'blocked') return undefined;
	const denied = textOf(details, 'deniedReason');
	return {
		by: denied === undefined ? undefined : denied.startsWith('plugin-') ? 'plugin' : 'gateway',
		reason: textOf(details, 'reason') ?? denied,
	};
}

/** The call of the catalog that a tool is called through. */
function noteOuter({ callId, place }: ToolCall, state: EventState): void {
	const outerId = CATALOG_ID.exec(callId ?? '')?.[1];
	if (outerId === undefined) return;
	const { runId } = place;
	const outer = { runId, callId: outerId, hasInner: true, isTold: false, isOver: false };
	state.calls.set(keyOf(outer), outer);
}

function openCallOf({ place, callId }: ToolCall, state: EventState): OpenCall | undefined {
	return callId === undefined ? undefined : state.calls.get(keyOf({ runId: place.runId, callId }));
}

function keyOf({ runId, callId }: Pick<OpenCall, 'runId' | 'callId'>): string {
	return `${runId ?? ''}\n${callId}`;
}

/** Adds what other hooks of the run have told: channel, sender, trigger. */
function withRun(place: Place, state: EventState): Place {
	if (place.runId === undefined) return withPlace(place, state);
	const run = openRun(state, place.runId);
	describeRun(run, place);
	return withPlace(mergePlaces(place, run.place), state);
}
