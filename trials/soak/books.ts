import type { EmittedEvent, RunEntry, TakenMessage } from './entries';
import { AGENTS_FOR_N8N, FILTERED_USER } from './names';
import { findRepeats, type N8nLife, type Repeat } from './repeats';

/** Everything that was counted. */
export interface Entries {
	readonly events: readonly EmittedEvent[];
	readonly runs: readonly RunEntry[];
	readonly messages: readonly TakenMessage[];
	/** Ids of events that were on the gateway's disk at some time. */
	readonly seenIds: ReadonlySet<string>;
	/** Requests that the second receiver got, by event id. */
	readonly received: ReadonlyMap<string, number>;
	/** Numbered messages that an agent has heard of. */
	readonly heard: ReadonlySet<string>;
	readonly lives: readonly N8nLife[];
}

/** Where each event for n8n is. */
export interface Shares {
	/** Not for n8n: the plugin's filter. */
	readonly keptBack: number;
	/** The trigger's filter. */
	readonly filtered: number;
	readonly run: number;
	readonly queued: number;
}

/** What does not add up; ids. */
export interface Books {
	readonly shares: Shares;
	/** Neither run, nor filtered, nor waiting. */
	readonly lost: readonly string[];
	/** Run although a filter should have stopped them, or sent where a filter should have. */
	readonly unfiltered: readonly string[];
	/** Executions that no event of the gateway has started. */
	readonly forged: readonly string[];
	/** Executions that were started, ended well, and ran nothing for an event that never ran. */
	readonly swallowed: readonly string[];
	/** Events of which n8n's crash cut every run off before it got anywhere; not a fault of the books. */
	readonly cutOff: readonly string[];
	readonly repeats: readonly Repeat[];
	/** On the gateway's disk at some time, and no longer. */
	readonly vanished: readonly string[];
	readonly notReceived: readonly string[];
	readonly givenUp: readonly string[];
	/** Messages answered with 202 that the plugin does not know, or that no agent has heard of. */
	readonly untold: readonly string[];
	readonly missingTypes: readonly string[];
}

type Fate = keyof Shares | 'lost' | 'unfiltered';

function groupByEvent(runs: readonly RunEntry[]): ReadonlyMap<string, readonly RunEntry[]> {
	const groups = new Map<string, RunEntry[]>();
	for (const run of runs) {
		if (run.eventId === undefined) continue;
		const group = groups.get(run.eventId) ?? [];
		groups.set(run.eventId, [...group, run]);
	}
	return groups;
}

/** Decides by the event alone whether it was to run, and by the rows whether it did. */
function fateOf({ agentId, userId, n8n }: EmittedEvent, runs: readonly RunEntry[]): Fate {
	const hasRun = runs.length > 0;
	if (!AGENTS_FOR_N8N.includes(agentId)) {
		return n8n === undefined && !hasRun ? 'keptBack' : 'unfiltered';
	}
	if (userId === FILTERED_USER && hasRun) return 'unfiltered';
	if (hasRun) return 'run';
	if (n8n === 'pending') return 'queued';
	if (n8n === undefined) return 'lost';
	return userId === FILTERED_USER ? 'filtered' : 'lost';
}

function untoldMessages({ runs, messages, heard }: Entries): string[] {
	const known = new Set(messages.map(({ runId }) => runId));
	const forgotten = runs.flatMap(({ toldRunId }) =>
		toldRunId === undefined || known.has(toldRunId) ? [] : [toldRunId],
	);
	const unheard = messages
		.filter(({ state, text }) => state === 'done' && !heard.has(text))
		.map(({ runId }) => runId);
	return [...forgotten, ...unheard];
}

/**
 * Balances the books: each event of the gateway is in exactly one place, by its id, and there is no
 * execution without one.
 *
 * @param types that must have run in n8n
 */
export function balance(entries: Entries, types: readonly string[]): Books {
	const { events, runs, seenIds, received } = entries;
	const groups = groupByEvent(runs);
	const runsOf = (id: string) => groups.get(id) ?? [];
	const fates = new Map(events.map((event) => [event.id, fateOf(event, runsOf(event.id))]));
	const idsWith = (fate: Fate) => [...fates].filter(([, own]) => own === fate).map(([id]) => id);
	const ran = idsWith('run');
	const neverRan = ran.filter((id) => !runsOf(id).some(({ ranDownstream }) => ranDownstream));
	const wasCutOff = (id: string) => runsOf(id).some(({ status }) => status === 'crashed');
	const typesRun = new Set(
		events.filter(({ id }) => fates.get(id) === 'run').map(({ type }) => type),
	);
	const lost = events.filter(({ id, receiver }) => receiver !== 'pending' && !received.has(id));
	return {
		shares: {
			keptBack: idsWith('keptBack').length,
			filtered: idsWith('filtered').length,
			run: ran.length,
			queued: idsWith('queued').length,
		},
		lost: idsWith('lost'),
		unfiltered: idsWith('unfiltered'),
		forged: runs
			.filter(({ eventId, isEmpty }) => (eventId === undefined ? !isEmpty : !fates.has(eventId)))
			.map(({ executionId, eventId }) => `execution ${executionId}, ${eventId ?? 'no event'}`),
		swallowed: neverRan.filter((id) => !wasCutOff(id)),
		cutOff: neverRan.filter(wasCutOff),
		repeats: findRepeats(groups, entries.lives),
		vanished: [...seenIds].filter((id) => !fates.has(id)),
		notReceived: lost.map(({ id }) => id),
		givenUp: events
			.filter(({ n8n, receiver }) => n8n === 'failed' || receiver === 'failed')
			.map(({ id }) => id),
		untold: untoldMessages(entries),
		missingTypes: types.filter((type) => !typesRun.has(type)),
	};
}
