import {
	mutateConfigFile,
	readConfigFileSnapshotForWrite,
} from 'openclaw/plugin-sdk/config-mutation';
import { wrapExternalContent } from 'openclaw/plugin-sdk/security-runtime';
import { isBlockedHostnameOrIp, isPrivateIpAddress } from 'openclaw/plugin-sdk/ssrf-runtime';
import { registerPluginHttpRoute } from 'openclaw/plugin-sdk/webhook-ingress';
import type { HostRules } from './delivery/hostGuard';
import type { HttpRoute } from './gatewayApi';
import { errorText } from './logger';
import { PLUGIN_ID } from './protocol';
import type { ChatPlace } from './reviews/chatPlace';
import type { Question } from './reviews/question';
import type { ConfigFile } from './settings/gatewayConfig';

/** The gateway's configuration file, changed in the way the gateway's own commands change it. */
export const gatewayConfigFile: ConfigFile = {
	read: async () => (await readConfigFileSnapshotForWrite()).snapshot.parsed,
	change: async (edit) => {
		await mutateConfigFile({
			afterWrite: { mode: 'auto' },
			mutate: (draft) => {
				edit(draft as Record<string, unknown>);
			},
		});
	},
};

/** Marks text as content from outside, which agents must not take for their owner's words. */
export function markExternal(text: string): string {
	return wrapExternalContent(text, { source: 'webhook' });
}

/** The gateway's own rules about hosts that a request must not lead to. */
export const GATEWAY_HOST_RULES: HostRules = {
	isBlockedHost: (host) => isBlockedHostnameOrIp(host),
	isPrivateAddress: (address) => isPrivateIpAddress(address),
};

/**
 * Registers a route in a gateway that runs already; until then routes belong to the plugin's registration.
 *
 * @returns what takes it away again
 * @throws Error when the path belongs to somebody else
 */
export function addRoute(route: HttpRoute): () => void {
	return registerPluginHttpRoute({
		...route,
		pluginId: PLUGIN_ID,
		source: 'inbound',
		replaceExisting: true,
		throwOnFailure: true,
	});
}

/**
 * Ends what is at work in a session of an agent. The module is loaded by who needs it: it is a large one, and marked as
 * experimental, so that a gateway may be without it.
 *
 * @returns false where nothing is at work, or the gateway has no such function
 * @example
 * await stopActiveRun('agent:support-bot:webhook');
 */
export async function stopActiveRun(sessionKey: string): Promise<boolean> {
	const sdk = await import('openclaw/plugin-sdk/agent-harness').catch(() => undefined);
	const sessionId = sdk?.resolveActiveEmbeddedRunSessionId(sessionKey);
	return sessionId !== undefined && sdk?.abortAgentHarnessRun(sessionId) === true;
}

/**
 * Channels in which a button's command is one of the gateway's own alone (`CommandSource` is `native`), and a plugin's
 * would be told to the agent. What such a button sends back counts as written by who has pressed it.
 */
const AS_WRITTEN: ReadonlySet<string> = new Set(['telegram']);

/**
 * Hands a question to a channel, whose own queue tries again where that can help.
 *
 * @param config the gateway's whole configuration
 * @throws Error when the channel has not taken it
 */
export async function sendToChat(
	config: unknown,
	{ channel, to, accountId, threadId }: ChatPlace,
	{ text, buttons }: Question,
): Promise<void> {
	// A gateway that has it not lacks this alone.
	const { sendDurableMessageBatch } = await import('openclaw/plugin-sdk/channel-outbound');
	const sent = await sendDurableMessageBatch({
		cfg: config as never,
		channel,
		to,
		...(accountId === undefined ? {} : { accountId }),
		...(threadId === undefined ? {} : { threadId }),
		payloads: [
			{
				text,
				presentation: {
					blocks: [
						{
							type: 'buttons',
							buttons: buttons.map(({ label, command, style }) => ({
								label,
								style,
								...(AS_WRITTEN.has(channel)
									? { value: command }
									: { action: { type: 'command', command } }),
							})),
						},
					],
				},
			},
		],
	});
	if (sent.status === 'sent') return;
	const { error } = sent as { readonly error?: unknown };
	throw new Error(`${sent.status}${error === undefined ? '' : `: ${errorText(error)}`}`);
}
