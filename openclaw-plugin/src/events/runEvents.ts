import { openRun } from './eventState';
import type { EventParts } from './eventState';
import { fieldsOf, idOf, inner, isSet, listOf, textOf, textsOf, withoutUnknown } from './fields';
import type { Fields } from './fields';
import { withPlace } from './knownSessions';
import { agentEventPlace, eventData, isSubagent, runPlace } from './place';
import type { Place } from './place';
import { replyOf, tellReply } from './replies';
import { addUsage, createRun, describeRun, isApiRequest, parseUsage } from './run';
import type { ModelFailure, Run, RunEnd } from './run';
import { noticeSession } from './sessionEvents';

/** What the gateway puts before the message of an API request: `[Fri 2026-11-27 14:24 UTC] `. */
const PROMPT_TIME = /^\[[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d[^\]\n]*\] /;

/** `llm_input`: once for each attempt to get an answer. */
export function onModelInput(event: unknown, context: unknown, parts: EventParts): void {
	const place = runPlace(fieldsOf(event), fieldsOf(context));
	noticeSession(place, parts);
	const run = describe(place, parts);
	if (run === undefined) return;
	run.model = textOf(fieldsOf(event), 'model') ?? run.model;
	if (run.isAsked || !isApiRequest(run)) return;
	// The message of an API request reaches no hook about messages.
	run.isAsked = true;
	const content = (textOf(fieldsOf(event), 'prompt') ?? '').replace(PROMPT_TIME, '');
	const data = eventData(withPlace(run.place, parts.state), {
		message: { role: 'user', content },
	});
	parts.emit('message.received', data);
}

/** `llm_output`: once for each attempt to get an answer. */
export function onModelOutput(event: unknown, context: unknown, parts: EventParts): void {
	const fields = fieldsOf(event);
	// No sign of a session: it also comes after the end of one that was deleted.
	const run = describe(runPlace(fields, fieldsOf(context)), parts);
	if (run === undefined) return;
	const model = textOf(fields, 'model');
	run.model = model ?? run.model;
	run.usage = addUsage(run.usage, parseUsage(inner(fields, 'usage')));
	noteTexts(run, fields, parts);
	const failure = failureOf(fields, model);
	if (failure !== undefined) {
		// The last one comes last.
		run.failures.delete(model ?? '');
		run.failures.set(model ?? '', failure);
	}
	// The end of the run, which another instance was told of, may be here already.
	if (run.end !== undefined) tellReply(run, parts);
}

/** `model_call_ended`: all there is of model calls without the permission to read conversations. */
export function onModelCallEnded(event: unknown, context: unknown, parts: EventParts): void {
	const fields = fieldsOf(event);
	const place = runPlace(fields, fieldsOf(context));
	if (place.runId === undefined) return;
	const run = openRun(parts.state, place.runId);
	describeRun(run, place);
	const model = textOf(fields, 'model');
	run.model = model ?? run.model;
	const code = textOf(fields, 'failureKind');
	const hasFailed = textOf(fields, 'outcome') === 'error' && code !== 'aborted';
	if (hasFailed && !run.failures.has(model ?? '')) {
		run.failures.set(model ?? '', { message: 'The model call failed', code, model });
	}
}

/** The gateway's agent events: the beginning and the end of runs. */
export function onAgentEvent(event: unknown, parts: EventParts): void {
	const data = inner(fieldsOf(event), 'data');
	if (textOf(fieldsOf(event), 'stream') !== 'lifecycle') return;
	if (textOf(data, 'phase') === 'start') onRunStart(agentEventPlace(event), parts);
	else onRunEnd(parseRunEnd(event), parts);
}

/** `cron_changed`: a scheduled run whose reply could not be delivered. */
export function onCronChanged(event: unknown, parts: EventParts): void {
	const { state, emit } = parts;
	const fields = fieldsOf(event);
	const failure = textOf(fields, 'deliveryError');
	const isUndelivered =
		textOf(fields, 'action') === 'finished' && textOf(fields, 'deliveryStatus') === 'not-delivered';
	if (!isUndelivered || failure === undefined) return;
	// Its run id is that of the schedule, which no other hook knows.
	const place = { ...runPlace(fields, {}), runId: undefined };
	const runId = state.runOfSession.get(place.sessionKey ?? '');
	const run = runId === undefined ? undefined : state.runs.get(runId);
	// The channel has reported it, too.
	if (run?.isReported === true) return;
	if (run !== undefined) run.isReported = run.isFailureTold = true;
	const reply = run === undefined ? undefined : replyOf(run);
	const message = reply && { role: 'assistant', content: reply.content };
	const error = { message: failure, source: 'delivery' };
	emit('error.occurred', eventData(run?.place ?? place, { error, message }));
}

function onRunStart(place: Place, parts: EventParts): void {
	const { runs, runOfSession } = parts.state;
	const { runId, sessionKey } = place;
	noticeSession(place, parts);
	if (runId === undefined) return;
	// A run that is started again under its id is another one.
	if (runs.get(runId)?.end !== undefined) runs.set(runId, createRun(runId));
	describeRun(openRun(parts.state, runId), place);
	if (sessionKey !== undefined) runOfSession.set(sessionKey, runId);
}

function onRunEnd(end: RunEnd | undefined, parts: EventParts): void {
	if (end?.place.runId === undefined) return;
	const run = openRun(parts.state, end.place.runId);
	if (run.end !== undefined) return;
	describeRun(run, end.place);
	run.end = end;
	run.endedAt = parts.now();
	const { outcome } = end;
	if (outcome.kind === 'failed') tellFailure(run, outcome, parts);
	else if (outcome.kind === 'replied') tellRecovered(run, parts);
	tellReply(run, parts);
}

function describe(place: Place, { state }: EventParts): Run | undefined {
	if (place.runId === undefined) return undefined;
	const run = openRun(state, place.runId);
	// The gateway names what has caused the run of the agent above.
	const trigger = isSubagent(place.sessionKey) ? 'subagent' : place.trigger;
	describeRun(run, withPlace({ ...place, trigger }, state));
	run.isDescribed = true;
	if (place.sessionKey !== undefined) state.runOfSession.set(place.sessionKey, run.id);
	return run;
}

/** Remembers what the model has written: each text may be delivered as a message of its own. */
function noteTexts(run: Run, fields: Fields, { state }: EventParts): void {
	const written = listOf(inner(fields, 'lastAssistant'), 'content')
		.map(fieldsOf)
		.filter((part) => textOf(part, 'type') === 'text')
		.map((part) => textOf(part, 'text') ?? '')
		.join('');
	const texts = textsOf(fields, 'assistantTexts');
	// In parts where a reply is sent in blocks: the message itself is whole.
	run.text = (written === '' ? texts.at(-1) : written) ?? run.text;
	for (const text of new Set([...texts, written])) state.replies.expect(run, text);
}

function failureOf(fields: Fields, model: string | undefined): ModelFailure | undefined {
	const last = inner(fields, 'lastAssistant');
	if (textOf(last, 'stopReason') !== 'error') return undefined;
	return {
		message: textOf(last, 'errorMessage') ?? 'The model call failed',
		code: idOf(last, 'errorCode') ?? textOf(last, 'errorType'),
		model,
	};
}

/**
 * The end of a run; undefined for what else the gateway tells of it. Only one of a run's ends is settled:
 * those before it are followed by retries.
 */
function parseRunEnd(event: unknown): RunEnd | undefined {
	const data = inner(fieldsOf(event), 'data');
	const phase = textOf(data, 'phase');
	if ((phase !== 'end' && phase !== 'error') || !isSet(data, 'executionSettled')) return undefined;
	return {
		place: agentEventPlace(event),
		outcome: outcomeOf(data, phase),
		hasDelivered: textOf(inner(data, 'terminalDelivery'), 'status') !== undefined,
	};
}

function outcomeOf(data: Fields, phase: 'end' | 'error'): RunEnd['outcome'] {
	const hasTimedOut = textOf(data, 'stopReason') === 'timeout';
	if (hasTimedOut || (phase === 'error' && !isSet(data, 'aborted'))) {
		const observed = textOf(inner(data, 'errorObservation'), 'failoverReason');
		const code = hasTimedOut ? 'timeout' : observed;
		return { kind: 'failed', message: textOf(data, 'error') ?? 'The run failed', code };
	}
	// By the user, by a newer run, or because the gateway restarts.
	if (isSet(data, 'aborted')) return { kind: 'stopped' };
	const reply = inner(data, 'terminalReply');
	const disposition = textOf(reply, 'disposition') ?? 'visible';
	return { kind: 'replied', text: textOf(reply, 'text'), isSilent: disposition !== 'visible' };
}

/** Once for a run, however often it was tried. */
function tellFailure(
	run: Run,
	outcome: { readonly message: string; readonly code: string | undefined },
	{ emit, state }: EventParts,
): void {
	const last = [...run.failures.values()].at(-1);
	const error = withoutUnknown({
		message: last?.message ?? outcome.message,
		code: last?.code ?? outcome.code,
		source: last === undefined ? 'run' : 'model',
	});
	const data = eventData(withPlace(run.place, state), { error, model: last?.model });
	emit('error.occurred', data);
}

/** Model calls that failed although the run went well: with another try, or another model. */
function tellRecovered(run: Run, { emit, state }: EventParts): void {
	for (const { message, code, model } of run.failures.values()) {
		const error = withoutUnknown({ message, code, source: 'model' });
		const data = { error, model, recovered: true };
		emit('error.occurred', eventData(withPlace(run.place, state), data));
	}
}
