import { eventData } from './eventParts';
import type { EventParts } from './eventParts';
import type { OfferedReply } from './payloads/messages';
import { isApiRequest, isConversation } from './state/run';
import type { Run } from './state/run';
import type { Usage } from './usage';

/** Channel of the control UI's chat and of the API: the gateway reports no deliveries there. */
export const WEBCHAT = 'webchat';

/**
 * Milliseconds that a channel has to report a reply after the run's end. It announces the message within
 * some 150 ms; how long the delivery itself takes does not count.
 */
const REPORT_MS = 10_000;
const MAX_AWAITING = 1000;
/** What an agent writes that has nothing to say. @see https://docs.openclaw.ai/gateway/heartbeat */
const SILENCE = /^(?:NO_REPLY|HEARTBEAT_OK)$/i;

/** Other runs are the gateway's own, such as those that tidy an agent's memory. */
const TRIGGERS: ReadonlySet<string | undefined> = new Set([undefined, 'user', 'cron', 'heartbeat']);

type Decision = 'tell' | 'wait' | 'nothing';

/** Tells of the reply of a run that has ended where no channel does; possibly later. */
export function settleReply(run: Run, parts: EventParts): void {
	const { state, now, later } = parts;
	const decision = decide(run, false);
	if (decision !== 'wait') {
		finish(run, decision, parts);
		return;
	}
	announce(run, parts);
	if (run.isReported) return;
	state.awaiting.delete(run.id);
	state.awaiting.set(run.id, now() + REPORT_MS);
	if (state.awaiting.size > MAX_AWAITING) settleDue(parts, true);
	later(REPORT_MS, () => {
		settleDue(parts, false);
	});
}

/**
 * Decides on the replies that no channel has reported in time.
 *
 * @param isLast does not wait for the others any longer: the plugin ends
 */
export function settleDue(parts: EventParts, isLast: boolean): void {
	const { state, now } = parts;
	for (const [runId, due] of state.awaiting) {
		// The oldest are the first.
		if (!isLast && due > now()) return;
		state.awaiting.delete(runId);
		const run = state.runs.get(runId);
		if (run !== undefined) finish(run, decide(run, true), parts);
	}
}

/** The model and the tokens of a reply: the tokens once for each run, so that they can be added up. */
export function turnOf(
	run: Run | undefined,
	reply: OfferedReply | undefined,
): { readonly model?: string | undefined; readonly usage?: Usage | undefined } {
	const isGenerated = reply?.isGenerated ?? run?.end?.outcome.kind !== 'failed';
	if (!isGenerated) return {};
	const usage = run?.isUsageTold === true ? undefined : (reply?.usage ?? run?.usage);
	if (run !== undefined && usage !== undefined) run.isUsageTold = true;
	return { model: reply?.model ?? run?.model, usage };
}

function decide(run: Run, isDue: boolean): Decision {
	const isDealtWith = run.isReported || run.isTold || run.end?.hasDelivered === true;
	if (isDealtWith || isSilent(run) || !TRIGGERS.has(run.origin.trigger)) return 'nothing';
	const later = isDue ? 'tell' : 'wait';
	if (replyOf(run) === undefined) return isDue || run.isDescribed ? 'nothing' : 'wait';
	if (isApiRequest(run)) return 'tell';
	if (run.isOffered || !run.isDescribed) return later;
	if (isConversation(run)) return isDue ? 'nothing' : 'wait';
	return run.origin.channel === undefined ? 'tell' : later;
}

function isSilent({ end }: Run): boolean {
	return end?.outcome.kind !== 'replied' || end.outcome.isSilent;
}

function replyOf({ end, text }: Run): string | undefined {
	const reply = (end?.outcome.kind === 'replied' ? end.outcome.text : undefined) ?? text;
	return reply === undefined || reply.trim() === '' || SILENCE.test(reply.trim())
		? undefined
		: reply;
}

/** Lets the channel's report find the run, and finds the one that came before. */
function announce(run: Run, { state }: EventParts): void {
	const { channel } = run.origin;
	const content = replyOf(run);
	if (run.isOffered || channel === undefined || content === undefined) return;
	const announced = { runId: run.id, channel, chatId: run.chatId, content };
	if (!isConversation(run) && state.replies.announce(announced)) run.isReported = true;
}

function finish(run: Run, decision: Decision, { emit }: EventParts): void {
	const content = replyOf(run);
	run.text = undefined;
	if (decision !== 'tell' || content === undefined) return;
	run.isTold = true;
	const { channel } = run.origin;
	const origin =
		run.isOffered || channel === WEBCHAT ? run.origin : { ...run.origin, channel: undefined };
	const message = { role: 'assistant', content };
	emit('message.sent', eventData(origin, { message, ...turnOf(run, undefined) }), run.endedAt);
}
