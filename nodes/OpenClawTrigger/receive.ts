import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { parseEvent } from '../../protocol/event';
import { logRefusal, openExchange, parseJsonBody, refuseRequest } from '../shared/webhookExchange';
import type { WebhookResponse } from '../shared/webhookExchange';
import { RECEIVED, received } from './answers';
import { ConditionError } from './conditions';
import { reservationKey, reservations } from './deduplication';
import type { Reservation } from './deduplication';
import { listensTo } from './eventTypes';
import { passesFilters } from './filter';
import { earliestAcceptance } from './firstAcceptance';
import { buildItem } from './item';
import { markRun } from './runMark';
import { readSettings, readToleranceSeconds } from './settings';
import { verifyRequest } from './verification';

const REFUSED = 'OpenClaw Trigger refused a request: ';

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
			? parseEvent(body.value)
			: { ok: false as const, message: 'The body must be JSON' };
		if (!parsed.ok) {
			logRefusal(context, REFUSED, 'warn', 'not-an-event', now);
			return refuseRequest(response, 400, parsed.message);
		}
		const { event } = parsed;
		const settings = readSettings(context);
		if (!listensTo(settings.events, event.type) || !passesFilters(event, settings.filters)) {
			return received('filtered');
		}
		// An event is sent again while a workflow is being built: there it always runs.
		const isTest = context.getMode() === 'manual';
		const notBefore = earliestAcceptance(event.timestamp, verification.timestamp, tolerance);
		const reservation =
			settings.ignoreDuplicates && !isTest
				? reserve(context, response, event.id, { now, notBefore })
				: 'first';
		if (reservation === 'taken') return received('duplicate');
		const item = buildItem(
			event,
			{ ...verification, headers: request.headers, verifiedAt: now },
			settings,
		);
		const marked = markRun(item, {
			isRerun: reservation === 'again',
			attemptAt: settings.answersLast ? verification.timestamp : undefined,
		});
		return { webhookResponse: RECEIVED, workflowData: [[marked]] };
	} catch (error) {
		logRefusal(context, REFUSED, 'error', describe(error), now);
		return refuseRequest(response, 503);
	}
}

/**
 * Takes the id at once, and gives it back when the sender is answered with a failure: n8n could not
 * start the workflow, or it failed while the sender was waiting for its last node.
 */
function reserve(
	context: IWebhookFunctions,
	response: WebhookResponse,
	eventId: string,
	{ now, notBefore }: { now: number; notBefore: number },
): Reservation {
	const key = reservationKey(context.getWorkflow().id ?? '', context.getNode().id, eventId);
	const reservation = reservations.reserve(key, now, notBefore);
	if (reservation !== 'taken') {
		response.once('close', () => {
			if (response.statusCode >= 500) reservations.release(key);
		});
	}
	return reservation;
}

function describe(error: unknown): string {
	if (error instanceof ConditionError) return `${error.message}. ${error.hint}`;
	return error instanceof Error ? error.message : 'unknown reason';
}
