import type { EventParts, EventState } from './eventState';
import { withPlace } from './knownSessions';
import { eventData, isSubagent, WEBCHAT } from './place';
import { isApiRequest, isConversation } from './run';
import type { Run, Usage } from './run';

/** Milliseconds that a channel has to report a reply after the run's end. */
const REPORT_MS = 10_000;
const MAX_AWAITING = 1000;
/** Where the gateway cuts the text that it gives at the end of a run. */
const CUT_LENGTH = 4096;
/** What an agent writes that has nothing to say. @see https://docs.openclaw.ai/gateway/heartbeat */
const SILENCE = /^(?:NO_REPLY|HEARTBEAT_OK)$/i;

/**
 * Runs whose reply is told although no channel reports it. A heartbeat's goes to a chat, if it is new, or
 * nowhere; other runs are the gateway's own, such as those that tidy an agent's memory.
 */
const TRIGGERS: ReadonlySet<string | undefined> = new Set([undefined, 'user', 'cron']);

type Decision = 'tell' | 'wait' | 'nothing';

/** Tells of the reply of a run that has ended where no channel does; possibly later. */
export function tellReply(run: Run, parts: EventParts): void {
	const { state, later } = parts;
	const text = run.end?.outcome.kind === 'replied' ? run.end.outcome.text : undefined;
	if (text !== undefined) state.replies.expect(run, text);
	const decision = decide(run, false);
	if (decision !== 'wait') {
		finish(run, decision, parts);
		return;
	}
	// A run that is tried anew waits anew. No clock is asked: it may have been set meanwhile.
	const wait = {};
	state.awaiting.delete(run.id);
	state.awaiting.set(run.id, wait);
	if (state.awaiting.size > MAX_AWAITING) tellAwaiting(parts);
	later(REPORT_MS, () => {
		if (state.awaiting.get(run.id) === wait) tellUnreported(run.id, parts);
	});
}

/** Tells of all replies that may still be reported: they are waited for no longer, such as when the plugin ends. */
export function tellAwaiting(parts: EventParts): void {
	for (const runId of parts.state.awaiting.keys()) tellUnreported(runId, parts);
}

function tellUnreported(runId: string, parts: EventParts): void {
	const { state } = parts;
	state.awaiting.delete(runId);
	const run = state.runs.get(runId);
	if (run !== undefined) finish(run, decide(run, true), parts);
}

/** A channel has told what became of a run's reply. */
export function markReported(run: Run, state: EventState): void {
	run.isReported = true;
	state.awaiting.delete(run.id);
}

/** The model and the tokens of a reply: the tokens once for each run, so that they can be added up. */
export function turnOf(run: Run): {
	readonly model?: string | undefined;
	readonly usage?: Usage | undefined;
} {
	if (run.end?.outcome.kind === 'failed') return {};
	const usage = run.isUsageTold ? undefined : run.usage;
	if (usage !== undefined) run.isUsageTold = true;
	return { model: run.model, usage };
}

/** The text of a run's reply, and whether it is cut; undefined when it has none. */
export function replyOf({ end, text }: Run): { content: string; isCut: boolean } | undefined {
	const ended = end?.outcome.kind === 'replied' ? end.outcome.text : undefined;
	const content = ended ?? text;
	if (content === undefined || content.trim() === '' || SILENCE.test(content.trim())) {
		return undefined;
	}
	if (ended === undefined || !isCut(ended)) return { content, isCut: false };
	// The model's own message is whole.
	const isWhole = (text ?? '').trim().startsWith(ended.slice(0, -1).trim());
	return { content: isWhole ? (text ?? content) : content, isCut: !isWhole };
}

function isCut(text: string): boolean {
	return text.length >= CUT_LENGTH - 1 && text.endsWith('…');
}

function decide(run: Run, isDue: boolean): Decision {
	const { trigger, sessionKey, channel } = run.place;
	const isDealtWith = run.isReported || run.isTold || run.end?.hasDelivered === true;
	const isOurs = TRIGGERS.has(trigger) && !isSubagent(sessionKey);
	if (isDealtWith || isSilent(run) || !isOurs) return 'nothing';
	if (replyOf(run) === undefined) return isDue || run.isDescribed ? 'nothing' : 'wait';
	if (isConversation(run)) return 'nothing';
	if (isApiRequest(run) || channel === WEBCHAT) return 'tell';
	if (run.isDescribed && channel === undefined) return 'tell';
	return isDue ? 'tell' : 'wait';
}

function isSilent({ end }: Run): boolean {
	return end?.outcome.kind !== 'replied' || end.outcome.isSilent;
}

function finish(run: Run, decision: Decision, { emit, state }: EventParts): void {
	const reply = replyOf(run);
	run.text = undefined;
	const texts = run.texts.splice(0);
	if (decision !== 'tell' || reply === undefined) return;
	run.isTold = true;
	const { content, isCut: truncated } = reply;
	const place = withPlace(toldPlace(run), state);
	const tell = (message: object, more = {}) => {
		emit('message.sent', eventData(place, { message, ...more }), run.endedAt);
	};
	for (const earlier of place.channel === WEBCHAT ? texts.filter((text) => text !== content) : []) {
		tell({ role: 'assistant', content: earlier }, { model: run.model });
	}
	tell({ role: 'assistant', content, ...(truncated ? { truncated } : {}) }, turnOf(run));
}

/** No channel has got it: neither its name nor the chat's belongs to the message. */
function toldPlace({ place }: Run) {
	return place.channel === WEBCHAT
		? place
		: { ...place, channel: undefined, accountId: undefined, conversation: undefined };
}
