import type { ICredentialDataDecryptedObject } from 'n8n-workflow';

/** Name of the credential type that both nodes use. */
export const CREDENTIAL_NAME = 'openClawApi';

/** What is needed to reach a gateway, checked once. */
export interface GatewayConnection {
	/** Scheme, host and an optional path prefix, without a slash at the end. */
	readonly baseUrl: string;
	/** Starts with a slash and has none at the end. */
	readonly inboundPath: string;
	/** Starts with a slash and has none at the end. */
	readonly hooksPath: string;
	readonly ignoreSslIssues: boolean;
	/** A token of the plugin; empty where there is none. */
	readonly accessToken: string;
	/** `hooks.token` of the gateway; empty where there is none. */
	readonly hookToken: string;
}

/** A text for the user in n8n's two parts: what happened, and how to go on. */
export interface UserMessage {
	readonly message: string;
	readonly description: string;
}

export type ReadConnection =
	| { ok: true; connection: GatewayConnection }
	| { ok: false; reason: UserMessage };

/** Tokens that the plugin issues begin so; the gateway's own hook token is chosen by its owner. */
const PLUGIN_TOKEN = 'ocw_';

/** Whether a path is one of the gateway's own hooks. */
export function isHookPath({ hooksPath }: GatewayConnection, path: string): boolean {
	return path === hooksPath || path.startsWith(`${hooksPath}/`);
}

/**
 * The token that the gateway wants at a path. The plugin's routes take the hook token as well, so it does
 * where there is no other.
 *
 * @returns an empty text when the credential has none for it
 */
export function tokenAt(connection: GatewayConnection, path: string): string {
	const { accessToken, hookToken } = connection;
	if (isHookPath(connection, path)) return hookToken;
	return accessToken === '' ? hookToken : accessToken;
}

// What HTTP allows in a header value, without blanks: RFC 6750 tokens are a part of it.
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Checks a decrypted credential and makes it ready for requests. The texts it returns never contain
 * a token.
 *
 * @param credential the fields of an `openClawApi` credential
 * @returns the connection, or which field has to be changed and how
 * @example
 * const read = readConnection(await this.getCredentials('openClawApi'));
 * if (read.ok) console.log(read.connection.baseUrl); // http://127.0.0.1:18789
 */
export function readConnection(credential: ICredentialDataDecryptedObject): ReadConnection {
	const baseUrl = readBaseUrl(textOf(credential.gatewayUrl));
	if (baseUrl === undefined) {
		return refuse(
			"'Gateway URL' in the credential is not a web address",
			'Enter the address of the OpenClaw gateway with http:// or https://, for example http://127.0.0.1:18789',
		);
	}
	const accessToken = textOf(credential.accessToken);
	const hookToken = textOf(credential.hookToken);
	const reason = checkTokens(accessToken, hookToken);
	if (reason !== undefined) return { ok: false, reason };
	const inboundPath = readPath(textOf(credential.inboundPath), '/webhooks/inbound');
	const hooksPath = readPath(textOf(credential.hooksPath), '/hooks');
	if (inboundPath === undefined || hooksPath === undefined) {
		const name = inboundPath === undefined ? 'Inbound Path' : 'Hooks Path';
		return refuse(
			`'${name}' in the credential is not a path`,
			'Enter a path such as /hooks, without a host and without a question mark',
		);
	}
	const ignoreSslIssues = credential.ignoreSslIssues === true;
	return {
		ok: true,
		connection: { baseUrl, inboundPath, hooksPath, ignoreSslIssues, accessToken, hookToken },
	};
}

function checkTokens(accessToken: string, hookToken: string): UserMessage | undefined {
	if (accessToken === '' && hookToken === '') {
		return {
			message: "'Access Token' and 'Hook Token' in the credential are empty",
			description:
				"Enter a token that the plugin event-webhooks issued as 'Access Token', or the gateway's own ('hooks.token' in openclaw.json) as 'Hook Token'",
		};
	}
	const unusable = [
		['Access Token', accessToken],
		['Hook Token', hookToken],
	].find(([, token]) => token !== '' && !TOKEN.test(token ?? ''));
	if (unusable !== undefined) {
		return {
			message: `'${unusable[0] ?? ''}' in the credential contains blanks or special characters`,
			description: 'Copy the token again: it is a single word of plain letters, digits and signs',
		};
	}
	if (!hookToken.startsWith(PLUGIN_TOKEN)) return undefined;
	return {
		message: "'Hook Token' in the credential holds a token of the plugin",
		description:
			"Enter it as 'Access Token'. 'Hook Token' is the value of 'hooks.token' in the gateway's openclaw.json.",
	};
}

function refuse(message: string, description: string): ReadConnection {
	return { ok: false, reason: { message, description } };
}

function textOf(value: unknown): string {
	return typeof value === 'string' ? value.trim() : '';
}

function readBaseUrl(text: string): string | undefined {
	if (!URL.canParse(text)) return undefined;
	const url = new URL(text);
	const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
	// A name and password in the address would appear in texts and logs.
	if (!isWeb || url.username !== '' || url.password !== '') return undefined;
	return url.origin + url.pathname.replace(/\/+$/, '');
}

function readPath(text: string, fallback: string): string | undefined {
	if (text === '') return fallback;
	const path = encodePath(text);
	return path === undefined || /[?#]|:\/\//.test(text) ? undefined : `/${path}`;
}

/**
 * Makes a text safe as a part of a URL's path: each piece between slashes is escaped.
 *
 * @param text for example an endpoint's name; slashes at the ends don't count
 * @returns the escaped path without slashes at its ends; `undefined` when nothing is left of it, or
 *   when it would lead elsewhere (`.` and `..`)
 * @example
 * encodePath('deploy/prod env'); // 'deploy/prod%20env'
 */
export function encodePath(text: string): string | undefined {
	const pieces = text
		.trim()
		.replace(/^\/+|\/+$/g, '')
		.split('/');
	const leadsAway = pieces.some((piece) => piece === '' || piece === '.' || piece === '..');
	// Half of a surrogate pair has no UTF-8 form.
	if (leadsAway || /\p{Surrogate}/u.test(text)) return undefined;
	return pieces.map(encodeURIComponent).join('/');
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** A gateway on another machine cannot reach an n8n that calls itself localhost. */
export function unreachableFromGateway(
	webhookUrl: string,
	connection: GatewayConnection,
): UserMessage | undefined {
	if (!URL.canParse(webhookUrl)) {
		return {
			message: 'n8n does not know the address of this webhook',
			description:
				'Set N8N_WEBHOOK_URL (WEBHOOK_URL in older versions) of n8n to the address by which the gateway reaches it.',
		};
	}
	const { hostname } = new URL(webhookUrl);
	const gateway = new URL(connection.baseUrl).hostname;
	if (!LOOPBACK.test(hostname) || LOOPBACK.test(gateway)) return undefined;
	return {
		message: `The gateway at ${gateway} cannot reach n8n at ${hostname}`,
		description: `'${hostname}' means the gateway's own machine there. Set N8N_WEBHOOK_URL (WEBHOOK_URL in older versions) of n8n to the address by which the gateway reaches it, and restart n8n.`,
	};
}
