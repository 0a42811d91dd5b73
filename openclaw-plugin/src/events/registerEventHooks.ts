import type { AgentEventStream, HookName, Logger } from '../gatewayApi';
import type { EmitEvent } from '../outbox/emitter';
import { eventState } from './eventState';
import type { EventParts } from './eventState';
import { fieldsOf, inner, valueOf } from './fields';
import { createSessionLookup } from './knownSessions';
import { onMessageReceived, onMessageSent, onTranscript } from './messageEvents';
import { tellAwaiting } from './replies';
import {
	onAgentEvent,
	onCronChanged,
	onModelCallEnded,
	onModelInput,
	onModelOutput,
} from './runEvents';
import { onSessionEnd, onSessionStart, onSubagentEnded, onSubagentSpawned } from './sessionEvents';
import type { SessionRegistry } from './sessionRegistry';
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
	readonly lifecycle?: { onDispose?(cleanup: () => void): unknown };
	on(
		hook: HookName,
		handler: (event: unknown, context: unknown) => void,
		options?: { readonly priority?: number },
	): void;
}

export interface EventHooksOptions {
	readonly api: EventSource;
	readonly emit: EmitEvent;
	readonly sessions: SessionRegistry;
	readonly logger: Logger;
	/** Tells gateways apart: the folder of the plugin's data. */
	readonly scope: string;
	/** Told of each hook that comes, so that one which stops coming is noticed. */
	readonly seen?: (hook: string) => void;
	/** Milliseconds since 1970; the system's clock unless given. */
	readonly now?: () => number;
	/** Milliseconds that no change of that clock moves; the process's own unless given. */
	readonly elapsed?: () => number;
	/** Calls back after so many milliseconds, unless the process ends before. */
	readonly later?: (ms: number, callback: () => void) => void;
}

/*
 * What the gateway tells becomes events:
 *
 *   registerEventHooks  which hook becomes which event; the README says what was found out about each
 *   messageEvents       somebody wrote, or was answered; incomingMessage reads what was written, replies joins an
 *                       answer with the run that it is of
 *   runEvents           runs that end or fail; run is what is known of one
 *   sessionEvents       sessions that begin and end; sessionRegistry: which there have been, over restarts
 *   toolEvents          tool calls
 *   place               where something happened, as the hooks say and the events tell it; knownSessions adds what is
 *                       known of the chat
 *   eventState          what all instances of the plugin remember of what goes on, within limits: boundedMap
 *   fields              reads what may not be there, and leaves out what is not
 *   redactSecrets       secrets in parameters and results of tools
 */

type Handler = (event: unknown, context: unknown, parts: EventParts) => void;

/**
 * Which hook becomes which event. None of them changes what the gateway does by being registered; see the
 * README for what was found out about each, and for those that must not be here.
 */
const HANDLERS: ReadonlyArray<readonly [HookName, Handler]> = [
	// message.received, and session.created at the first sight of a session
	['message_received', onMessageReceived],
	// message.sent, or error.occurred
	['message_sent', onMessageSent],
	// session.created, session.ended
	['session_start', onSessionStart],
	['session_end', onSessionEnd],
	['subagent_spawned', onSubagentSpawned],
	['subagent_ended', onSubagentEnded],
	// tool.called; tool.completed and error.occurred
	['before_tool_call', onToolCall],
	['after_tool_call', onToolResult],
	// what runs are about, and what they cost: message.received of API requests
	['llm_input', onModelInput],
	['llm_output', onModelOutput],
	['model_call_ended', onModelCallEnded],
	// error.occurred
	[
		'cron_changed',
		(event, _context, parts) => {
			onCronChanged(event, parts);
		},
	],
	// message.sent of replies that no channel has reported yet
	[
		'gateway_stop',
		(_event, _context, parts) => {
			tellAwaiting(parts);
		},
	],
];

/** Another plugin that blocks a tool call keeps it from those that come later. */
const FIRST = { priority: Number.MAX_SAFE_INTEGER };

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
	const { api, logger, seen } = options;
	const tryTo = createGuard(logger);
	const parts = createParts(options, tryTo);
	const guarded = (hook: string, handle: Handler) => (event: unknown, context: unknown) => {
		tryTo(hook, () => {
			if (!parts.state.isNew(hook, event)) return;
			seen?.(hook);
			handle(event, context, parts);
		});
	};
	for (const [hook, handler] of HANDLERS) {
		api.on(hook, guarded(hook, handler), hook === 'before_tool_call' ? FIRST : undefined);
	}
	// error.occurred, and message.sent of runs whose reply goes to no channel
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
	// message.sent of the gateway's own texts in the control UI
	const unfollow = followTranscripts(
		api,
		guarded('transcript', (event) => {
			onTranscript(event, parts);
		}),
	);
	return () => {
		unfollow();
		tellAwaiting(parts);
	};
}

type Subscribe = (listener: (event: unknown) => void) => unknown;

/** Only where the gateway says when this instance ends: it would be listened to for ever. */
function followTranscripts(
	api: EventSource,
	handle: (event: unknown, context: unknown) => void,
): () => void {
	const subscribe = valueOf(inner(fieldsOf(api.runtime), 'events'), 'onSessionTranscriptUpdate');
	if (typeof subscribe !== 'function' || api.lifecycle?.onDispose === undefined) {
		return () => undefined;
	}
	const end = (subscribe as Subscribe)((event) => {
		handle(event, undefined);
	});
	return () => {
		if (typeof end === 'function') (end as () => void)();
	};
}

function createParts(options: EventHooksOptions, tryTo: Guard): EventParts {
	const { api, emit, sessions, scope, now = Date.now, later = callLater } = options;
	const { elapsed = () => performance.now() } = options;
	return {
		emit,
		sessions,
		state: eventState(scope, elapsed),
		findSession: createSessionLookup(api.runtime),
		now,
		elapsed,
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
