import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { parseTemplate, renderTemplate } from '../protocol';
import type { InboundEndpointConfig, Template } from '../protocol';

/** What a template made of a request. */
export interface RenderedMessage {
	readonly text: string;
	readonly missingPaths: readonly string[];
}

/** Makes the message of a request. */
export type MessageWriter = (request: {
	readonly body: unknown;
	readonly headers: IncomingHttpHeaders;
	readonly query: URLSearchParams;
	readonly now: number;
}) => Checked<RenderedMessage>;

/** Headers that hold secrets or say where other things lead: no template sees them. */
const HIDDEN_HEADERS: ReadonlySet<string> = new Set([
	'authorization',
	'cookie',
	'proxy-authorization',
	'x-openclaw-callback-url',
	'x-openclaw-callback-secret',
]);

/** Prepares the template of an inbound endpoint. */
export function createMessageWriter({ template }: InboundEndpointConfig): MessageWriter {
	// The settings were checked, so it can be read; should it not be, rendering says so.
	const parsed = parseTemplate(template);
	const prepared: Template | string = parsed.ok ? parsed.template : template;
	return ({ body, headers, query, now }) => {
		const rendered = renderTemplate(prepared, {
			body,
			headers: visibleHeaders(headers),
			query: toObject(query),
			now: new Date(now).toISOString(),
		});
		if (!rendered.ok) {
			const { code, message } = rendered.error;
			const isTooLarge = code === 'output-too-large';
			return refuse({ status: isTooLarge ? 413 : 400, code, message });
		}
		const text = rendered.text.trim();
		if (text === '') return refuse(EMPTY);
		return { ok: true, value: { text, missingPaths: rendered.missingPaths } };
	};
}

const EMPTY = {
	status: 400,
	code: 'empty-message',
	// The first words are by what clients of the gateway's own hooks recognize this.
	message: "message required: all values that the endpoint's template uses are empty",
};

function visibleHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, unknown>> {
	return Object.fromEntries(Object.entries(headers).filter(([name]) => !HIDDEN_HEADERS.has(name)));
}

/** A name that comes several times becomes a list. */
function toObject(query: URLSearchParams): Readonly<Record<string, unknown>> {
	return Object.fromEntries(
		[...new Set(query.keys())].map((name) => {
			const values = query.getAll(name);
			return [name, values.length === 1 ? values[0] : values];
		}),
	);
}
