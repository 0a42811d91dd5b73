import type { ILoadOptionsFunctions, ResourceMapperFields } from 'n8n-workflow';
import { formatEndpointConfig } from '../../../protocol/config';
import { isKnownEventType } from '../../../protocol/event';
import type { EventType } from '../../../protocol/event';
import { WEBHOOK_PATH } from '../description';
import { ALL_EVENTS } from '../eventTypes';
import { readFilters } from '../filter';

// Names without a dot are those of other containers.
const PRIVATE_HOST =
	/^(localhost|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|\[.*\]|[^.]+|.*\.(local|internal|lan))$/;

/** What to add to openclaw.json5, as the text of a resource mapper that has no fields. */
export async function getGatewayConfig(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
	const notice = describe(this);
	return await Promise.resolve({ fields: [], emptyFieldsNotice: notice });
}

function describe(context: ILoadOptionsFunctions): string {
	const webhookId = context.getCurrentNodeParameter('webhookId');
	const chosen = context.getCurrentNodeParameter('events');
	const events = (Array.isArray(chosen) ? chosen : []).filter(isEventOrAll);
	if (events.length === 0) return "Choose the events in 'Trigger On' first";
	if (typeof webhookId !== 'string' || webhookId === '') return 'Save the workflow first';

	const url = `${webhookBaseUrl(context)}/${webhookId}/${WEBHOOK_PATH}`;
	// The gateway knows no wildcards: those lists, and the conditions, are left to the node.
	const lists = Object.entries(readFilters(context.getCurrentNodeParameter('filters')).ids).filter(
		([, ids]) => ids.length > 0 && !ids.some((id) => id.includes('*')),
	);
	const block = formatEndpointConfig({
		name: `n8n-${webhookId.slice(0, 8)}`,
		url,
		secret: 'YOUR-SIGNING-SECRET',
		events: events.includes(ALL_EVENTS) ? [ALL_EVENTS] : events,
		...(lists.length === 0 ? {} : { filter: Object.fromEntries(lists) }),
		...(PRIVATE_HOST.test(new URL(url).hostname) ? { allowPrivateHosts: true } : {}),
	});
	return `<p>Add this to openclaw.json5 of your gateway, with the 'Signing Secret' of the credential:</p>${toHtml(block)}`;
}

function isEventOrAll(event: unknown): event is EventType | typeof ALL_EVENTS {
	return event === ALL_EVENTS || isKnownEventType(event);
}

/**
 * The address of production webhooks. n8n hands it to webhooks and their hooks only; the object behind
 * this context holds it all the same.
 */
function webhookBaseUrl(context: ILoadOptionsFunctions): string {
	const { additionalData } = context as ILoadOptionsFunctions & {
		readonly additionalData?: { readonly webhookBaseUrl?: unknown };
	};
	const address = additionalData?.webhookBaseUrl;
	return typeof address === 'string' && address !== ''
		? address
		: `${context.getInstanceBaseUrl()}webhook`;
}

/** Keeps the indentation, and lets long lines break: `pre` would let them run out of the panel. */
function toHtml(text: string): string {
	const lines = text.split('\n').map((line) => {
		const code = line.trimStart();
		const escaped = code.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
		return '&nbsp;'.repeat(line.length - code.length) + escaped.replaceAll('/', '/<wbr>');
	});
	return `<code>${lines.join('<br>')}</code>`;
}
