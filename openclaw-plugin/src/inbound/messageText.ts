import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { parseTemplate, renderTemplate } from '../protocol';
import type { GatewayAgent, SenderAuth, Template } from '../protocol';
import { DIRECT } from './message';
import { secretHeaderOf } from './senderSignature';

/** What a request tells, and to whom. */
export interface WrittenMessage {
	/** Name of the inbound endpoint; {@link DIRECT} without one. */
	readonly endpoint: string;
	readonly agentId: string;
	/** Session of messages that name none. */
	readonly sessionKey: string;
	readonly text: string;
	/** The text without the time at which it was written: by this the same message is recognized. */
	readonly timeless: string;
	/** Values that the template uses and the request did not have. */
	readonly missingPaths: readonly string[];
	readonly model?: string;
}

/** Parts of a request that a message is made of. */
export interface MessageInput {
	readonly body: unknown;
	readonly headers: IncomingHttpHeaders;
	readonly query: URLSearchParams;
	/** Milliseconds since 1970. */
	readonly now: number;
	/** Element of the list in the body that this message is made of, where there is one. */
	readonly item?: unknown;
}

/** Makes the message of a request. */
export type WriteMessage = (input: MessageInput) => Checked<WrittenMessage>;

/** An inbound endpoint whose settings are right. */
export interface InboundEndpoint {
	readonly name: string;
	readonly agentId: string;
	readonly template: string;
	/** Paths without which there is no message; at least one value of the template when absent. */
	readonly required?: readonly string[];
	readonly auth?: SenderAuth;
}

/** Headers that hold secrets or say where other things lead: no template sees them. */
const HIDDEN_HEADERS: ReadonlySet<string> = new Set([
	'authorization',
	'cookie',
	'proxy-authorization',
	'x-openclaw-callback-url',
	'x-openclaw-callback-secret',
]);

/** The session that messages to an inbound endpoint belong to. */
export function endpointSession({ agentId, name }: Pick<InboundEndpoint, 'agentId' | 'name'>) {
	return `agent:${agentId}:webhook:${name}`;
}

/** Prepares an inbound endpoint's template. */
export function createTemplateWriter(endpoint: InboundEndpoint): WriteMessage {
	const { name, agentId, template, required } = endpoint;
	const readValues = createValueReader(endpoint);
	// The settings were checked, so it can be read; should it not be, rendering says so.
	const parsed = parseTemplate(template);
	const prepared: Template | string = parsed.ok ? parsed.template : template;
	const placeholders = parsed.ok ? parsed.template.placeholders : [];
	const usesTime = placeholders.some(({ root }) => root === 'now');
	const filledIn = [
		...new Set(placeholders.filter(({ root }) => root !== 'now').map(({ path }) => path)),
	];
	return (input) => {
		const values = readValues(input);
		const now = new Date(input.now).toISOString();
		const rendered = renderTemplate(prepared, { ...values, now });
		if (!rendered.ok) {
			const { code, message } = rendered.error;
			const isTooLarge = code === 'output-too-large';
			return refuse({ status: isTooLarge ? 413 : 400, code, message });
		}
		const { missingPaths } = rendered;
		const isAnyThere = filledIn.some((path) => !missingPaths.includes(path));
		const lacking = required?.filter((path) => !hasValue(path, values)) ?? [];
		if (lacking.length > 0) return refuse(missing(lacking));
		if (required === undefined && filledIn.length > 0 && !isAnyThere) {
			return refuse(missing(filledIn));
		}
		const text = rendered.text.trim();
		if (text === '') return refuse(EMPTY);
		const withoutTime = usesTime ? renderTemplate(prepared, { ...values, now: '' }) : rendered;
		const timeless = withoutTime.ok ? withoutTime.text.trim() : text;
		const sessionKey = endpointSession(endpoint);
		return {
			ok: true,
			value: { endpoint: name, agentId, sessionKey, text, timeless, missingPaths },
		};
	};
}

/** Whom messages without an endpoint may go to. */
export interface DirectRules {
	readonly agents: readonly GatewayAgent[];
	/** Ids in lower case; undefined for all. */
	readonly allowedAgentIds?: readonly string[] | undefined;
}

const FIELDS: ReadonlySet<string> = new Set(['agentId', 'message', 'model', 'now']);

/**
 * Reads a message to any agent: `{ agentId, message, model?, now? }`. `now` is what `{{now}}` has become in a
 * template of the sender: a message that differs from an earlier one in this alone is the same.
 */
export function readDirectMessage(body: unknown, rules: DirectRules): Checked<WrittenMessage> {
	if (typeof body !== 'object' || body === null || Array.isArray(body)) {
		return refuse(invalid('', 'The body must be a JSON object'));
	}
	if (Object.keys(body).some((name) => !FIELDS.has(name))) {
		const message = 'The body may have agentId, message, model and now, and nothing else';
		return refuse(invalid('', message));
	}
	const { agentId, message, model, now } = body as Readonly<Record<string, unknown>>;
	if (!isText(agentId)) return refuse(invalid('agentId', "'agentId' must name an agent"));
	if (!isText(message)) {
		return refuse(invalid('message', "message required: 'message' must be a text"));
	}
	if (model !== undefined && !isText(model)) {
		return refuse(invalid('model', "'model' must be a text such as 'provider/model'"));
	}
	if (now !== undefined && !isText(now)) {
		return refuse(invalid('now', "'now' must be the text of a time"));
	}
	// The gateway takes ids in any case.
	const wanted = agentId.trim().toLowerCase();
	const agent = rules.agents.find(({ id }) => id.toLowerCase() === wanted);
	if (agent === undefined) return refuse(unknownAgent(agentId.trim()));
	if (rules.allowedAgentIds?.includes(wanted) === false) return refuse(NOT_ALLOWED);
	const text = message.trim();
	return {
		ok: true,
		value: {
			endpoint: DIRECT,
			agentId: agent.id,
			sessionKey: `agent:${agent.id}:webhook`,
			text,
			timeless: now === undefined ? text : text.replaceAll(now.trim(), ''),
			missingPaths: [],
			...(model === undefined ? {} : { model: model.trim() }),
		},
	};
}

function isText(value: unknown): value is string {
	return typeof value === 'string' && value.trim() !== '';
}

/** A blank text is as good as no value. */
function hasValue(path: string, values: Readonly<Record<string, unknown>>): boolean {
	const rendered = renderTemplate(`{{${path}}}`, values);
	return !rendered.ok || rendered.text.trim() !== '';
}

/** Makes what an endpoint's template and conditions see of a request, but for the time: no secrets. */
export function createValueReader({
	auth,
}: Pick<InboundEndpoint, 'auth'>): (
	input: Omit<MessageInput, 'now'>,
) => Readonly<Record<string, unknown>> {
	const secret = secretHeaderOf(auth);
	const isVisible = (name: string) => !HIDDEN_HEADERS.has(name) && name !== secret;
	return ({ body, headers, query, item }) => {
		const visible = Object.entries(headers).filter(([name]) => isVisible(name));
		return { body, headers: Object.fromEntries(visible), query: toObject(query), item };
	};
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

function missing(paths: readonly string[]): Refusal {
	const list = paths.join(', ');
	return {
		status: 422,
		code: 'missing-values',
		message: `The request has no value for ${list}, without which the agent would be told nothing`,
		paths,
	};
}

const EMPTY: Refusal = {
	status: 400,
	code: 'empty-message',
	// The first words are by what clients of the gateway's own hooks recognize this.
	message: "message required: all values that the endpoint's template uses are empty",
};

function invalid(path: string, message: string): Refusal {
	return { status: 400, code: 'invalid-message', message, ...(path === '' ? {} : { path }) };
}

/** Begins as the gateway's own hooks do. */
function unknownAgent(agentId: string): Refusal {
	const shown = agentId.length > 100 ? `${agentId.slice(0, 100)}…` : agentId;
	return {
		status: 400,
		code: 'unknown-agent',
		path: 'agentId',
		message: `unknown agentId "${shown}"`,
	};
}

const NOT_ALLOWED: Refusal = {
	status: 403,
	code: 'agent-not-allowed',
	path: 'agentId',
	message: "The agent is not among 'hooks.allowedAgentIds' of the gateway's settings",
};
