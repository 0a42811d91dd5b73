import type { IWebhookDescription } from 'n8n-workflow';

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
