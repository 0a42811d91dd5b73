import type { UserMessage } from './gatewayConnection';
import type { RequestTarget } from './gatewayFailure';
import { withReason } from './gatewayReason';

/**
 * Puts into words why a gateway refused a request as it was (status 400).
 *
 * @param code of the plugin; the gateway itself gives none
 * @param reason what the gateway says
 */
export function describeRefusal(
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
