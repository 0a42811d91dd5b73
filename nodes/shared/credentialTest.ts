import { jsonParse } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	ICredentialTestFunctions,
	ICredentialsDecrypted,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { parseGatewayDirectory } from '../../protocol/gateway';
import { readConnection } from './gatewayConnection';
import type { GatewayConnection, UserMessage } from './gatewayConnection';
import { describeFailure, describeFault } from './gatewayErrors';
import { readFault, readResponse } from './gatewayRequest';
import type { GatewayOutcome } from './gatewayRequest';

const TIMEOUT_MS = 10_000;

/**
 * Tests an `openClawApi` credential without starting an agent run: the plugin is asked for its directory,
 * and the gateway's own hooks get a wake call without a text, which they refuse only after they have
 * accepted the token.
 *
 * @param this n8n's context of credential tests
 * @param credentials the fields as they are in the form
 * @returns `OK` when at least one of the two nodes can work with it; the message says which and what is
 *   missing. Never throws.
 */
export async function testOpenClawApi(
	this: ICredentialTestFunctions,
	credentials: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const data = credentials.data ?? {};
	const unusable = checkSigningSecret(data.signingSecret);
	if (unusable !== undefined) return failed(unusable);
	if (isBlank(data.accessToken)) return testWithoutToken(data);
	const read = readConnection(data);
	if (!read.ok) return failed(read.reason);
	const { connection } = read;

	const directory = await request(this, connection, 'GET', connection.inboundPath);
	if (directory.kind === 'fault') {
		return failed(describeFault(directory.reason, directory.code, connection));
	}
	if (directory.status === 200 && parseGatewayDirectory(directory.body).ok) {
		return ok('The gateway and its plugin event-webhooks accepted the access token');
	}
	const hooks = await request(this, connection, 'POST', `${connection.hooksPath}/wake`, '{}');
	if (isTextRequired(hooks)) {
		return ok(
			directory.status === 401 || directory.status === 403
				? 'The gateway accepted the access token for its hooks, but the plugin event-webhooks did not: Inbound Endpoint will not work'
				: 'The gateway accepted the access token for its hooks. The plugin event-webhooks is not installed there, so only Define Below, Wake Agent and hook mappings work.',
		);
	}
	return failed(describeFailure(hooks, { kind: 'wake' }, connection));
}

function testWithoutToken(data: ICredentialDataDecryptedObject): INodeCredentialTestResult {
	if (isBlank(data.signingSecret)) {
		return failed({
			message: "Both 'Access Token' and 'Signing Secret' are empty",
			description:
				'Enter the token to send messages with OpenClaw Inbound, the secret to receive events with OpenClaw Trigger, or both.',
		});
	}
	return ok(
		'The signing secret is usable for OpenClaw Trigger. There is no access token, so the gateway was not asked and OpenClaw Inbound will not work.',
	);
}

/** OpenClaw checks the token before it looks at the text. */
function isTextRequired(outcome: GatewayOutcome): boolean {
	if (outcome.kind === 'fault' || outcome.status !== 400) return false;
	const { body } = outcome;
	return (
		typeof body === 'object' && body !== null && 'error' in body && body.error === 'text required'
	);
}

async function request(
	context: ICredentialTestFunctions,
	connection: GatewayConnection,
	method: 'GET' | 'POST',
	path: string,
	body?: string,
): Promise<GatewayOutcome> {
	const { accessToken } = connection.credential;
	const token = typeof accessToken === 'string' ? accessToken.trim() : '';
	// Credential tests have this one way to send a request.
	const { helpers } = context;
	try {
		const response: unknown = await helpers.request({
			method,
			uri: connection.baseUrl + path,
			headers: {
				Accept: 'application/json',
				Authorization: `Bearer ${token}`,
				...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
			},
			...(body === undefined ? {} : { body }),
			timeout: TIMEOUT_MS,
			followRedirect: false,
			followAllRedirects: false,
			rejectUnauthorized: !connection.ignoreSslIssues,
			resolveWithFullResponse: true,
			simple: false,
		});
		return parseBody(readResponse(response));
	} catch (error) {
		return readFault(error);
	}
}

/** This way of asking leaves JSON as a text. */
function parseBody(outcome: GatewayOutcome): GatewayOutcome {
	if (outcome.kind === 'fault' || typeof outcome.body !== 'string') return outcome;
	const { body } = outcome;
	return { ...outcome, body: jsonParse<unknown>(body, { fallbackValue: body }) };
}

function isBlank(value: unknown): boolean {
	return typeof value !== 'string' || value.trim() === '';
}

function ok(message: string): INodeCredentialTestResult {
	return { status: 'OK', message };
}

function failed({ message, description }: UserMessage): INodeCredentialTestResult {
	return { status: 'Error', message: `${message}. ${description}` };
}

/**
 * Looks for signs that a signing secret was not copied as the gateway has it. The secret itself never
 * gets into the text.
 *
 * @param value the field as entered; an empty one is fine
 * @returns what to change, or `undefined`
 * @example
 * checkSigningSecret('whsec_old whsec_new'); // undefined: both are used while rotating
 */
export function checkSigningSecret(value: unknown): UserMessage | undefined {
	const secrets =
		typeof value === 'string' ? value.split(/\s+/u).filter((part) => part !== '') : [];
	if (secrets.some((secret) => /^\$\{.*\}$|\{\{|\}\}/.test(secret))) {
		return {
			message: "'Signing Secret' is a placeholder, not a secret",
			description:
				'Enter the value itself: names such as ${SECRET} are filled in by the gateway only.',
		};
	}
	if (secrets.some((secret) => /^["'`]|["'`]$/.test(secret))) {
		return {
			message: "'Signing Secret' has quotation marks around it",
			description: 'Enter it without the quotation marks of openclaw.json5.',
		};
	}
	if (secrets.some((secret) => /[,;]whsec_|^whsec_.*[,;]$/.test(secret))) {
		return {
			message: "'Signing Secret' holds several secrets with commas between them",
			description: 'Separate them with a space.',
		};
	}
	return undefined;
}
