/** What stands in a key between the channel and the id of the chat. */
const CHAT_KINDS: ReadonlySet<string | undefined> = new Set(['direct', 'group', 'channel']);

/**
 * The agent of a session, by its key.
 *
 * @see https://docs.openclaw.ai/channels/channel-routing
 * @example
 * agentIdOf('agent:support-bot:telegram:direct:777'); // 'support-bot'
 */
export function agentIdOf(sessionKey: string | undefined): string | undefined {
	const [scheme, agentId] = sessionKey?.split(':', 3) ?? [];
	return scheme === 'agent' && agentId !== '' ? agentId : undefined;
}

/**
 * The channel of a session that belongs to one chat; the main session and those of runs have none.
 *
 * @example
 * channelOf('agent:main:telegram:group:-100200'); // 'telegram'
 * channelOf('agent:main:telegram:work:direct:777'); // 'telegram', with the channel's account
 * channelOf('agent:main:main'); // undefined
 */
export function channelOf(sessionKey: string | undefined): string | undefined {
	const [scheme, , channel, third, fourth, fifth] = sessionKey?.split(':', 6) ?? [];
	if (scheme !== 'agent' || channel === undefined || CHAT_KINDS.has(channel)) return undefined;
	const isChat =
		(CHAT_KINDS.has(third) && fourth !== undefined) ||
		(CHAT_KINDS.has(fourth) && fifth !== undefined);
	return isChat ? channel : undefined;
}

/**
 * Whether a session lasts for one run only: those of scheduled runs and hooks, and of API requests that
 * name no user.
 *
 * @example
 * isOneRun('agent:main:cron:6a0d85e8:run:4aa6720d'); // true
 */
export function isOneRun(sessionKey: string): boolean {
	return /^agent:[^:]+:(?:cron:.*:run|openai|openresponses):/.test(sessionKey);
}
