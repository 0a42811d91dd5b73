/** What the parts of the soak test agree on. */

/** Has the chats on Telegram. */
export const CHAT_AGENT = 'support-bot';
/** Is told things by n8n. */
export const TOLD_AGENT = 'alert-handler';
/** Has no chats; the plugin keeps its events from n8n. */
export const OTHER_AGENT = 'main';

/** Agents whose events the plugin sends to n8n. */
export const AGENTS_FOR_N8N: readonly string[] = [CHAT_AGENT, TOLD_AGENT];

/** Users who write; the trigger in n8n filters the events of one of them out. */
export const USERS: readonly number[] = [701, 702, 703, 704];
export const FILTERED_USER = '703';

/** Endpoints of the plugin. */
export const ENDPOINTS = { n8n: 'n8n', receiver: 'receiver' } as const;
/** Where n8n tells the agent something. */
export const INBOUND_ENDPOINT = 'told';

/** In a message that n8n shall tell the agent of. The agent is told what stands before it. */
export const TELL = 'tell the others';
/** What the agent is told begins with it. */
export const TOLD = 'Somebody wrote: ';
const TOLD_MESSAGE = new RegExp(`${TOLD}(soak message \\d+)`);

export function numberedText(count: number): string {
	return `soak message ${String(count)}`;
}

/** The numbered message that an agent is told of in a text. */
export function toldMessage(text: string): string | undefined {
	return TOLD_MESSAGE.exec(text)?.[1];
}
