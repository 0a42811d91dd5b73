import type { GatewayConnection, UserMessage } from './gatewayConnection';
import type { FaultReason, GatewayOutcome } from './gatewayRequest';

/** What a request was for; the texts name the node's parameters by it. */
export type RequestTarget =
	/** `viaPlugin`: through the plugin's own route instead of the gateway's hooks. */
	| { readonly kind: 'agent'; readonly agentId: string; readonly viaPlugin?: true }
	| { readonly kind: 'endpoint'; readonly name: string }
	| { readonly kind: 'wake' }
	| {
			readonly kind: 'list';
			readonly list: 'endpoints' | 'agents' | 'channels';
			/** A sentence that says how to go on without the list. */
			readonly otherwise: string;
	  };

/** The statuses after which the same request may well work a little later. */
export function isRetryable(outcome: GatewayOutcome): boolean {
	if (outcome.kind === 'answer') {
		return outcome.status === 408 || outcome.status === 429 || outcome.status >= 500;
	}
	return outcome.reason !== 'tls' && outcome.reason !== 'blocked' && outcome.reason !== 'not-http';
}

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

/**
 * Puts into words why a request was not accepted.
 *
 * @param outcome an outcome for which {@link acceptedBody} gives nothing
 * @param target what the request was for
 * @param connection where it went; its token is blanked out should the gateway repeat it
 * @returns what happened, and how to go on
 */
export function describeFailure(
	outcome: GatewayOutcome,
	target: RequestTarget,
	connection: GatewayConnection,
): UserMessage {
	if (outcome.kind === 'fault') return describeFault(outcome.reason, outcome.code, connection);
	const { status, body } = outcome;
	if (status >= 300 && status < 400) {
		return {
			message: `The address ${connection.baseUrl} leads elsewhere (HTTP ${String(status)})`,
			description:
				"Redirects are not followed, because they would carry the access token along. Enter the gateway's final address in 'Gateway URL' of the credential.",
		};
	}
	const refusedByPlugin = status === 403 ? describePluginRefusal(body, connection) : undefined;
	if (refusedByPlugin !== undefined) return refusedByPlugin;
	if (status === 401 || status === 403) {
		return {
			message: 'The gateway did not accept the access token',
			description:
				"Check 'Access Token' in the credential. It is the value of 'hooks.token' in the gateway's openclaw.json (not the token in 'gateway.auth'), or a token that the plugin event-webhooks issued.",
		};
	}
	if (status < 500 && (isHtml(body) || status < 300)) {
		return {
			message: `What answered at ${connection.baseUrl} is not an OpenClaw gateway`,
			description:
				"Check 'Gateway URL' and the paths in the credential. The address must be the one of the gateway itself, 18789 is its usual port.",
		};
	}
	if (status === 404 || status === 405) return describeMissing(target, connection);
	const reason = gatewayReason(body, connection);
	if (status === 400) return describeRefusal(refusalCode(body), reason, target);
	if (status === 413) {
		return {
			message: 'The message is larger than the gateway accepts',
			description: 'Send less: the limit of a gateway is 256 KiB for the whole request.',
		};
	}
	if (status === 424) {
		return {
			message: 'The agent did not finish its run',
			description: withReason(reason, "Look into the agent's session at the gateway."),
		};
	}
	if (status === 429) {
		return {
			message: 'The gateway is receiving too many requests',
			description:
				target.kind === 'list'
					? `Open the list again in a moment. ${target.otherwise}`
					: "Lower 'Max Concurrency', or raise 'Max Attempts' or 'Backoff (Ms)' in the options.",
		};
	}
	return {
		message: `The gateway could not process the request (HTTP ${String(status)})`,
		description: withReason(
			reason,
			target.kind === 'list'
				? target.otherwise
				: "Look into the gateway's log, then run the workflow again.",
		),
	};
}

/** The plugin lets in who has a valid token, and tells what the token is not for. */
function describePluginRefusal(
	body: unknown,
	connection: GatewayConnection,
): UserMessage | undefined {
	const code = refusalCode(body);
	const reason = gatewayReason(body, connection);
	if (code === 'wrong-scope') {
		return {
			message: 'The access token is not for this',
			description: withReason(
				reason,
				"A token with all scopes is made by 'openclaw event-webhooks token create --name n8n' on the gateway's host.",
			),
		};
	}
	if (code !== 'agent-not-allowed') return undefined;
	return {
		message: "The gateway does not let hooks reach the chosen 'Agent'",
		description:
			"Add the agent to 'hooks.allowedAgentIds' in the gateway's openclaw.json, or choose another.",
	};
}

function isHtml(body: unknown): boolean {
	return typeof body === 'string' && /^\s*<(!doctype|html)/i.test(body);
}

function describeMissing(target: RequestTarget, connection: GatewayConnection): UserMessage {
	const { inboundPath, hooksPath } = connection;
	if (target.kind === 'endpoint') {
		return {
			message: `The endpoint '${target.name}' could not be found under ${inboundPath}`,
			description:
				"Choose one from the list in 'Endpoint', or check its name in openclaw.json5. Endpoints need the plugin event-webhooks on the gateway; without it, set 'Inbound Path' in the credential to /hooks to reach the gateway's hook mappings.",
		};
	}
	if (target.kind === 'agent' && target.viaPlugin === true) {
		return {
			message: `The gateway takes no messages to agents under ${inboundPath}`,
			description:
				"This way needs the plugin event-webhooks on the gateway. Install it or bring it up to date, and check 'Inbound Path' in the credential. Without it the node can send with the gateway's hook token, but not wait for the agent's reply.",
		};
	}
	if (target.kind === 'list') {
		return {
			message: `The gateway has no list of ${target.list} under ${inboundPath}`,
			description: `The plugin event-webhooks is not installed or not enabled there. ${target.otherwise}`,
		};
	}
	return {
		message: `The gateway has no hooks under ${hooksPath}`,
		description:
			"Set 'hooks.enabled' to true and a 'hooks.token' in the gateway's openclaw.json. If 'hooks.path' is set there, enter the same in 'Hooks Path' of the credential.",
	};
}

/**
 * Puts into words why no answer came.
 *
 * @param reason the kind of fault
 * @param code the system's own name of it, such as `ECONNREFUSED`; it goes into the description only,
 *   because n8n replaces messages that contain one
 * @param connection where the request went
 * @returns what happened, and how to go on
 */
export function describeFault(
	reason: FaultReason,
	code: string | undefined,
	connection: GatewayConnection,
): UserMessage {
	const [message, advice] = FAULTS[reason];
	const suffix = code === undefined ? '' : ` (${code})`;
	return { message: message.replace('%', connection.baseUrl), description: advice + suffix };
}

const FAULTS: Readonly<Record<FaultReason, readonly [message: string, advice: string]>> = {
	refused: [
		'The gateway could not be reached at %',
		"Check that the gateway is running and that 'Gateway URL' in the credential is its address as seen from n8n. If n8n runs in a container, 127.0.0.1 is the container itself.",
	],
	unreachable: [
		'The gateway could not be reached at %',
		"Check the host in 'Gateway URL' of the credential, and that n8n's network reaches it.",
	],
	timeout: [
		'The gateway did not answer in time at %',
		"Raise 'Timeout' in the options, or lower 'Max Concurrency': a gateway starts agent runs one after the other.",
	],
	interrupted: [
		'The connection to the gateway at % broke off',
		'Check that the gateway is running, then run the workflow again.',
	],
	tls: [
		'The secure connection to % could not be set up',
		"Check the certificate of the gateway, and that 'Gateway URL' begins with the right one of http:// and https://. 'Ignore SSL Issues' in the credential connects in spite of a certificate that is not trusted.",
	],
	'not-http': [
		'What answered at % is not an OpenClaw gateway',
		"Check host and port in 'Gateway URL' of the credential; 18789 is the usual port.",
	],
	blocked: [
		'n8n does not allow requests to %',
		"n8n's SSRF protection is on. Ask its administrator to add the gateway to N8N_SSRF_ALLOWED_HOSTNAMES or N8N_SSRF_ALLOWED_IP_RANGES.",
	],
	other: [
		'The gateway could not be reached at %',
		"Check 'Gateway URL' in the credential and the gateway's log.",
	],
};

/**
 * Puts into words why a gateway refused a request as it was (status 400).
 *
 * @param code of the plugin; the gateway itself gives none
 * @param reason what the gateway says
 */
function describeRefusal(
	code: string | undefined,
	reason: string | undefined,
	target: RequestTarget,
): UserMessage {
	if (code === 'callback-not-allowed') {
		return {
			message: "The gateway does not send to n8n's address",
			description:
				"Use a token of the plugin with all scopes ('openclaw event-webhooks token create --name n8n' on the gateway's host), or add n8n's address to 'inbound.callbackOrigins' of the plugin. If the address is wrong, set WEBHOOK_URL of n8n.",
		};
	}
	const text = reason ?? '';
	if (text.startsWith('unknown agentId')) {
		const name = target.kind === 'agent' ? `'${target.agentId}' ` : '';
		return {
			message: `The agent ${name}could not be found`,
			description:
				"Choose one from the list in 'Agent', or check its ID with 'openclaw agents list' on the gateway's host.",
		};
	}
	const advice = ADVICE.find(([start]) => text.startsWith(start));
	return {
		message: advice?.[1] ?? 'The gateway did not accept the request',
		description: withReason(reason, advice?.[2] ?? 'Check the values of this node.'),
	};
}

// The starts of what a gateway answers with status 400 (OpenClaw 2026.9).
const ADVICE: ReadonlyArray<readonly [start: string, message: string, advice: string]> = [
	[
		'agentId is not allowed',
		"The gateway does not let hooks reach the chosen 'Agent'",
		"Add the agent to 'hooks.allowedAgentIds' in the gateway's openclaw.json, or choose another.",
	],
	[
		'agentId is required',
		"The gateway has several agents and needs one in 'Agent'",
		"Choose one in 'Agent'. For a hook mapping, set its 'agentId' in the gateway's openclaw.json.",
	],
	[
		'sessionKey',
		"The gateway does not accept 'Session Key'",
		"Allow it with 'hooks.allowRequestSessionKey' and 'hooks.allowedSessionKeyPrefixes' in the gateway's openclaw.json, or remove the option.",
	],
	[
		'channel',
		"The gateway cannot deliver the reply to 'Channel'",
		"Set 'Channel' to one that is set up at the gateway and 'To' to a recipient, both together.",
	],
	[
		'to must',
		"The gateway cannot deliver the reply to 'To'",
		"Set 'Channel' and 'To' together, or neither of them.",
	],
	['message required', 'The message is empty', "Fill the fields that 'Message Template' uses."],
	[
		'hook mapping requires',
		'The message is empty',
		'Fill the fields that the template of the mapping uses.',
	],
];

const MAX_LENGTH = 300;

/**
 * What the gateway itself says about a refusal, fit to be shown: one line, not too long, and without
 * the token should the gateway repeat it.
 *
 * @param body the answer's body: `{ "ok": false, "error": "…" }`, or a text
 * @returns `undefined` when the gateway says nothing
 */
export function gatewayReason(body: unknown, connection: GatewayConnection): string | undefined {
	const said = typeof body === 'string' ? body : errorOf(body);
	const { accessToken } = connection.credential;
	const token = typeof accessToken === 'string' ? accessToken.trim() : '';
	const clean = token === '' ? said : said.replaceAll(token, '•••');
	const line = clean.replace(/[\s\p{Cc}]+/gu, ' ').trim();
	if (line === '') return undefined;
	return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}

function errorOf(body: unknown): string {
	if (typeof body !== 'object' || body === null || !('error' in body)) return '';
	const { error } = body;
	if (typeof error === 'string') return error;
	const nested = typeof error === 'object' && error !== null && 'message' in error;
	return nested && typeof error.message === 'string' ? error.message : '';
}

/** The plugin's own code of a refusal: `{ "ok": false, "error": { "code": "…" } }`. */
export function refusalCode(body: unknown): string | undefined {
	const error =
		typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
	const code =
		typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
	return typeof code === 'string' ? code : undefined;
}

/** Puts what the gateway says before an advice. */
function withReason(reason: string | undefined, advice: string): string {
	return reason === undefined ? advice : `The gateway says: “${reason}”. ${advice}`;
}
