import { amountOf, fieldsOf, idOf, textOf } from './fields';
import { sessionOrigin } from './origin';
import type { Origin } from './origin';

/** What `session_start` says. */
export interface SessionStart {
	readonly origin: Origin;
	/** The session that it goes on from: its own id after a reset. */
	readonly resumedFrom: string | undefined;
}

/** What `session_end` says. */
export interface SessionEnd {
	readonly origin: Origin;
	readonly reason: string;
	readonly messageCount: number | undefined;
	readonly durationMs: number | undefined;
	/** The session that takes its place, where there is one. */
	readonly nextSessionId: string | undefined;
}

export function parseSessionStart(event: unknown, context: unknown): SessionStart {
	return {
		origin: sessionOrigin(event, context),
		resumedFrom: idOf(fieldsOf(event), 'resumedFrom'),
	};
}

export function parseSessionEnd(event: unknown, context: unknown): SessionEnd {
	const fields = fieldsOf(event);
	return {
		origin: sessionOrigin(event, context),
		reason: textOf(fields, 'reason') ?? 'unknown',
		messageCount: amountOf(fields, 'messageCount'),
		durationMs: amountOf(fields, 'durationMs'),
		nextSessionId: idOf(fields, 'nextSessionId'),
	};
}
