import type { IWebhookResponseData } from 'n8n-workflow';

/** Answers for events that were taken; n8n sends them with status 200. */
export const RECEIVED = { received: true } as const;

/** The answer for an event that starts no execution. */
export function received(status: 'filtered' | 'duplicate'): IWebhookResponseData {
	return { webhookResponse: { ...RECEIVED, status } };
}
