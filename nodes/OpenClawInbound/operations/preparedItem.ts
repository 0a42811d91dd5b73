import type { IDataObject } from 'n8n-workflow';

import type { RequestTarget } from '../../shared/gatewayErrors';
import type { ReplyWay } from '../pluginRequest';

/** One item, ready to be sent. */
export interface PreparedItem {
	/** Path at the gateway, with a leading slash, escaped. */
	readonly path: string;
	readonly headers?: Readonly<Record<string, string>>;
	/** Becomes the JSON body. */
	readonly body: unknown;
	readonly target: RequestTarget;
	readonly replyWay: ReplyWay;
	/** What is known of the output before the gateway has answered. */
	readonly output: IDataObject;
}
