import { parseUsage } from '../usage';
import type { Usage } from '../usage';
import { fieldsOf, idOf, inner, isSet, listOf, textOf, textsOf } from './fields';
import type { Fields } from './fields';
import { runOrigin } from './origin';
import type { Origin } from './origin';

/** What hooks about a model call say of the run. */
export interface RunContext {
	readonly origin: Origin;
	/** The chat that the run belongs to, as the channel writes it. */
	readonly chatId: string | undefined;
	readonly model: string | undefined;
}

/** Why a model call failed. */
export interface ModelFailure {
	readonly message: string;
	readonly code: string | undefined;
	readonly model: string | undefined;
}

/** What `llm_output` says: a model has answered, or failed. */
export interface ModelAnswer extends RunContext {
	/** The last text it wrote, undefined when there is none. */
	readonly text: string | undefined;
	/** Of the whole turn up to now. */
	readonly usage: Usage | undefined;
	readonly failure: ModelFailure | undefined;
}

/** How a run has ended, once and for all. */
export interface RunEnd {
	readonly origin: Origin;
	readonly outcome:
		| { readonly kind: 'replied'; readonly text: string | undefined; readonly isSilent: boolean }
		| { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
		| { readonly kind: 'stopped' };
	/** Whether the run itself has delivered its reply, or tried to. */
	readonly hasDelivered: boolean;
}

export function parseRunContext(event: unknown, context: unknown): RunContext {
	const fields = fieldsOf(event);
	const origin = runOrigin(fields, fieldsOf(context));
	return { origin, chatId: idOf(fieldsOf(context), 'chatId'), model: textOf(fields, 'model') };
}

export function parseModelAnswer(event: unknown, context: unknown): ModelAnswer {
	const fields = fieldsOf(event);
	const run = parseRunContext(event, context);
	const last = inner(fields, 'lastAssistant');
	const written = listOf(last, 'content')
		.map(fieldsOf)
		.filter((part) => textOf(part, 'type') === 'text')
		.map((part) => textOf(part, 'text') ?? '')
		.join('');
	return {
		...run,
		// In parts where a reply is sent in blocks: the message itself is whole.
		text: written === '' ? textsOf(fields, 'assistantTexts').at(-1) : written,
		usage: parseUsage(inner(fields, 'usage')),
		failure: textOf(last, 'stopReason') === 'error' ? failureOf(last, run.model) : undefined,
	};
}

function failureOf(last: Fields, model: string | undefined): ModelFailure {
	return {
		message: textOf(last, 'errorMessage') ?? 'The model call failed',
		code: idOf(last, 'errorCode') ?? textOf(last, 'errorType'),
		model,
	};
}

/** The beginning of a run by the gateway's agent events; undefined for others. */
export function parseRunStart(event: unknown): Origin | undefined {
	const data = inner(fieldsOf(event), 'data');
	if (textOf(fieldsOf(event), 'stream') !== 'lifecycle') return undefined;
	return textOf(data, 'phase') === 'start' ? agentEventOrigin(event) : undefined;
}

/**
 * The end of a run by the gateway's agent events; undefined for others. Only one of a run's ends is
 * settled: those before it are followed by retries.
 */
export function parseRunEnd(event: unknown): RunEnd | undefined {
	const fields = fieldsOf(event);
	const data = inner(fields, 'data');
	const phase = textOf(data, 'phase');
	const isEnd = phase === 'end' || phase === 'error';
	if (textOf(fields, 'stream') !== 'lifecycle' || !isEnd) return undefined;
	if (!isSet(data, 'executionSettled')) return undefined;
	return {
		origin: agentEventOrigin(event),
		outcome: outcomeOf(data, phase),
		hasDelivered: textOf(inner(data, 'terminalDelivery'), 'status') !== undefined,
	};
}

function agentEventOrigin(event: unknown): Origin {
	return runOrigin(fieldsOf(event), {});
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
