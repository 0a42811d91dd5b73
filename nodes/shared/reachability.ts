import type { GatewayConnection, UserMessage } from './gatewayConnection';

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** A gateway on another machine cannot reach an n8n that calls itself localhost. */
export function unreachableFromGateway(
	webhookUrl: string,
	connection: GatewayConnection,
): UserMessage | undefined {
	if (!URL.canParse(webhookUrl)) {
		return {
			message: 'n8n does not know the address of this webhook',
			description: 'Set WEBHOOK_URL of n8n to the address by which the gateway reaches it.',
		};
	}
	const { hostname } = new URL(webhookUrl);
	const gateway = new URL(connection.baseUrl).hostname;
	if (!LOOPBACK.test(hostname) || LOOPBACK.test(gateway)) return undefined;
	return {
		message: `The gateway at ${gateway} cannot reach n8n at ${hostname}`,
		description: `'${hostname}' means the gateway's own machine there. Set WEBHOOK_URL of n8n to the address by which the gateway reaches it, and restart n8n.`,
	};
}
