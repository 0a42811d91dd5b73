import type { GatewayConnection, UserMessage } from '../shared/gatewayConnection';
import { describeFault, gatewayReason, refusalCode } from '../shared/gatewayErrors';
import type { GatewayOutcome } from '../shared/gatewayRequest';

const BY_HAND = "set 'Endpoint Setup' to 'Manual'";
const TOKEN_ADVICE =
	"Automatic setup needs a token that the plugin event-webhooks issued: run 'openclaw event-webhooks token create --name n8n' on the gateway's host and enter it as 'Access Token' in the credential.";

/**
 * Puts into words why the webhook could not be registered at the gateway.
 *
 * @returns what happened, and how to go on; without the token
 */
export function describeSetupFailure(
	outcome: GatewayOutcome,
	connection: GatewayConnection,
): UserMessage {
	if (outcome.kind === 'fault') {
		const { message, description } = describeFault(outcome.reason, outcome.code, connection);
		return { message, description: `${description} Then publish again, or ${BY_HAND}.` };
	}
	const { status, body } = outcome;
	const reason = gatewayReason(body, connection);
	const code = refusalCode(body);
	if (code === 'wrong-scope') {
		return { message: 'The access token may not register webhooks', description: TOKEN_ADVICE };
	}
	if (status === 401 || status === 403) {
		return { message: 'The gateway did not accept the access token', description: TOKEN_ADVICE };
	}
	if (code === 'private-host') {
		return {
			message: "The gateway does not send to n8n's address",
			description: `The gateway says: “${reason ?? ''}”. Set WEBHOOK_URL of n8n to an address that the gateway may use, then publish again.`,
		};
	}
	if (code !== undefined && status < 500) {
		return {
			message: 'The gateway did not register the webhook',
			description: `The gateway says: “${reason ?? ''}”.`,
		};
	}
	if (status === 429 || status >= 500) {
		return {
			message: `The gateway could not register the webhook now (HTTP ${String(status)})`,
			description: `Publish again in a moment. If it does not help, look into the gateway's log, or ${BY_HAND}.`,
		};
	}
	return {
		message: `The plugin event-webhooks does not answer at ${connection.baseUrl}`,
		description: `Install it on the gateway ('openclaw plugins install openclaw-plugin-event-webhooks') and check 'Gateway URL' in the credential, or ${BY_HAND}.`,
	};
}
