import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Checked } from '../http/answers';
import type { Caller } from '../tokens/tokens';
import type { CallbackRules } from './callback';
import type { MessageStore } from './messageStore';
import type { MessageInput, WriteMessage } from './messageText';
import type { RefusalStore } from './refusalStore';
import type { SenderCall } from './senderCall';
import type { SessionRules } from './sessionPolicy';
import type { Signals } from './signals';

/** A request that was let in. */
export interface Call {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly query: URLSearchParams;
	readonly caller: Caller;
	/** Of a call that is let in by its signature. */
	readonly sender?: SenderCall;
}

/** What an endpoint makes of a call. */
export interface MessageMaker {
	readonly write: WriteMessage;
	/** Says which condition a call, or an element of its list, does not meet; without a message then. */
	readonly findUnmet?: (input: MessageInput) => string | undefined;
	/** The list of whose elements messages are made, where a call may become several. */
	readonly listItems?: (input: MessageInput) => Checked<readonly unknown[]>;
}

/** What taking messages takes. */
export interface MessageTools {
	readonly messages: MessageStore;
	readonly signals: Signals;
	/** Where it is noted what was filtered out. */
	readonly refusals: Pick<RefusalStore, 'note'>;
	/** Marks a text as coming from outside: `wrapExternalContent` of the gateway's SDK. */
	readonly wrapExternalContent: (text: string) => string;
	readonly now: () => number;
}

/** What the settings say. */
export interface CallRules {
	readonly session: Pick<SessionRules, 'others' | 'prefixes' | 'hooks' | 'isThere'>;
	readonly callbacks: CallbackRules;
}
