import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { OpenClawEvent } from '../../protocol/event';
import type { Headers } from '../../protocol/headers';
import type { Settings } from './settings';
import { simplifyEvent } from './simplify';

/** Headers that grant something or prove something; they have no place in execution data. */
const WITHHELD_HEADERS: ReadonlySet<string> = new Set([
	'x-openclaw-signature',
	'webhook-signature',
	'authorization',
	'proxy-authorization',
	'cookie',
]);

export interface VerifiedRequest {
	readonly headers: Headers;
	readonly bytes: Buffer;
	readonly keyIndex: number;
	/** Unix seconds at which the sender signed this attempt. */
	readonly timestamp: number;
	/** Milliseconds since 1970. */
	readonly verifiedAt: number;
}

/**
 * Makes the item of an event: the event as it was sent, and `meta`. What stands in `meta.unsigned`
 * comes from headers which the signature doesn't cover.
 */
export function buildItem(
	event: OpenClawEvent,
	request: VerifiedRequest,
	settings: Pick<Settings, 'simplify' | 'includeHeaders' | 'includeRawBody'>,
): INodeExecutionData {
	const json: IDataObject = settings.simplify
		? simplifyEvent(event)
		: { ...(event as unknown as IDataObject), meta: buildMeta(request) };
	if (settings.includeHeaders) json['headers'] = publicHeaders(request.headers);
	if (settings.includeRawBody) json['rawBody'] = request.bytes.toString('utf8');
	return { json };
}

function buildMeta(request: VerifiedRequest): IDataObject {
	const attempt = headerText(request.headers, 'x-openclaw-attempt');
	const delivery = headerText(request.headers, 'x-openclaw-delivery');
	return {
		verifiedAt: new Date(request.verifiedAt).toISOString(),
		signedAt: new Date(request.timestamp * 1000).toISOString(),
		keyIndex: request.keyIndex,
		unsigned: {
			...(attempt !== undefined && /^\d{1,6}$/.test(attempt) ? { attempt: Number(attempt) } : {}),
			...(delivery === undefined ? {} : { delivery }),
		},
	};
}

function publicHeaders(headers: Headers): IDataObject {
	return Object.fromEntries(
		Object.entries(headers)
			.filter(([name]) => !WITHHELD_HEADERS.has(name.toLowerCase()))
			.map(([name, value]) => [name, typeof value === 'string' ? value : [...(value ?? [])]]),
	);
}

function headerText(headers: Headers, name: string): string | undefined {
	const value = headers[name];
	return typeof value === 'string' && value !== '' ? value : undefined;
}
