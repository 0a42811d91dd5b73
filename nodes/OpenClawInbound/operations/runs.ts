import type { IDataObject } from 'n8n-workflow';

import { isObject } from '../../../protocol/jsonObject';
import { describeFailure } from '../../shared/gatewayErrors';
import { ownProperty } from '../../shared/parameterValues';
import { pause } from '../../shared/retry';
import type { RetryPolicy } from '../../shared/retry';
import { CANCELED, deliver } from './delivery';
import type { Accepted, Delivered, DeliveryRun } from './delivery';
import { HOLD_SECONDS, heldTimeout, preferWait } from './pluginRequest';

/** What the gateway tells of a message and its run. */
export type RunBody = Readonly<Record<string, unknown>>;

/** How a run is asked for. */
export interface RunQuestion {
	readonly runId: string;
	/** Seconds to wait for its end at most; 0 for its state as it is. */
	readonly waitSeconds: number;
	/** Milliseconds for a request that is not held. */
	readonly timeoutMs: number;
	readonly policy: RetryPolicy;
}

/** The longest pause between two questions that the gateway answered at once, in milliseconds. */
const MAX_PAUSE_MS = 10_000;

/**
 * Asks the gateway's plugin for a run, again and again until it has ended or the time is over. The execution's
 * end ends it, too.
 *
 * @returns the last answer, also when the run still goes on; never throws
 * @example
 * const told = await askForRun(run, { runId, waitSeconds: 600, timeoutMs: 60_000, policy });
 * if (told.ok && hasEnded(told.body)) console.log(toRunJson(told.body));
 */
export async function askForRun(run: DeliveryRun, question: RunQuestion): Promise<Delivered> {
	const { runId, waitSeconds, timeoutMs, policy } = question;
	const until = Date.now() + waitSeconds * 1000;
	let attempts = 0;
	for (let atOnce = 0; ; ) {
		const asked = Date.now();
		const seconds = Math.min(Math.max(0, (until - asked) / 1000), HOLD_SECONDS);
		const told = await deliver(run, {
			request: {
				method: 'GET',
				path: `${run.connection.inboundPath}/runs/${encodeURIComponent(runId)}`,
				headers: seconds > 0 ? preferWait(seconds) : {},
				timeoutMs: seconds > 0 ? heldTimeout(seconds) : timeoutMs,
			},
			target: { kind: 'run', runId },
			policy,
		});
		if (!told.ok) return told;
		attempts += told.attempts;
		const answer = { ...told, attempts };
		if (hasEnded(told.body) || Date.now() >= until) return answer;
		// A gateway with too many who wait, or about to end, holds no request.
		atOnce = Date.now() - asked < 500 * seconds ? atOnce + 1 : 0;
		const rest = until - Date.now();
		const milliseconds = atOnce === 0 ? 0 : Math.min(500 * 2 ** atOnce, MAX_PAUSE_MS, rest);
		if (!(await pause(milliseconds, run.signal))) return { ok: false, failure: CANCELED };
	}
}

/** Whether a run has led to a reply, or to none for good. */
export function hasEnded(body: RunBody): boolean {
	return isObject(body.reply) || isObject(body.error);
}

/** Why a run that has ended led to no reply; undefined when it did. */
export function failureOf(body: RunBody, { connection }: DeliveryRun) {
	if (!isObject(body.error)) return undefined;
	const outcome = { kind: 'answer', status: 424, headers: {}, body } as const;
	const target = { kind: 'run', runId: readName(body.runId) } as const;
	return { ...describeFailure(outcome, target, connection), status: 424 };
}

/**
 * What the node gives out for an item that was accepted. What the gateway says takes precedence over
 * what is known here; a value that neither knows is absent.
 *
 * @param known what was known before sending
 * @param delivered the gateway's answer
 */
export function toJson(known: IDataObject, delivered: Accepted): IDataObject {
	const { body, attempts, durationMs } = delivered;
	const { missingPaths, ...rest } = known;
	return {
		ok: true,
		...textField('runId', body),
		...rest,
		...textField('agentId', body),
		...textField('message', body),
		...textField('mode', body),
		...textField('eventOutcome', body),
		...replyOf(body),
		...missingOf(missingPaths, body.missingPaths),
		attempts,
		durationMs,
	};
}

/**
 * What the node gives out of a run that it asked for, or was told of.
 *
 * @returns `ok` is false for a run that failed; its `error` says why
 */
export function toRunJson(body: RunBody): IDataObject {
	const failed = isObject(body.error) && !isObject(body.reply);
	return {
		ok: !failed,
		...textField('runId', body),
		...textField('state', body),
		...textField('agentId', body),
		...textField('sessionKey', body),
		...textField('message', body),
		...missingOf(undefined, body.missingPaths),
		...(failed ? { error: toError(body.error) } : replyOf(body)),
		...(typeof body.durationMs === 'number' ? { durationMs: body.durationMs } : {}),
	};
}

/** What an agent's run that led to no reply is in the output. */
export function toError(error: unknown): IDataObject {
	const message = ownProperty(error, 'message');
	const code = ownProperty(error, 'code');
	return {
		code: typeof code === 'string' ? code : 'agent-failed',
		message: typeof message === 'string' ? message : 'The agent did not finish its run',
	};
}

/** The agent's reply and what it cost, where it is there. */
export function replyOf({ reply, usage }: RunBody): IDataObject {
	const text = ownProperty(reply, 'text');
	if (typeof text !== 'string') return {};
	return {
		reply: text,
		...(ownProperty(reply, 'truncated') === true ? { truncated: true } : {}),
		...(isObject(usage) ? { usage: { ...usage } } : {}),
	};
}

/** Both may have filled a template in: the node its own, the gateway the one of an endpoint. */
function missingOf(known: IDataObject[string], told: unknown): IDataObject {
	const isKnown = Array.isArray(known) && known.length > 0;
	if (isTextList(told) && !isKnown) return { missingPaths: told };
	return known === undefined ? {} : { missingPaths: known };
}

function textField(name: string, body: RunBody): IDataObject {
	const value = body[name];
	return typeof value === 'string' ? { [name]: value } : {};
}

function isTextList(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function readName(value: unknown): string {
	return typeof value === 'string' ? value : '';
}
