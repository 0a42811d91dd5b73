import type { GatewayConnection, UserMessage } from './gatewayConnection';
import type { FaultReason } from './transport';

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
