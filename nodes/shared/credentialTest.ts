import { jsonParse } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	ICredentialTestFunctions,
	ICredentialsDecrypted,
	INodeCredentialTestResult,
} from 'n8n-workflow';

import { parseGatewayDirectory } from '../../protocol/gateway';
import { describeSecretFault } from '../../protocol/secret';
import { isHookPath, readConnection } from './gatewayConnection';
import type { GatewayConnection, UserMessage } from './gatewayConnection';
import { describeFailure } from './gatewayErrors';
import type { RequestTarget } from './gatewayErrors';
import { readFault, readResponse } from './gatewayRequest';
import type { GatewayOutcome } from './gatewayRequest';
import { ownProperty } from './parameterValues';

const TIMEOUT_MS = 10_000;
/** Where the plugin lists the endpoints of events. */
const ENDPOINTS_PATH = '/plugins/event-webhooks/api/endpoints';

/** What a credential is good for. */
type Use = 'Events' | 'Messages' | 'Wake Agent';

/** Whether one use works, in a sentence. */
interface Finding {
	readonly use: Use;
	readonly works: boolean;
	readonly text: string;
}

/** What one token was found to be good for. */
interface TokenFindings {
	readonly findings: readonly Finding[];
	/** Why it is good for nothing. */
	readonly failure?: UserMessage;
}

type Ask = (method: 'GET' | 'POST', path: string, token: string) => Promise<GatewayOutcome>;

/**
 * Tests an `openClawApi` credential without starting an agent run: the plugin is asked for its directory
 * and its endpoints, and the gateway's own hooks get a wake call without a text, which they refuse only
 * after they have accepted the token.
 *
 * @param this n8n's context of credential tests
 * @param credentials the fields as they are in the form
 * @returns the message says for events, messages and Wake Agent whether they work. `Error` when a token that
 *   is filled in is good for nothing, or nothing works at all. Never throws.
 */
export async function testOpenClawApi(
	this: ICredentialTestFunctions,
	credentials: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const data = credentials.data ?? {};
	const unusable = checkSigningSecret(data.signingSecret);
	if (unusable !== undefined) return failed(unusable);
	if (isBlank(data.accessToken) && isBlank(data.hookToken)) return testWithoutToken(data);
	const read = readConnection(data);
	if (!read.ok) return failed(read.reason);
	const { connection } = read;
	const ask: Ask = async (method, path, token) =>
		await request(this, connection, method, path, token);
	const access = await testAccessToken(ask, connection);
	const hook = await testHookToken(ask, connection);
	const all = [...access.findings, ...hook.findings];
	if (!isBlank(data.signingSecret) && !all.some(({ use, works }) => use === 'Events' && works)) {
		all.push({ use: 'Events', works: true, text: 'the signing secret is usable for manual setup' });
	}
	const summary = summarize(all);
	const failure = access.failure ?? hook.failure;
	return failure === undefined
		? ok(summary)
		: failed({ message: failure.message, description: `${failure.description} ${summary}` });
}

function testWithoutToken(data: ICredentialDataDecryptedObject): INodeCredentialTestResult {
	if (isBlank(data.signingSecret)) {
		return failed({
			message: "'Access Token', 'Hook Token' and 'Signing Secret' are empty",
			description:
				'Enter a token to send messages with OpenClaw Inbound, a token of the plugin or the secret to receive events with OpenClaw Trigger.',
		});
	}
	return ok(
		`${summarize([{ use: 'Events', works: true, text: 'the signing secret is usable for manual setup' }])} There is no token, so the gateway was not asked.`,
	);
}

async function testAccessToken(ask: Ask, connection: GatewayConnection): Promise<TokenFindings> {
	const { accessToken, inboundPath } = connection;
	if (accessToken === '') return { findings: [] };
	const directory = isHookPath(connection, inboundPath)
		? undefined
		: await ask('GET', inboundPath, accessToken);
	if (directory?.kind === 'fault') return nothing(directory, { kind: 'wake' }, connection);
	const endpoints = await ask('GET', ENDPOINTS_PATH, accessToken);
	const messages = directory !== undefined && isDirectory(directory);
	const events = isList(endpoints);
	if (!messages && !events) {
		// What the directory answered says more: its path may be set in the credential.
		const outcome = directory ?? endpoints;
		const found = nothing(outcome, { kind: 'registration' }, connection);
		return isTokenRefused(outcome) ? found : withAdvice(found);
	}
	return {
		findings: [
			{ use: 'Events', works: events, text: events ? 'the access token works' : NOT_FOR_EVENTS },
			{
				use: 'Messages',
				works: messages,
				text: messages ? 'the access token works' : "the access token lacks the scope 'inbound'",
			},
		],
	};
}

async function testHookToken(ask: Ask, connection: GatewayConnection): Promise<TokenFindings> {
	const { accessToken, hookToken, hooksPath, inboundPath } = connection;
	if (hookToken === '') return { findings: [] };
	const wake = await ask('POST', `${hooksPath}/wake`, hookToken);
	if (!isTextRequired(wake)) return nothing(wake, { kind: 'wake' }, connection);
	const findings: Finding[] = [{ use: 'Wake Agent', works: true, text: 'the hook token works' }];
	if (accessToken === '') {
		const hasPlugin = isDirectory(await ask('GET', inboundPath, hookToken));
		const text = hasPlugin ? 'the hook token works, with the plugin as well' : HOOKS_ONLY;
		findings.unshift({ use: 'Messages', works: true, text });
	}
	return { findings };
}

const NOT_FOR_EVENTS =
	"the access token is not for registering endpoints (scope 'endpoints'), only manual setup works";
const HOOKS_ONLY =
	"the hook token works for the gateway's own hooks. The plugin event-webhooks is not installed there, so replies and inbound endpoints are not possible";

const MISSING: Readonly<Record<Use, string>> = {
	Events: "needs 'Access Token', or 'Signing Secret' with manual setup",
	Messages: "needs 'Access Token', or 'Hook Token' for a gateway without the plugin",
	'Wake Agent': "needs 'Hook Token'",
};

/** One sentence for each use. */
function summarize(findings: readonly Finding[]): string {
	const uses: readonly Use[] = ['Events', 'Messages', 'Wake Agent'];
	return uses
		.map((use) => {
			const found = findings.filter((finding) => finding.use === use);
			const best = found.find(({ works }) => works) ?? found[0];
			return `${use}: ${best?.text ?? MISSING[use]}.`;
		})
		.join(' ');
}

function nothing(
	outcome: GatewayOutcome,
	target: RequestTarget,
	connection: GatewayConnection,
): TokenFindings {
	return { findings: [], failure: describeFailure(outcome, target, connection) };
}

function isTokenRefused(outcome: GatewayOutcome): boolean {
	return outcome.kind === 'answer' && (outcome.status === 401 || outcome.status === 403);
}

function withAdvice({ findings, failure }: TokenFindings): TokenFindings {
	if (failure === undefined) return { findings };
	const { message, description } = failure;
	const advice = "A gateway without the plugin takes its own token, as 'Hook Token'.";
	return { findings, failure: { message, description: `${description} ${advice}` } };
}

function isDirectory(outcome: GatewayOutcome): boolean {
	return (
		outcome.kind === 'answer' && outcome.status === 200 && parseGatewayDirectory(outcome.body).ok
	);
}

function isList(outcome: GatewayOutcome): boolean {
	return (
		outcome.kind === 'answer' && outcome.status === 200 && ownProperty(outcome.body, 'ok') === true
	);
}

/** OpenClaw checks the token before it looks at the text. */
function isTextRequired(outcome: GatewayOutcome): boolean {
	if (outcome.kind === 'fault' || outcome.status !== 400) return false;
	return ownProperty(outcome.body, 'error') === 'text required';
}

async function request(
	context: ICredentialTestFunctions,
	connection: GatewayConnection,
	method: 'GET' | 'POST',
	path: string,
	token: string,
): Promise<GatewayOutcome> {
	// Credential tests have this one way to send a request.
	const { helpers } = context;
	const isPost = method === 'POST';
	try {
		const response: unknown = await helpers.request({
			method,
			uri: connection.baseUrl + path,
			headers: {
				Accept: 'application/json',
				Authorization: `Bearer ${token}`,
				...(isPost ? { 'Content-Type': 'application/json' } : {}),
			},
			...(isPost ? { body: '{}' } : {}),
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
	const [fault, ...advice] = describeSecretFault(secrets.join(' '))?.split('. ') ?? [];
	return fault === undefined
		? undefined
		: { message: `'Signing Secret' ${fault}`, description: `${advice.join('. ')}.` };
}
