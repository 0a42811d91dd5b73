import type { EmitEvent } from '../outbox/emitter';
import type { AgentEventStream, HookName, Logger } from '../sdk';
import type { EventParts } from './eventParts';
import {
	onMessageReceived,
	onMessageSending,
	onMessageSent,
	onReplyOffered,
} from './messageEvents';
import {
	onAgentEvent,
	onCronChanged,
	onModelCallEnded,
	onModelInput,
	onModelOutput,
	onTurnPrepared,
} from './runEvents';
import { settleDue } from './runReply';
import { onSessionEnd, onSessionStart } from './sessionEvents';
import { createSessionLookup } from './sessionIds';
import type { SessionRegistry } from './sessionRegistry';
import { eventState } from './state/eventState';
import { onToolCall, onToolResult } from './toolEvents';

/** What is used of the gateway's API. */
export interface EventSource {
	readonly runtime: unknown;
	readonly agent: {
		readonly events: {
			registerAgentEventSubscription(subscription: {
				id: string;
				streams: AgentEventStream[];
				handle(event: unknown): void;
			}): void;
		};
	};
	on(hook: EventHook, handler: (event: unknown, context: unknown) => void): void;
}

export type EventHook = HookName | 'agent_turn_prepare' | 'cron_changed';

export interface EventHooksOptions {
	readonly api: EventSource;
	readonly emit: EmitEvent;
	readonly sessions: SessionRegistry;
	readonly logger: Logger;
	/** Tells gateways apart: the folder of the plugin's data. */
	readonly scope: string;
	/** Milliseconds since 1970; the system's clock unless given. */
	readonly now?: () => number;
	/** Calls back after so many milliseconds, unless the process ends before. */
	readonly later?: (ms: number, callback: () => void) => void;
}

type Handler = (event: unknown, context: unknown, parts: EventParts) => void;

const HANDLERS: ReadonlyArray<readonly [EventHook, Handler]> = [
	['message_received', onMessageReceived],
	['message_sending', onMessageSending],
	['reply_payload_sending', onReplyOffered],
	['message_sent', onMessageSent],
	['session_start', onSessionStart],
	['session_end', onSessionEnd],
	['before_tool_call', onToolCall],
	['after_tool_call', onToolResult],
	['agent_turn_prepare', onTurnPrepared],
	['llm_input', onModelInput],
	['llm_output', onModelOutput],
	['model_call_ended', onModelCallEnded],
	[
		'cron_changed',
		(event, _context, parts) => {
			onCronChanged(event, parts);
		},
	],
	[
		'gateway_stop',
		(_event, _context, parts) => {
			settleDue(parts, true);
		},
	],
];

/**
 * Turns the gateway's hooks into events. To be called in every instance of the plugin that may get hooks:
 * all modes of registration but `cli-metadata` and `setup-only`. The handlers never throw, wait for
 * nothing and change nothing; what one instance has to know of another's hooks they share.
 *
 * @returns a function that tells of what is still waiting for a channel's report, for the plugin's end
 * @see README.md in this folder for what becomes of which hook
 * @example
 * registerEventHooks({ api, emit, sessions, logger, scope: store.folder });
 */
export function registerEventHooks(options: EventHooksOptions): () => void {
	const { api, logger } = options;
	const tryTo = createGuard(logger);
	const parts = createParts(options, tryTo);
	const guarded = (hook: string, handle: Handler) => (event: unknown, context: unknown) => {
		tryTo(hook, () => {
			if (parts.state.isNew(hook, event)) handle(event, context, parts);
		});
	};
	for (const [hook, handler] of HANDLERS) api.on(hook, guarded(hook, handler));
	const onLifecycle = guarded('lifecycle', (event) => {
		onAgentEvent(event, parts);
	});
	api.agent.events.registerAgentEventSubscription({
		id: 'event-webhooks',
		streams: ['lifecycle'],
		handle: (event) => {
			onLifecycle(event, undefined);
		},
	});
	return () => {
		settleDue(parts, true);
	};
}

function createParts(options: EventHooksOptions, tryTo: Guard): EventParts {
	const { api, emit, sessions, scope, now = Date.now, later = callLater } = options;
	return {
		emit,
		sessions,
		state: eventState(scope, now),
		findSessionId: createSessionLookup(api.runtime),
		now,
		later: (ms, callback) => {
			later(ms, () => {
				tryTo('timer', callback);
			});
		},
	};
}

function callLater(ms: number, callback: () => void): void {
	setTimeout(callback, ms).unref();
}

type Guard = (hook: string, work: () => void) => void;

/** Says once per hook that something is wrong with it, without anything of the payload. */
function createGuard(logger: Logger): Guard {
	const reported = new Set<string>();
	return (hook, work) => {
		try {
			work();
		} catch (error) {
			if (reported.has(hook)) return;
			reported.add(hook);
			const reason = error instanceof Error ? error.name : typeof error;
			logger.error(
				`[event-webhooks] An event may be missing: the gateway's hook '${hook}' brought something unexpected (${reason})`,
			);
		}
	};
}
