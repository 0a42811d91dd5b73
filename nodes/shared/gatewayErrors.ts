import { isHookPath } from './gatewayConnection';
import type { GatewayConnection, UserMessage } from './gatewayConnection';
import { BY_HAND, LAST, ROWS } from './gatewayErrorTexts';
import type { Facts, RequestTarget, Row, Trouble } from './gatewayErrorTexts';
import type { FaultReason, GatewayOutcome } from './gatewayRequest';
import { ownProperty } from './parameterValues';
import { parseRetryAfter } from './retry';

export type { RequestTarget } from './gatewayErrorTexts';

/**
 * Puts into words why a request was not accepted.
 *
 * @param outcome an outcome for which {@link acceptedBody} gives nothing
 * @param target what the request was for
 * @param connection where it went; its tokens are blanked out should the gateway repeat one
 * @returns what happened, and how to go on
 */
export function describeFailure(
	outcome: GatewayOutcome,
	target: RequestTarget,
	connection: GatewayConnection,
): UserMessage {
	const facts = factsOf(outcome, target, connection);
	const [message, description] = ROWS.find((row) => fits(row, facts))?.texts ?? LAST;
	const fill = (text: string) => fillIn(text, facts, connection).trim();
	const isFault = outcome.kind === 'fault';
	// The system's own name stays out of the message: n8n replaces messages that contain one.
	const code = isFault && outcome.code !== undefined ? ` (${outcome.code})` : '';
	const again =
		isFault && target.kind === 'registration' ? ` Then publish again, or ${BY_HAND}.` : '';
	return { message: fill(message), description: fill(description) + code + again };
}

function factsOf(
	outcome: GatewayOutcome,
	target: RequestTarget,
	connection: GatewayConnection,
): Facts {
	const usesHookToken = isHookTarget(target, connection);
	const { accessToken, hookToken } = connection;
	const common = {
		target,
		usesHookToken,
		hasToken: (usesHookToken ? hookToken : accessToken) !== '',
	};
	if (outcome.kind === 'fault') {
		return {
			...common,
			trouble: outcome.reason,
			status: 0,
			code: undefined,
			path: undefined,
			said: '',
			holder: '',
			decided: '',
		};
	}
	const { status, body } = outcome;
	return {
		...common,
		trouble: troubleOf(status, body),
		status,
		code: refusalCode(body),
		path: textAt(body, 'path'),
		said: gatewayReason(body, connection) ?? '',
		holder: holderOf(body),
		decided: decidedOf(body),
	};
}

function troubleOf(status: number, body: unknown): Trouble | undefined {
	if (status >= 300 && status < 400) return 'redirect';
	if (status === 401 || status === 403) return 'token';
	if (status < 300 || (status < 500 && isHtml(body))) return 'not-a-gateway';
	if (status === 404 || status === 405) return 'missing';
	return status === 400 || status === 422 ? 'refused-as-is' : undefined;
}

/** Whether a request went to the gateway's own hooks, which want a token of their own. */
function isHookTarget(target: RequestTarget, connection: GatewayConnection): boolean {
	if (target.kind === 'wake') return true;
	if (target.kind === 'agent') return target.viaPlugin !== true;
	const isInbound = target.kind === 'endpoint' || target.kind === 'run' || target.kind === 'list';
	return isInbound && isHookPath(connection, connection.inboundPath);
}

function fits(row: Row, facts: Facts): boolean {
	return (
		(row.trouble === undefined || row.trouble === facts.trouble) &&
		(row.target === undefined || row.target === facts.target.kind) &&
		(row.code === undefined || row.code === facts.code) &&
		(row.path === undefined || row.path === facts.path) &&
		(row.status === undefined || row.status === facts.status) &&
		(row.says === undefined || facts.said.startsWith(row.says)) &&
		(row.also === undefined || row.also(facts))
	);
}

function fillIn(
	text: string,
	{ status, said, holder, decided, target }: Facts,
	connection: GatewayConnection,
): string {
	const { baseUrl, inboundPath, hooksPath } = connection;
	const values: Readonly<Record<string, string>> = {
		base: baseUrl,
		inboundPath,
		hooksPath,
		status: String(status),
		said: said === '' ? '' : `The gateway says: “${said}”. `,
		holder,
		decided,
		name: nameOf(target),
		otherwise: target.kind === 'list' ? target.otherwise : '',
	};
	return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}

function holderOf(body: unknown): string {
	const tell = (name: string, word: string) => {
		const value = ownProperty(body, name) ?? ownProperty(ownProperty(body, 'error'), name);
		// Milliseconds since 1970.
		const text = typeof value === 'number' ? new Date(value).toISOString() : value;
		return typeof text === 'string' && text !== '' ? `, ${word} ${text}` : '';
	};
	return tell('address', 'from') + tell('since', 'since');
}

const ENDINGS: Readonly<Record<string, string>> = {
	expired: ': nobody has decided in time',
	aborted: ': its run was stopped',
	restarted: ': the gateway was stopped',
	'nobody-asked': ': nobody could be asked',
};

/** How a tool call was decided on: `{ "approval": { state, by, cause } }` in the answer. */
function decidedOf(body: unknown): string {
	const approval = ownProperty(body, 'approval');
	const textIn = (name: string) => {
		const value = ownProperty(approval, name);
		return typeof value === 'string' ? value : '';
	};
	const [state, by, cause] = [textIn('state'), textIn('by'), textIn('cause')];
	const ending = ownProperty(ENDINGS, cause);
	if (cause !== '') return typeof ending === 'string' ? ending : '';
	if (state === '') return '';
	return `: it was ${state}${by === '' ? '' : ` by ${by}`}`;
}

function nameOf(target: RequestTarget): string {
	if (target.kind === 'agent') return target.agentId;
	if (target.kind === 'endpoint') return target.name;
	if (target.kind === 'run') return target.runId;
	if (target.kind === 'approval') return target.id;
	return target.kind === 'list' ? target.list : '';
}

/** For how long the gateway asks not to be called, in milliseconds; undefined when it does not say. */
export function retryAfterOf(outcome: GatewayOutcome, now: number): number | undefined {
	if (outcome.kind === 'fault') return undefined;
	return parseRetryAfter(outcome.headers['retry-after'], now);
}

/** Whether the same request may well work a little later. */
export function isRetryable(outcome: GatewayOutcome): boolean {
	if (outcome.kind === 'fault') return !LASTING.has(outcome.reason);
	const { status } = outcome;
	// A message that goes round in a circle does so again.
	if (status === 508) return false;
	return status === 408 || status === 429 || status >= 500;
}

const LASTING: ReadonlySet<FaultReason> = new Set(['tls', 'blocked', 'not-http']);

/**
 * The gateway's JSON object, when the outcome is one that accepts the request.
 *
 * @returns `undefined` for anything that is not an acceptance; an answer without content is `{}`
 */
export function acceptedBody(
	outcome: GatewayOutcome,
): Readonly<Record<string, unknown>> | undefined {
	if (outcome.kind === 'fault' || outcome.status < 200 || outcome.status > 299) return undefined;
	if (outcome.status === 204) return {};
	const { body } = outcome;
	if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
	const record = body as Readonly<Record<string, unknown>>;
	return record.ok === true ? record : undefined;
}

/** The plugin's own code of a refusal: `{ "ok": false, "error": { "code": "…" } }`. */
export function refusalCode(body: unknown): string | undefined {
	return textAt(body, 'code');
}

function textAt(body: unknown, name: string): string | undefined {
	const value = ownProperty(ownProperty(body, 'error'), name);
	return typeof value === 'string' ? value : undefined;
}

const MAX_LENGTH = 300;

/**
 * What the gateway itself says about a refusal, fit to be shown: one line, not too long, and without
 * a token should the gateway repeat it.
 *
 * @param body the answer's body: `{ "ok": false, "error": "…" }`, or a text
 * @returns `undefined` when the gateway says nothing
 */
export function gatewayReason(body: unknown, connection: GatewayConnection): string | undefined {
	const said = typeof body === 'string' ? body : errorOf(body);
	if (isHtml(said)) return undefined;
	const tokens = [connection.accessToken, connection.hookToken].filter((token) => token !== '');
	const clean = tokens.reduce((text, token) => text.replaceAll(token, '•••'), said);
	const line = clean.replace(/[\s\p{Cc}]+/gu, ' ').trim();
	if (line === '') return undefined;
	return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}

function errorOf(body: unknown): string {
	const error = ownProperty(body, 'error');
	return typeof error === 'string' ? error : (textAt(body, 'message') ?? '');
}

function isHtml(body: unknown): boolean {
	return typeof body === 'string' && /^\s*<(!doctype|html)/i.test(body);
}
