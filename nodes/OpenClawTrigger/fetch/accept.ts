import type { INodeExecutionData } from 'n8n-workflow';
import { parseEvent } from '../../../protocol/event';
import type { OpenClawEvent } from '../../../protocol/event';
import { checkSignatureHeaders, verifySignature } from '../../../protocol/signature';
import type { SigningKey, VerifyFailure } from '../../../protocol/signature';
import { readExactly } from '../event/exactEvent';
import { buildItem } from '../event/item';
import type { Settings } from '../event/settings';
import type { FetchedDelivery } from './gateway';

/** An event that is to run, or what it is settled with. */
export type Accepted =
	| { readonly kind: 'runs'; readonly event: OpenClawEvent; readonly item: INodeExecutionData }
	| { readonly kind: 'filtered' }
	| { readonly kind: 'refused'; readonly reason: VerifyFailure | 'not-an-event' };

/**
 * Checks what the gateway has handed out as a webhook would: its signature, its form, and whether the
 * workflow wants it. Nothing is thrown.
 *
 * @param keys of the secret that this listener has made
 * @param now milliseconds since 1970
 */
export function acceptDelivery(
	{ delivery, attempt, timestamp, signature, body }: FetchedDelivery,
	keys: readonly SigningKey[],
	settings: Settings,
	isWanted: (event: OpenClawEvent) => boolean,
	now: number,
): Accepted {
	const checked = checkSignatureHeaders(
		{ 'x-openclaw-signature': signature, 'x-openclaw-timestamp': timestamp },
		{ now: now / 1000 },
	);
	if (!checked.ok) return { kind: 'refused', reason: checked.reason };
	const verdict = verifySignature(Buffer.from(body), checked, keys);
	if (!verdict.ok) return { kind: 'refused', reason: verdict.reason };
	const parsed = parseEvent(parseJson(body));
	if (!parsed.ok) return { kind: 'refused', reason: 'not-an-event' };
	const { event } = parsed;
	const exact = parseEvent(readExactly(body));
	if (!isWanted(exact.ok ? exact.event : event)) return { kind: 'filtered' };
	const arrival = { ...verdict, verifiedAt: now, delivery, attempt };
	return { kind: 'runs', event, item: buildItem(event, arrival, settings) };
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
