import { isObject } from '../../../protocol/jsonObject';
import type { GatewayConnection } from '../../shared/gatewayConnection';
import {
	acceptedBody,
	describeFailure,
	isRetryable,
	refusalCode,
	retryAfterOf,
} from '../../shared/gatewayErrors';
import type { RequestTarget } from '../../shared/gatewayErrors';
import { callGateway } from '../../shared/gatewayRequest';
import type { GatewayOutcome, GatewayRequest, RequestContext } from '../../shared/gatewayRequest';
import { ownProperty, readText } from '../../shared/parameterValues';
import { pause, pauseBeforeRetry } from '../../shared/retry';
import type { RetryPolicy } from '../../shared/retry';
import type { ItemFailure } from './everyItem';

/** One request on its way. */
export interface Delivery {
	readonly request: GatewayRequest;
	readonly target: RequestTarget;
	readonly policy: RetryPolicy;
}

/** What all deliveries of one execution have in common. */
export interface DeliveryRun {
	readonly context: RequestContext;
	readonly connection: GatewayConnection;
	/** Ends pauses, and with them further tries. */
	readonly signal: AbortSignal;
	/** Unix time in milliseconds until which the gateway wants no requests. */
	pausedUntil: number;
	/** Set once the gateway refused the token. */
	tokenRefused: ItemFailure | undefined;
}

/** A request that the gateway took. */
export interface Accepted {
	readonly ok: true;
	/** The gateway's answer. */
	readonly body: Readonly<Record<string, unknown>>;
	readonly attempts: number;
	readonly durationMs: number;
}

export type Delivered =
	| Accepted
	| {
			readonly ok: false;
			readonly failure: ItemFailure;
			/** The run that an earlier message with the same idempotency key has led to. */
			readonly earlierRun?: string;
			/** What the gateway tells of a run that has ended without a reply. */
			readonly failedRun?: Readonly<Record<string, unknown>>;
	  };

/**
 * Sends one request and tries again where that can help: after network faults, 408, 429 and 5xx, with
 * the same idempotency key. Other answers are final.
 *
 * A pause that the gateway asks for holds all deliveries of the execution. Once it has refused the token
 * nothing more is sent, since a gateway locks out whoever keeps coming with a wrong one.
 *
 * @param run what the deliveries share
 * @param delivery what to send, and how often at most
 * @returns the gateway's answer, or why there is none; never throws
 */
export async function deliver(run: DeliveryRun, delivery: Delivery): Promise<Delivered> {
	const { context, connection, signal } = run;
	const { request, policy } = delivery;
	const start = Date.now();
	for (let attempt = 1; ; attempt++) {
		if (run.tokenRefused !== undefined) return { ok: false, failure: run.tokenRefused };
		if (!(await waitForTurn(run))) return { ok: false, failure: CANCELED };
		const outcome = await callGateway(context, connection, request);
		const body = acceptedBody(outcome);
		if (body !== undefined) {
			return { ok: true, body, attempts: attempt, durationMs: Date.now() - start };
		}
		if (signal.aborted) return { ok: false, failure: CANCELED };
		if (!isRetryable(outcome) || attempt >= policy.maxAttempts) {
			const failure = toFailure(outcome, delivery, connection, attempt);
			if (failure.status === 401) run.tokenRefused = failure;
			return { ok: false, failure, ...runOf(outcome) };
		}
		const now = Date.now();
		const retryAfter = retryAfterOf(outcome, now);
		if (retryAfter !== undefined) run.pausedUntil = Math.max(run.pausedUntil, now + retryAfter);
		const milliseconds = pauseBeforeRetry(policy, attempt, retryAfter, Math.random());
		if (!(await pause(milliseconds, signal))) return { ok: false, failure: CANCELED };
	}
}

/** What became of an item that the end of the execution came before. */
export const CANCELED: ItemFailure = {
	message: 'The execution ended before the gateway had answered',
	description: 'Run the workflow again to send what was not sent.',
};

/** Waits while the gateway wants no requests, also when another delivery prolongs that meanwhile. */
async function waitForTurn(run: DeliveryRun): Promise<boolean> {
	for (let wait = run.pausedUntil - Date.now(); wait > 0; wait = run.pausedUntil - Date.now()) {
		if (!(await pause(wait, run.signal))) return false;
	}
	return !run.signal.aborted;
}

function toFailure(
	outcome: GatewayOutcome,
	{ target }: Delivery,
	connection: GatewayConnection,
	attempts: number,
): ItemFailure {
	const { message, description } = describeFailure(outcome, target, connection);
	return {
		message: attempts === 1 ? message : `${message} (${String(attempts)} attempts)`,
		description,
		...(outcome.kind === 'answer' ? { status: outcome.status } : {}),
	};
}

/** Status of an answer that tells of a run without a reply: to ask again would not help (RFC 4918, 11.4). */
const FAILED_RUN = 424;

function runOf(
	outcome: GatewayOutcome,
): Pick<Extract<Delivered, { ok: false }>, 'earlierRun' | 'failedRun'> {
	if (outcome.kind === 'fault') return {};
	const { status, body } = outcome;
	if (status === FAILED_RUN && isObject(body)) return { failedRun: body };
	if (refusalCode(body) !== 'idempotency-key-reused') return {};
	const runId = readText(ownProperty(body, 'runId'));
	return runId === undefined || runId === '' ? {} : { earlierRun: runId };
}
