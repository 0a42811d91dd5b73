import { eventData, withoutUnknown } from './eventParts';
import type { EventParts } from './eventParts';
import { parseUndelivered } from './payloads/cron';
import { fieldsOf, textOf } from './payloads/fields';
import type { Origin } from './payloads/origin';
import { parseModelAnswer, parseRunContext, parseRunEnd, parseRunStart } from './payloads/runs';
import type { RunContext } from './payloads/runs';
import { settleReply } from './runReply';
import { noticeSession } from './sessionEvents';
import { createRun, describeRun, isApiRequest } from './state/run';
import { openRun } from './state/eventState';
import type { Run } from './state/run';
import { addUsage } from './usage';

/** `agent_turn_prepare`: the message of an API request, which reaches no hook about messages. */
export function onTurnPrepared(event: unknown, context: unknown, parts: EventParts): void {
	const turn = parseRunContext(event, context);
	noticeSession(turn.origin, parts);
	const run = describe(turn, parts);
	if (run === undefined || run.isAsked || !isApiRequest(run)) return;
	run.isAsked = true;
	const content = textOf(fieldsOf(event), 'prompt') ?? '';
	parts.emit('message.received', eventData(run.origin, { message: { role: 'user', content } }));
}

/** `llm_input` */
export function onModelInput(event: unknown, context: unknown, parts: EventParts): void {
	const asked = parseRunContext(event, context);
	noticeSession(asked.origin, parts);
	const run = describe(asked, parts);
	if (run !== undefined) run.model = asked.model ?? run.model;
}

/** `llm_output`: once for each attempt to get an answer. */
export function onModelOutput(event: unknown, context: unknown, parts: EventParts): void {
	const answer = parseModelAnswer(event, context);
	// No sign of a session: it also comes after the end of one that was deleted.
	const run = describe(answer, parts);
	if (run === undefined) return;
	const { model, text, failure } = answer;
	run.model = model ?? run.model;
	run.usage = addUsage(run.usage, answer.usage);
	run.text = text ?? run.text;
	if (failure !== undefined) {
		// The last one comes last.
		run.failures.delete(model ?? '');
		run.failures.set(model ?? '', failure);
	}
	// The end of the run, which another instance was told of, may be here already.
	if (run.end !== undefined) settleReply(run, parts);
}

/** `model_call_ended`: all there is of model calls without the permission to read conversations. */
export function onModelCallEnded(event: unknown, context: unknown, parts: EventParts): void {
	const { origin, model } = parseRunContext(event, context);
	if (origin.runId === undefined) return;
	const run = openRun(parts.state, origin.runId);
	describeRun(run, origin);
	run.model = model ?? run.model;
	const code = textOf(fieldsOf(event), 'failureKind');
	const hasFailed = textOf(fieldsOf(event), 'outcome') === 'error' && code !== 'aborted';
	if (hasFailed && !run.failures.has(model ?? '')) {
		run.failures.set(model ?? '', { message: 'The model call failed', code, model });
	}
}

/** The gateway's agent events: the beginning and the end of runs. */
export function onAgentEvent(event: unknown, parts: EventParts): void {
	const start = parseRunStart(event);
	if (start !== undefined) {
		onRunStart(start, parts);
		return;
	}
	const end = parseRunEnd(event);
	if (end?.origin.runId === undefined) return;
	const run = openRun(parts.state, end.origin.runId);
	if (run.end !== undefined) return;
	describeRun(run, end.origin);
	run.end = end;
	run.endedAt = parts.now();
	const { outcome } = end;
	if (outcome.kind === 'failed') tellFailure(run, outcome, parts);
	else if (outcome.kind === 'replied') tellRecovered(run, parts);
	settleReply(run, parts);
}

/** `cron_changed`: a scheduled run whose reply could not be delivered. */
export function onCronChanged(event: unknown, parts: EventParts): void {
	const { state, emit } = parts;
	const undelivered = parseUndelivered(event);
	if (undelivered === undefined) return;
	const { origin, failure } = undelivered;
	const runId = state.runOfSession.get(origin.sessionKey ?? '');
	const run = runId === undefined ? undefined : state.runs.get(runId);
	if (run?.isReported === true) {
		// The channel reports it too, later and in fewer words.
		run.deliveryFailure = failure;
		return;
	}
	if (run !== undefined) run.isReported = run.isFailureTold = true;
	const error = { message: failure, source: 'delivery' };
	emit('error.occurred', eventData(run?.origin ?? origin, { error }));
}

function onRunStart(origin: Origin, parts: EventParts): void {
	const { runs, runOfSession } = parts.state;
	const { runId, sessionKey } = origin;
	noticeSession(origin, parts);
	if (runId === undefined) return;
	// A run that is started again under its id is another one.
	if (runs.get(runId)?.end !== undefined) runs.set(runId, createRun(runId));
	describeRun(openRun(parts.state, runId), origin);
	if (sessionKey !== undefined) runOfSession.set(sessionKey, runId);
}

function describe({ origin, chatId }: RunContext, parts: EventParts): Run | undefined {
	if (origin.runId === undefined) return undefined;
	const run = openRun(parts.state, origin.runId);
	describeRun(run, origin);
	run.isDescribed = true;
	run.chatId = chatId ?? run.chatId;
	if (origin.sessionKey !== undefined) parts.state.runOfSession.set(origin.sessionKey, run.id);
	return run;
}

/** Once for a run, however often it was tried. */
function tellFailure(
	run: Run,
	outcome: { readonly message: string; readonly code: string | undefined },
	{ emit }: EventParts,
): void {
	const last = [...run.failures.values()].at(-1);
	const error = withoutUnknown({
		message: last?.message ?? outcome.message,
		code: last?.code ?? outcome.code,
		source: last === undefined ? 'run' : 'model',
	});
	emit('error.occurred', eventData(run.origin, { error, model: last?.model }));
}

/** Model calls that failed although the run went well: with another try, or another model. */
function tellRecovered(run: Run, { emit }: EventParts): void {
	for (const { message, code, model } of run.failures.values()) {
		const error = withoutUnknown({ message, code, source: 'model' });
		emit('error.occurred', eventData(run.origin, { error, model, recovered: true }));
	}
}
