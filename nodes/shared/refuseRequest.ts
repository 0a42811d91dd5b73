import type { IWebhookResponseData } from 'n8n-workflow';
import type { WebhookResponse } from './webhookRequest';

const MESSAGES = {
	400: 'The request is not an event',
	401: 'The request could not be verified',
	413: 'The body is too large',
	415: 'The body must be JSON',
	503: 'The event could not be handled now',
} as const;

const RETRY_AFTER_SECONDS = '30';

/**
 * Refuses a request. Whatever else n8n were to answer with would start an execution or be taken for
 * a success.
 *
 * @param message for senders that have been verified: others get no reason
 */
export function refuseRequest(
	response: WebhookResponse,
	status: keyof typeof MESSAGES,
	message: string = MESSAGES[status],
): IWebhookResponseData {
	if (!response.headersSent) {
		if (status === 503) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
		response.status(status).json({ received: false, message });
	}
	return { noWebhookResponse: true };
}
