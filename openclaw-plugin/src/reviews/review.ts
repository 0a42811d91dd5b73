import type { MessageCallback } from '../inbound/message';

/** A chat, as the gateway addresses it. */
export interface ChatPlace {
	/** Id of the channel, such as `telegram`. */
	readonly channel: string;
	/** Who or what in it, such as `777` or `channel:C123`. */
	readonly to: string;
	/** Of the bot, where the channel has several. */
	readonly accountId?: string;
	readonly threadId?: string;
}

/** What somebody asks a person. Times are milliseconds since 1970. */
export interface ReviewRequest {
	readonly message: string;
	readonly place: ChatPlace;
	/** The session whose chat it is, where that was asked for. */
	readonly sessionKey?: string;
	/** Ids of the people in the chat whose answer counts; all who may command the bot there when absent. */
	readonly approvers?: readonly string[];
	readonly expiresAt: number;
	/** Where the answer is sent. */
	readonly callback: MessageCallback;
}

export type ReviewDecision = 'approve' | 'deny';

/** A question to a person, and what has become of it. */
export interface Review extends ReviewRequest {
	/** `rev_…`, of which nobody in the chat hears. */
	readonly id: string;
	/** What the answer names; it stands in that chat alone. */
	readonly code: string;
	/** Whether the chat has it. */
	readonly isAsked: boolean;
	readonly decision?: ReviewDecision;
	/** Who has answered: the id in the channel. */
	readonly by?: string;
}
