import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { parseEvent } from '../../../protocol/event';
import type { OpenClawEvent } from '../../../protocol/event';
import { createSigningKeys } from '../../../protocol/keys';
import { checkSignatureHeaders, verifySignature } from '../../../protocol/signature';
import { DEFAULT_TOLERANCE_SECONDS } from '../../../protocol/signatureHeaders';
import {
	logRefusal,
	openExchange,
	parseJsonBody,
	readRawBody,
	refuseRequest,
} from '../../shared/webhookExchange';
import type { WebhookRequest } from '../../shared/webhookExchange';
import { callbackSecret, MESSAGE_PARAMETER } from './callbackAddress';
import { readParked } from './parkedMessage';
import { CALLBACK_TYPE, toResult } from './resultItem';

const REFUSED = 'OpenClaw Inbound refused a callback: ';
const RECEIVED = { received: true } as const;

/**
 * Answers a callback. n8n has checked its own signature of the URL; here the gateway's signature of the
 * request is checked, and that it is about the message which the execution waits for. Whatever is refused
 * leaves the execution waiting. Nothing is thrown: n8n would end the execution with an error.
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
		// The answer to an earlier message of this node, for which the time was over.
		if (parked === undefined || parked.runId !== data.runId) {
			return { webhookResponse: { ...RECEIVED, status: 'late' } };
		}
		const item = { json: toResult(data, parked), pairedItem: { item: 0 } };
		return { webhookResponse: RECEIVED, workflowData: [[item]] };
	} catch (error) {
		const reason = error instanceof Error ? error.message : 'unknown reason';
		logRefusal(context, REFUSED, 'error', reason, now);
		return refuseRequest(response, 503);
	}
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
	const keys = createSigningKeys(callbackSecret(context, key));
	const verdict = verifySignature(body.bytes, headers, keys);
	if (!verdict.ok) return { ok: false, status: 401, reason: verdict.reason };

	const json = parseJsonBody(request, body.bytes);
	const parsed = json.ok ? parseEvent(json.value) : { ok: false as const, message: NO_JSON };
	if (!parsed.ok) return { ok: false, status: 400, reason: NO_EVENT, message: parsed.message };
	const { event } = parsed;
	return event.type === CALLBACK_TYPE
		? { ok: true, event }
		: { ok: false, status: 400, reason: NO_EVENT, message: NO_RESULT };
}

const NO_EVENT = 'not-an-event';
const NO_JSON = 'The body must be JSON';
const NO_RESULT = `The event is not the result of a message (${CALLBACK_TYPE})`;
