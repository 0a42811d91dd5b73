import type {
	IDataObject,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { parseEvent } from '../../../protocol/event';
import type { EventData, OpenClawEvent } from '../../../protocol/event';
import { createSigningKeys } from '../../../protocol/keys';
import { checkSignatureHeaders, verifySignature } from '../../../protocol/signature';
import { DEFAULT_TOLERANCE_SECONDS } from '../../../protocol/signatureHeaders';
import type { JsonSchema } from '../../shared/jsonSchema';
import { CREDENTIAL_NAME, readConnection } from '../../shared/gatewayConnection';
import { isReviewNode } from '../../shared/n8nInternals';
import { ownProperty } from '../../shared/parameterValues';
import {
	logRefusal,
	openExchange,
	parseJsonBody,
	readRawBody,
	refuseRequest,
} from '../../shared/webhookExchange';
import type { WebhookRequest } from '../../shared/webhookExchange';
import { callbackSecret, MESSAGE_PARAMETER, readParked, toItem } from './callback';
import type { ParkedItem, ParkedMessage } from './callback';
import type { Delivered, DeliveryRun } from './delivery';
import { REVIEW_ANSWERED, toAnswer } from './review';
import { askForRun, hasEnded, replyOf, toError } from './runs';
import { describeMisfit, readReplySchema, readStructuredReply } from './structuredReply';

/**
 * Where callbacks arrive. n8n recognizes the requests that resume a 'send and wait' by the node's id at
 * the end of the path, and checks its signature of the URL before the node sees them.
 */
export const RESUME_WEBHOOK: IWebhookDescription = {
	name: 'default',
	httpMethod: 'POST',
	path: '={{ $nodeId }}',
	isFullPath: true,
	restartWebhook: true,
	responseMode: 'onReceived',
	// Left out, n8n answers with the text "firstEntryJson" and ignores what the node returns.
	responseData: '',
};

/** Type of the event that brings the result of a message. */
const CALLBACK_TYPE = 'inbound.completed';

const REFUSED = 'OpenClaw Inbound refused a callback: ';
const RECEIVED = { received: true } as const;

/**
 * Answers a callback. n8n has checked its own signature of the URL; here the gateway's signature of the
 * request is checked, and that it is about the message which the execution waits for. Whatever is refused
 * leaves the execution waiting, and so does one of several messages as long as other runs go on: with the last
 * callback the others are asked for, as n8n keeps nothing for a node between two requests. Nothing is thrown: n8n would end the execution with an error.
 */
export async function resumeExecution(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const now = Date.now();
	const { request, response } = openExchange(context);
	try {
		const verified = await readCallback(context, request, now);
		if (!verified.ok) {
			logRefusal(context, REFUSED, 'warn', verified.reason, now);
			return refuseRequest(response, verified.status, verified.message);
		}
		const { data } = verified.event;
		const parked = readParked(context);
		const subject = awaitedBy(context).subjectOf(data);
		const told = parked.findIndex((item) => item.sent && item.message.runId === subject);
		// The answer to an earlier message of this node, for which the time was over.
		if (told === -1) return { webhookResponse: { ...RECEIVED, status: 'late' } };
		const results = await resultsOf(context, parked, told, data);
		if (results === 'unknown') {
			logRefusal(context, REFUSED, 'warn', 'the-other-runs-are-not-known', now);
			return refuseRequest(response, 503);
		}
		if (results === 'waiting') return { webhookResponse: { ...RECEIVED, status: 'waiting' } };
		return { webhookResponse: RECEIVED, workflowData: [results.map(toItem)] };
	} catch (error) {
		const reason = error instanceof Error ? error.message : 'unknown reason';
		logRefusal(context, REFUSED, 'error', reason, now);
		return refuseRequest(response, 503);
	}
}

/** What a node waits for. */
interface Awaited {
	/** Type of the event. */
	readonly type: string;
	/** What the event is about: the id that the node has noted. */
	readonly subjectOf: (data: EventData) => unknown;
	readonly toItemJson: (
		data: EventData,
		message: ParkedMessage,
		schema: JsonSchema | undefined,
	) => IDataObject;
}

const RESULT: Awaited = {
	type: CALLBACK_TYPE,
	subjectOf: ({ runId }) => runId,
	toItemJson: toResult,
};

const ANSWER: Awaited = {
	type: REVIEW_ANSWERED,
	subjectOf: ({ review }) => ownProperty(review, 'id'),
	toItemJson: toAnswer,
};

function awaitedBy(context: IWebhookFunctions): Awaited {
	return isReviewNode(context.getNode()) ? ANSWER : RESULT;
}

type Callback =
	| { readonly ok: true; readonly event: OpenClawEvent }
	| {
			readonly ok: false;
			readonly status: 400 | 401 | 413 | 415;
			readonly reason: string;
			readonly message?: string;
	  };

/** Cheapest first, and nothing of the body is used before its signature is known to fit. */
async function readCallback(
	context: IWebhookFunctions,
	request: WebhookRequest,
	now: number,
): Promise<Callback> {
	const headers = checkSignatureHeaders(request.headers, {
		now: now / 1000,
		toleranceSeconds: DEFAULT_TOLERANCE_SECONDS,
	});
	if (!headers.ok) return { ok: false, status: 401, reason: headers.reason };
	const body = await readRawBody(request);
	if (!body.ok) return { ...body, reason: 'unreadable-body' };
	const query = context.getQueryData() as Readonly<Record<string, unknown>>;
	const key = query[MESSAGE_PARAMETER];
	if (typeof key !== 'string') return { ok: false, status: 401, reason: 'no-secret' };
	const secret = callbackSecret(context, key);
	if (secret === undefined) return { ok: false, status: 401, reason: 'no-secret' };
	const keys = createSigningKeys(secret);
	const verdict = verifySignature(body.bytes, headers, keys);
	if (!verdict.ok) return { ok: false, status: 401, reason: verdict.reason };

	const json = parseJsonBody(request, body.bytes);
	const parsed = json.ok ? parseEvent(json.value) : { ok: false as const, message: NO_JSON };
	if (!parsed.ok) return { ok: false, status: 400, reason: NO_EVENT, message: parsed.message };
	const { event } = parsed;
	const { type } = awaitedBy(context);
	const message = `The event is not what this node waits for (${type})`;
	return event.type === type
		? { ok: true, event }
		: { ok: false, status: 400, reason: NO_EVENT, message };
}

const NO_EVENT = 'not-an-event';
const NO_JSON = 'The body must be JSON';

/** Milliseconds for the gateway to tell of another run; it waits for the answer to its callback meanwhile. */
const ASK_TIMEOUT_MS = 5_000;
const ONCE = { maxAttempts: 1, backoffMs: 0 } as const;

/** What comes out for each item; `waiting` while a run goes on, `unknown` when the gateway does not tell. */
async function resultsOf(
	context: IWebhookFunctions,
	parked: readonly ParkedItem[],
	told: number,
	data: EventData,
): Promise<IDataObject[] | 'waiting' | 'unknown'> {
	const results: IDataObject[] = [];
	const schema = schemaOf(context);
	let run: DeliveryRun | undefined;
	for (const [index, item] of parked.entries()) {
		if (!item.sent) {
			results.push(item.json);
			continue;
		}
		const { message } = item;
		if (index === told) {
			results.push(awaitedBy(context).toItemJson(data, message, schema));
			continue;
		}
		run ??= await connect(context);
		if (run === undefined) return 'unknown';
		const question = { runId: message.runId, waitSeconds: 0, timeoutMs: ASK_TIMEOUT_MS };
		const answer = await askForRun(run, { ...question, policy: ONCE });
		if (answer.ok && !hasEnded(answer.body)) return 'waiting';
		const ended = endOf(answer);
		if (ended === undefined) return 'unknown';
		results.push(toResult(ended, message, schema));
	}
	return results;
}

/** It was checked before anything was sent, and the execution keeps the workflow that it began with. */
function schemaOf(context: IWebhookFunctions): JsonSchema | undefined {
	const read = readReplySchema(context.getNodeParameter('options.replySchema', ''));
	return read.ok ? read.schema : undefined;
}

const FORGOTTEN = {
	ok: false,
	error: { code: 'unknown-run', message: 'The gateway knows the run no more' },
};

async function connect(context: IWebhookFunctions): Promise<DeliveryRun | undefined> {
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (!read.ok) return undefined;
	const { signal } = new AbortController();
	return { context, connection: read.connection, signal, pausedUntil: 0, tokenRefused: undefined };
}

/** A run that has ended, as the gateway tells of it when it is asked, in the form of a callback. */
function endOf(answer: Delivered): EventData | undefined {
	if (!answer.ok && answer.failedRun === undefined) {
		return answer.failure.status === 404 ? FORGOTTEN : undefined;
	}
	const body = answer.ok ? answer.body : answer.failedRun;
	return { ...body, ok: ownProperty(body?.reply, 'text') !== undefined };
}

/**
 * What the node gives out when the gateway has told the result.
 *
 * @param data of the event
 * @param schema what the reply has to fit
 * @returns `ok`, the run, the message, and `reply` with `usage`, or `error` when the run failed; `replyJson`
 *   by a schema, or `error` beside `reply` when it does not fit
 */
export function toResult(
	data: EventData,
	{ runId, known }: ParkedMessage,
	schema?: JsonSchema,
): IDataObject {
	const { ok, reply, error, agentId, sessionKey, durationMs } = data;
	const base = {
		runId,
		...known,
		...(typeof agentId === 'string' ? { agentId } : {}),
		...(typeof sessionKey === 'string' ? { sessionKey } : {}),
	};
	const duration = typeof durationMs === 'number' ? { durationMs } : {};
	const text = ownProperty(reply, 'text');
	if (ok !== true || typeof text !== 'string') {
		return { ok: false, ...base, error: toError(error), ...duration };
	}
	const result = { ok: true, ...base, ...replyOf(data), ...duration };
	if (schema === undefined) return result;
	const read = readStructuredReply(text, schema);
	if (read.ok) return { ...result, replyJson: read.value };
	const message = describeMisfit(text, read.reason);
	return { ...result, ok: false, error: { code: 'reply-schema', message } };
}
