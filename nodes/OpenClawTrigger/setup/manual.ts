import type { ILoadOptionsFunctions, ResourceMapperFields } from 'n8n-workflow';
import { formatEndpointConfig } from '../../../protocol/config';
import { isKnownEventType } from '../../../protocol/event';
import type { EventType } from '../../../protocol/event';
import type { EndpointConfig } from '../../../protocol';
import { FILTER_KEYS } from '../../../protocol/eventFilter';
import type { FilterKey } from '../../../protocol/eventFilter';
import { webhookBaseUrl } from '../../shared/n8nInternals';
import { ownProperty } from '../../shared/parameterValues';
import { ALL_EVENTS } from '../description/events';
import { WEBHOOK_PATH } from '../description/properties';
import { RAW } from '../event/settings';
import { describeWanted } from './endpoint';

// Names without a dot are those of other containers.
const PRIVATE_HOST =
	/^(localhost|127\..*|10\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|\[.*\]|[^.]+|.*\.(local|internal|lan))$/;

/** How long the gateway waits for a workflow that answers when it ends, in milliseconds. */
const LONGEST_ANSWER_MS = 600_000;

/** What to add at the gateway, as the text of a resource mapper that has no fields. */
export async function getGatewayConfig(this: ILoadOptionsFunctions): Promise<ResourceMapperFields> {
	const notice = describe(this);
	return await Promise.resolve({ fields: [], emptyFieldsNotice: notice });
}

function describe(context: ILoadOptionsFunctions): string {
	const webhookId = context.getCurrentNodeParameter('webhookId');
	const read = (name: string) => context.getCurrentNodeParameter(name, RAW);
	const wanted = describeWanted(read);
	const events = wanted.events.filter(isEventOrAll);
	if (events.length === 0) return "Choose the events in 'Trigger On' first";
	if (typeof webhookId !== 'string' || webhookId === '') return 'Save the workflow first';

	const url = `${webhookBaseUrl(context)}/${webhookId}/${WEBHOOK_PATH}`;
	const endpoint: EndpointConfig = {
		name: `n8n-${webhookId}`,
		url,
		secret: 'YOUR-SIGNING-SECRET',
		events,
		...(wanted.filter === undefined ? {} : { filter: wanted.filter }),
		...(ownProperty(read('options'), 'respond') === 'lastNode'
			? { timeoutMs: LONGEST_ANSWER_MS }
			: {}),
		...(PRIVATE_HOST.test(new URL(url).hostname) ? { allowPrivateHosts: true } : {}),
	};
	return [
		"<p>Run this on your gateway's host and enter the secret that it shows as 'Signing Secret' in the credential:</p>",
		toHtml(commandLine(endpoint)),
		"<p>Or add this to openclaw.json5 of your gateway, with the 'Signing Secret' of the credential:</p>",
		toHtml(formatEndpointConfig(endpoint)),
	].join('');
}

/** How the command names each list of a filter. */
const LIST_OPTIONS: Readonly<Record<FilterKey, string>> = {
	agentIds: '--agent',
	channels: '--channel',
	userIds: '--user',
	sessionIds: '--session',
	instanceIds: '--instance',
	toolNames: '--tool',
	triggers: '--trigger',
};

/** What adds the endpoint, as one line to paste into a shell; it makes the secret and shows it. */
function commandLine(endpoint: EndpointConfig): string {
	const { name, url = '', events, filter = {}, timeoutMs, allowPrivateHosts } = endpoint;
	const options: readonly (readonly [string, string?])[] = [
		['--url', url],
		['--events', events.join(',')],
		...FILTER_KEYS.flatMap((key) => {
			const ids = filter[key];
			return ids === undefined ? [] : [[LIST_OPTIONS[key], ids.join(',')] as const];
		}),
		...(timeoutMs === undefined ? [] : [['--timeout', `${timeoutMs / 1000}s`] as const]),
		...(allowPrivateHosts === true ? [['--allow-private-hosts'] as const] : []),
	];
	const words = options.flatMap(([option, value]) =>
		value === undefined ? [option] : [option, quoted(value)],
	);
	return ['openclaw event-webhooks endpoints add', quoted(name), ...words].join(' ');
}

/** Nothing in single quotes means anything to a shell. */
function quoted(word: string): string {
	return /^[\w.,:/@=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function isEventOrAll(event: unknown): event is EventType | typeof ALL_EVENTS {
	return event === ALL_EVENTS || isKnownEventType(event);
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
