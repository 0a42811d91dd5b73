import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { parseEvent, RECEIVER_CHECK } from '../../../protocol/event';
import type { OpenClawEvent, ParsedEvent } from '../../../protocol/event';
import { runSource } from '../../shared/runSource';
import {
	logRefusal,
	openExchange,
	parseJsonBody,
	refuseRequest,
} from '../../shared/webhookExchange';
import type { WebhookResponse } from '../../shared/webhookExchange';
import { readExactly } from '../event/exactEvent';
import { createSelection } from '../event/filter';
import { buildItem } from '../event/item';
import { markRun } from '../event/runMark';
import { readSettings, readSetup, readToleranceSeconds } from '../event/settings';
import { claimKey, claims } from '../once/claim';
import type { Claim, Exchange } from '../once/claim';
import { verifyRequest } from './verification';

const REFUSED = 'OpenClaw Trigger refused a request: ';

/** The answer for events that were taken; n8n sends it with status 200. */
const RECEIVED = { received: true } as const;

/**
 * Answers one request. Nothing is thrown: n8n would make an error and an execution of it, which
 * anyone could cause.
 */
export async function receiveEvent(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const now = Date.now();
	const { request, response } = openExchange(context);
	try {
		const tolerance = readToleranceSeconds(context);
		const verification = await verifyRequest(context, request, tolerance, now);
		if (!verification.ok) {
			logRefusal(context, REFUSED, 'warn', verification.reason, now);
			return refuseRequest(response, verification.status, verification.message);
		}
		const body = parseJsonBody(request, verification.bytes);
		const parsed = body.ok
			? parseSigned(body.value, verification)
			: { ok: false as const, message: 'The body must be JSON' };
		if (!parsed.ok) {
			logRefusal(context, REFUSED, 'warn', 'not-an-event', now);
			return refuseRequest(response, 400, parsed.message);
		}
		const { event } = parsed;
		if (event.type === RECEIVER_CHECK && readSetup(context) === 'automatic') {
			const url = context.getNodeWebhookUrl('default');
			return { webhookResponse: { ...RECEIVED, status: 'checked', url } };
		}
		const settings = readSettings(context);
		const isWanted = createSelection(settings, runSource(context), (message) => {
			logRefusal(context, 'OpenClaw Trigger left out an event: ', 'warn', message, now);
		});
		const exact = parseSigned(readExactly(verification.bytes.toString('utf8')), verification);
		if (!isWanted(exact.ok ? exact.event : event)) return received('filtered');
		// An event is sent again while a workflow is being built: there it always runs.
		const isTest = context.getMode() === 'manual';
		const claim =
			settings.ignoreDuplicates && !isTest ? claimEvent(context, response, event.id, now) : 'first';
		if (claim === 'taken') return received('duplicate');
		if (claim === 'open') return refuseRequest(response, 409);
		const arrival = { ...verification, headers: request.headers, verifiedAt: now };
		const item = buildItem(event, arrival, settings);
		const isRerun = claim === 'again';
		const attempt = settings.answersLast ? { attemptAt: verification.timestamp } : {};
		const marked =
			isRerun || settings.answersLast ? markRun(item, { kind: 'sent', isRerun, ...attempt }) : item;
		return { webhookResponse: RECEIVED, workflowData: [[marked]] };
	} catch (error) {
		const reason = error instanceof Error ? error.message : 'unknown reason';
		logRefusal(context, REFUSED, 'error', reason, now);
		return refuseRequest(response, 503);
	}
}

/** The answer for an event that starts no execution. */
function received(status: 'filtered' | 'duplicate'): IWebhookResponseData {
	return { webhookResponse: { ...RECEIVED, status } };
}

/**
 * Senders that follow Standard Webhooks have the id in a signed header, and the type in the body; what is
 * no envelope of this protocol becomes one.
 */
function parseSigned(
	body: unknown,
	{ messageId, timestamp }: { messageId: string | undefined; timestamp: number },
): ParsedEvent {
	const parsed = parseEvent(body);
	if (parsed.ok || messageId === undefined) return parsed;
	if (typeof body !== 'object' || body === null || Array.isArray(body)) return parsed;
	const { type, data, ...rest } = body as Readonly<Record<string, unknown>>;
	if (typeof type !== 'string' || type === '') {
		return { ok: false, path: 'type', message: "The event needs a text in 'type'" };
	}
	const hasData = typeof data === 'object' && data !== null && !Array.isArray(data);
	const time = rest['timestamp'];
	const event = {
		...(hasData ? rest : {}),
		id: messageId,
		type,
		timestamp: typeof time === 'string' ? time : new Date(timestamp * 1000).toISOString(),
		data: hasData ? data : data === undefined ? rest : { data },
	};
	return { ok: true, event: event as unknown as OpenClawEvent };
}

/** Takes the id at once; how the exchange ends tells whether a retry of the sender is a duplicate. */
function claimEvent(
	context: IWebhookFunctions,
	response: WebhookResponse & Exchange,
	eventId: string,
	now: number,
): Claim {
	const key = claimKey(context.getWorkflow().id ?? '', context.getNode().id, eventId);
	const claim = claims.claim(key, now, response);
	if (claim === 'first' || claim === 'again') {
		response.once('close', () => {
			claims.close(key);
		});
	}
	return claim;
}
