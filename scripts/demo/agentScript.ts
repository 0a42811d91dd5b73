const CHINESE = /\p{Script=Han}/u;
/** The message template of the example, in English and as its note says it in Chinese. */
const TICKET = /#(\S+) (?:now has the status: |状态已更新为[:：])(.+)/;

/**
 * What the agents of the demo answer: in the language they are written to, and about a ticket with its
 * number and status.
 *
 * @param message as the gateway passed it to the model
 * @example
 * replyTo('Ticket #T-1001 now has the status: solved'); // 'News about your ticket #T-1001: solved 🎫'
 */
export function replyTo(message: string): string {
	const [, id = '', status = ''] = TICKET.exec(message) ?? [];
	if (CHINESE.test(message)) {
		return id === ''
			? '收到！我来看看，有进展马上告诉您 👀'
			: `您的工单 #${id} 有新进展：${status} 🎫`;
	}
	return id === ''
		? 'Got it! I will look into it and tell you when there is news 👀'
		: `News about your ticket #${id}: ${status} 🎫`;
}
