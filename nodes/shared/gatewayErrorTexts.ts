import type { FaultReason } from './gatewayRequest';

/** What a request was for; the texts name the node's parameters by it. */
export type RequestTarget =
	/** `viaPlugin`: through the plugin's own route instead of the gateway's hooks. */
	| { readonly kind: 'agent'; readonly agentId: string; readonly viaPlugin?: true }
	| { readonly kind: 'endpoint'; readonly name: string }
	| { readonly kind: 'run'; readonly runId: string }
	| { readonly kind: 'wake' }
	/** Deciding on a tool call. */
	| { readonly kind: 'approval'; readonly id: string }
	/** Asking a person in a chat. */
	| { readonly kind: 'review' }
	/** Making or removing an endpoint for events, or fetching them. */
	| { readonly kind: 'registration' }
	/** Fetching a file that came with an event. */
	| { readonly kind: 'attachment' }
	| {
			readonly kind: 'list';
			readonly list: 'endpoints' | 'agents' | 'channels';
			/** A sentence that says how to go on without the list. */
			readonly otherwise: string;
	  };

/** The kind of an outcome, before anything that the gateway says. */
export type Trouble =
	| FaultReason
	| 'redirect'
	| 'token'
	| 'not-a-gateway'
	| 'missing'
	| 'refused-as-is';

/** What the rows are chosen by. */
export interface Facts {
	readonly trouble: Trouble | undefined;
	readonly target: RequestTarget;
	/** 0 without an answer. */
	readonly status: number;
	/** The plugin's own word for a refusal. */
	readonly code: string | undefined;
	/** The field that the plugin refuses. */
	readonly path: string | undefined;
	/** What the gateway says, fit to be shown. */
	readonly said: string;
	/** Who has what was asked for, and since when. */
	readonly holder: string;
	/** What was decided before, and by whom. */
	readonly decided: string;
	readonly usesHookToken: boolean;
	/** Of the token that was sent; false when the credential has none for this. */
	readonly hasToken: boolean;
}

/** What has to be so for a row; what is left out may be anything. */
export interface Row {
	readonly trouble?: Trouble;
	readonly target?: RequestTarget['kind'];
	readonly code?: string;
	readonly path?: string;
	readonly status?: number;
	/** How the gateway's own text begins: the stock gateway has no codes. */
	readonly says?: string;
	readonly also?: (facts: Facts) => boolean;
	/**
	 * What happened, and how to go on, with `{base}`, `{inboundPath}`, `{hooksPath}`, `{status}`, `{name}` (of
	 * the agent, endpoint, run, approval or list), `{holder}`, `{decided}` and `{otherwise}` filled in. `{said}` is what the gateway says, as a
	 * sentence of its own.
	 */
	readonly texts: readonly [message: string, description: string];
}

const PLUGIN_TOKEN =
	"Make one with all scopes, 'openclaw event-webhooks token create --name n8n' on the gateway's host, and enter it as 'Access Token' in the credential.";
const HOOK_TOKEN =
	"It is the value of 'hooks.token' in the gateway's openclaw.json, not the token in 'gateway.auth'.";
/** Ends an advice: a webhook can be registered in another way. */
export const BY_HAND = "set 'Endpoint Setup' to 'Webhook, Manual'";
const CHOOSE_AGENT =
	"Choose one from the list in 'Agent', or check its ID with 'openclaw agents list' on the gateway's host.";
const NO_ACCESS_TOKEN: Row['texts'] = [
	"'Access Token' in the credential is empty",
	`The hook token is not enough for this. ${PLUGIN_TOKEN}`,
];
const NOT_ALLOWED_AGENT: Row['texts'] = [
	"The gateway does not let hooks reach the chosen 'Agent'",
	"Add the agent to 'hooks.allowedAgentIds' in the gateway's openclaw.json, or choose another.",
];
const SESSION_REFUSED: Row['texts'] = [
	"The gateway does not accept 'Session Key'",
	"{said}Use a session of the agent that gets the message, a token with the scope 'sessions', or remove the option.",
];

/** From answers of a gateway to texts. The first row that fits counts. */
export const ROWS: readonly Row[] = [
	// No answer.
	{
		trouble: 'refused',
		texts: [
			'The gateway could not be reached at {base}',
			"Check that the gateway is running and that 'Gateway URL' in the credential is its address as seen from n8n. If n8n runs in a container, 127.0.0.1 is the container itself.",
		],
	},
	{
		trouble: 'unreachable',
		texts: [
			'The gateway could not be reached at {base}',
			"Check the host in 'Gateway URL' of the credential, and that n8n's network reaches it.",
		],
	},
	{
		trouble: 'timeout',
		texts: [
			'The gateway did not answer in time at {base}',
			"Raise 'Timeout' in the options, or lower 'Max Concurrency': a gateway starts agent runs one after the other.",
		],
	},
	{
		trouble: 'interrupted',
		texts: [
			'The connection to the gateway at {base} broke off',
			'Check that the gateway is running, then run the workflow again.',
		],
	},
	{
		trouble: 'tls',
		texts: [
			'The secure connection to {base} could not be set up',
			"Check the certificate of the gateway, and that 'Gateway URL' begins with the right one of http:// and https://. 'Ignore SSL Issues' in the credential connects in spite of a certificate that is not trusted.",
		],
	},
	{
		trouble: 'not-http',
		texts: [
			'What answered at {base} is not an OpenClaw gateway',
			"Check host and port in 'Gateway URL' of the credential; 18789 is the usual port.",
		],
	},
	{
		trouble: 'blocked',
		texts: [
			'n8n does not allow requests to {base}',
			"n8n's SSRF protection is on. Ask its administrator to add the gateway to N8N_SSRF_ALLOWED_HOSTNAMES or N8N_SSRF_ALLOWED_IP_RANGES.",
		],
	},
	{
		trouble: 'other',
		texts: [
			'The gateway could not be reached at {base}',
			"Check 'Gateway URL' in the credential and the gateway's log.",
		],
	},
	{
		trouble: 'redirect',
		texts: [
			'The address {base} leads elsewhere (HTTP {status})',
			"Redirects are not followed, because they would carry the access token along. Enter the gateway's final address in 'Gateway URL' of the credential.",
		],
	},

	// Refusals of the plugin, by its own words for them.
	{ code: 'wrong-scope', also: ({ hasToken }) => !hasToken, texts: NO_ACCESS_TOKEN },
	{
		code: 'wrong-scope',
		target: 'registration',
		texts: [
			'The access token may not register endpoints and fetch events',
			`{said}${PLUGIN_TOKEN}`,
		],
	},
	{
		code: 'wrong-scope',
		texts: ['The access token is not for this', `{said}${PLUGIN_TOKEN}`],
	},
	{
		code: 'another-consumer',
		texts: [
			'Another n8n fetches the events of this trigger{holder}',
			'It has a copy of this workflow. Unpublish the workflow there, or stop that n8n: this one goes on asking and takes over then.',
		],
	},
	{
		code: 'other-registrant',
		texts: [
			'Another n8n has registered the endpoint of this trigger',
			'{said}Two n8n with the same database cannot both have its events: unpublish the workflow in one of them, or remove the endpoint at the gateway.',
		],
	},
	{ code: 'agent-not-allowed', texts: NOT_ALLOWED_AGENT },
	{
		code: 'private-host',
		texts: [
			"The gateway does not send to n8n's address",
			'{said}Set N8N_WEBHOOK_URL (WEBHOOK_URL in older versions) of n8n to an address that the gateway may use, then publish again.',
		],
	},
	{
		code: 'callback-not-allowed',
		texts: [
			"The gateway does not send to n8n's address",
			"Use a token of the plugin with all scopes ('openclaw event-webhooks token create --name n8n' on the gateway's host), or add n8n's address to 'inbound.callbackOrigins' of the plugin. If the address is wrong, set N8N_WEBHOOK_URL (WEBHOOK_URL in older versions) of n8n.",
		],
	},
	{
		code: 'idempotency-key-reused',
		texts: [
			"The gateway has taken another message under this 'Idempotency Key' before",
			'{said}Nothing was sent now. Use a key that is different for each message, for example the ID of the record that the item is about, or remove the option.',
		],
	},
	{
		code: 'loop-detected',
		texts: [
			'The message went round in a circle',
			"{said}A run that this message starts leads to an event that sends a message again. Turn 'Ignore Own Runs' of the trigger on, or filter its events.",
		],
	},
	{
		code: 'inbound-off',
		texts: [
			'The gateway takes no messages under {inboundPath}',
			"{said}Set 'inbound.enabled' to true in the settings of the plugin event-webhooks.",
		],
	},
	{
		code: 'unknown-run',
		texts: [
			"The gateway knows no run '{name}'",
			"{said}Enter a 'runId' that this node gave out, and send the request to the gateway that it came from. A gateway forgets runs some days after their end.",
		],
	},
	{
		code: 'unknown-approval',
		texts: [
			"The gateway knows no approval '{name}'",
			"{said}Enter 'approval.id' from the data of an event 'approval.requested', and send the decision to the gateway that the event came from. A gateway forgets approvals some days after they were decided.",
		],
	},
	{
		code: 'already-decided',
		texts: [
			'The tool call was decided on before{decided}',
			'{said}The first decision counts: this one changes nothing.',
		],
	},
	{
		code: 'approval-ended',
		texts: [
			'The tool call does not wait any more{decided}',
			"{said}The agent was told that it is denied, and may ask again. To leave more time, raise 'timeoutSeconds' of the rule at the gateway.",
		],
	},
	{
		target: 'approval',
		code: 'invalid-decision',
		texts: ['The gateway did not accept the decision', "{said}Check 'Options' of this node."],
	},
	{
		target: 'review',
		code: 'no-chat',
		texts: [
			"The gateway knows no chat of the session in 'Session Key'",
			"Enter the key of a session in which somebody has written, for example 'data.sessionKey' of an event, or choose 'Channel and Recipient' in 'Ask In'.",
		],
	},
	{
		target: 'review',
		code: 'not-delivered',
		texts: [
			'The channel did not take the question',
			"{said}Check 'Channel' and 'To', and whether the channel is connected to the gateway.",
		],
	},
	{
		target: 'review',
		code: 'invalid-review',
		texts: ['The gateway did not accept the question', '{said}Check the parameters of this node.'],
	},
	{
		code: 'unknown-agent',
		target: 'agent',
		texts: ["The agent '{name}' could not be found", CHOOSE_AGENT],
	},
	{
		path: 'sessionKey',
		also: ({ status }) => status < 500,
		texts: SESSION_REFUSED,
	},
	{
		path: 'deliver',
		also: ({ status }) => status < 500,
		texts: [
			"The gateway cannot deliver the reply as 'Deliver' asks for",
			"{said}Set 'Session Key' to the session of a conversation, or turn 'Deliver' off.",
		],
	},
	{
		path: 'model',
		also: ({ status }) => status < 500,
		texts: ["The gateway does not accept 'Model'", '{said}Change the option, or remove it.'],
	},
	{
		target: 'registration',
		also: ({ code, status, trouble }) => trouble !== 'token' && code !== undefined && status < 500,
		texts: ['The gateway did not register the endpoint', '{said}'],
	},

	// The token.
	{
		trouble: 'token',
		also: ({ usesHookToken, hasToken }) => usesHookToken && !hasToken,
		texts: [
			"'Hook Token' in the credential is empty",
			`The gateway's own hooks under {hooksPath} take no other token. ${HOOK_TOKEN}`,
		],
	},
	{
		trouble: 'token',
		also: ({ usesHookToken }) => usesHookToken,
		texts: [
			'The gateway did not accept the hook token',
			`Check 'Hook Token' in the credential. ${HOOK_TOKEN}`,
		],
	},
	{
		trouble: 'token',
		also: ({ hasToken }) => !hasToken,
		texts: NO_ACCESS_TOKEN,
	},
	{
		trouble: 'token',
		texts: [
			'The gateway did not accept the access token',
			`Check 'Access Token' in the credential: it is one that the plugin event-webhooks issued, not the gateway's own. ${PLUGIN_TOKEN}`,
		],
	},

	// Something else answers, or the gateway has no such path.
	{
		target: 'registration',
		also: ({ status }) => status < 500 && status !== 429,
		texts: [
			'The plugin event-webhooks does not answer at {base}',
			`Install it on the gateway ('openclaw plugins install openclaw-plugin-event-webhooks') and check 'Gateway URL' in the credential, or ${BY_HAND}.`,
		],
	},
	{
		trouble: 'not-a-gateway',
		texts: [
			'What answered at {base} is not an OpenClaw gateway',
			"Check 'Gateway URL' and the paths in the credential. The address must be the one of the gateway itself, 18789 is its usual port.",
		],
	},
	{
		trouble: 'missing',
		target: 'endpoint',
		texts: [
			"The endpoint '{name}' could not be found under {inboundPath}",
			"Choose one from the list in 'Endpoint', or check its name in openclaw.json5. Endpoints need the plugin event-webhooks on the gateway; without it, set 'Inbound Path' in the credential to {hooksPath} to reach the gateway's hook mappings.",
		],
	},
	{
		trouble: 'missing',
		target: 'agent',
		also: ({ target }) => target.kind === 'agent' && target.viaPlugin === true,
		texts: [
			'The gateway takes no messages to agents under {inboundPath}',
			"This way needs the plugin event-webhooks on the gateway. Install it or bring it up to date, and check 'Inbound Path' in the credential. Without it the node can send with 'Hook Token' alone, but not wait for the agent's reply.",
		],
	},
	{
		trouble: 'missing',
		target: 'run',
		texts: [
			'The gateway tells nothing of runs under {inboundPath}',
			"This needs the plugin event-webhooks on the gateway. Install it or bring it up to date, and check 'Inbound Path' in the credential.",
		],
	},
	{
		trouble: 'missing',
		target: 'approval',
		texts: [
			'The gateway at {base} takes no decisions',
			"They need the plugin event-webhooks on the gateway. Install it or bring it up to date, and check 'Gateway URL' in the credential.",
		],
	},
	{
		trouble: 'missing',
		target: 'review',
		texts: [
			'The gateway at {base} cannot ask a person',
			"That needs the plugin event-webhooks on the gateway. Install it or bring it up to date, and check 'Gateway URL' in the credential.",
		],
	},
	{
		trouble: 'missing',
		target: 'list',
		texts: [
			'The gateway has no list of {name} under {inboundPath}',
			'The plugin event-webhooks is not installed or not enabled there. {otherwise}',
		],
	},
	{
		trouble: 'missing',
		texts: [
			'The gateway has no hooks under {hooksPath}',
			"Set 'hooks.enabled' to true and a 'hooks.token' in the gateway's openclaw.json. If 'hooks.path' is set there, enter the same in 'Hooks Path' of the credential.",
		],
	},

	// What a gateway (OpenClaw 2026.9) answers with status 400.
	{
		status: 400,
		says: 'unknown agentId',
		target: 'agent',
		texts: ["The agent '{name}' could not be found", CHOOSE_AGENT],
	},
	{
		status: 400,
		says: 'unknown agentId',
		texts: ['The agent could not be found', CHOOSE_AGENT],
	},
	{ status: 400, says: 'agentId is not allowed', texts: NOT_ALLOWED_AGENT },
	{
		status: 400,
		says: 'agentId is required',
		texts: [
			"The gateway has several agents and needs one in 'Agent'",
			"{said}Choose one in 'Agent'. For a hook mapping, set its 'agentId' in the gateway's openclaw.json.",
		],
	},
	{
		status: 400,
		says: 'sessionKey',
		texts: [
			"The gateway does not accept 'Session Key'",
			"{said}Allow it with 'hooks.allowRequestSessionKey' and 'hooks.allowedSessionKeyPrefixes' in the gateway's openclaw.json, or remove the option.",
		],
	},
	{
		status: 400,
		says: 'channel',
		texts: [
			"The gateway cannot deliver the reply to 'Channel'",
			"{said}Set 'Channel' to one that is set up at the gateway and 'To' to a recipient, both together.",
		],
	},
	{
		status: 400,
		says: 'to must',
		texts: [
			"The gateway cannot deliver the reply to 'To'",
			"{said}Set 'Channel' and 'To' together, or neither of them.",
		],
	},
	{
		status: 400,
		says: 'message required',
		texts: ['The message is empty', "{said}Fill the fields that 'Message Template' uses."],
	},
	{
		status: 400,
		says: 'hook mapping requires',
		texts: ['The message is empty', '{said}Fill the fields that the template of the mapping uses.'],
	},

	// By status alone.
	{
		status: 413,
		texts: [
			'The message is larger than the gateway accepts',
			'Send less: the limit of a gateway is 256 KiB for the whole request.',
		],
	},
	{
		status: 424,
		texts: [
			'The agent did not finish its run',
			"{said}Look into the agent's session at the gateway.",
		],
	},
	{
		status: 429,
		target: 'list',
		texts: [
			'The gateway is receiving too many requests',
			'Open the list again in a moment. {otherwise}',
		],
	},
	{
		also: ({ status, target }) =>
			target.kind === 'registration' && (status === 429 || status >= 500),
		texts: [
			'The gateway could not change its endpoints now (HTTP {status})',
			`Publish again in a moment. If it does not help, look into the gateway's log, or ${BY_HAND}.`,
		],
	},
	{
		status: 429,
		texts: [
			'The gateway is receiving too many requests',
			"Lower 'Max Concurrency', or raise 'Max Attempts' or 'Backoff (Ms)' in the options.",
		],
	},
	{
		trouble: 'refused-as-is',
		texts: ['The gateway did not accept the request', '{said}Check the values of this node.'],
	},
	{
		target: 'list',
		texts: ['The gateway could not process the request (HTTP {status})', '{said}{otherwise}'],
	},
];

/** Where no row fits. */
export const LAST: Row['texts'] = [
	'The gateway could not process the request (HTTP {status})',
	"{said}Look into the gateway's log, then run the workflow again.",
];
