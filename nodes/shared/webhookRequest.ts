import type { IWebhookFunctions } from 'n8n-workflow';
import type { Headers } from '../../protocol/headers';

/** What the node uses of the request as n8n hands it over. */
export interface WebhookRequest {
	readonly headers: Headers;
	/** Media type in lower case without its parameters. */
	readonly contentType?: string;
	/** The charset n8n has parsed the body with. */
	readonly encoding?: string;
	/** The body parsed by n8n. */
	readonly body?: unknown;
	/** The bytes n8n has read so far, uncompressed. */
	readonly rawBody?: Buffer;
	readRawBody(): Promise<void>;
}

/** What the node uses of the response. */
export interface WebhookResponse {
	readonly headersSent: boolean;
	readonly statusCode: number;
	setHeader(name: string, value: string): void;
	status(code: number): { json(body: unknown): void };
	once(event: 'close', listener: () => void): void;
}

/** The request and the response, typed as far as the node relies on them. */
export function openExchange(context: IWebhookFunctions): {
	request: WebhookRequest;
	response: WebhookResponse;
} {
	const request: unknown = context.getRequestObject();
	const response: unknown = context.getResponseObject();
	return { request: request as WebhookRequest, response: response as WebhookResponse };
}
