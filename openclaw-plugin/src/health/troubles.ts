import { describeUnasked } from '../approvals/rules';
import { describeHealth } from '../endpoints/endpointHealth';
import type { EndpointHealth, Overview } from '../endpoints/endpointHealth';
import { openEndpointTable } from '../endpoints/endpointTable';
import { GIVEN_UP_ON_PURPOSE } from '../endpoints/manage';
import { TEST_TYPE } from '../endpoints/testEvent';
import { FILTERED, listRefusals } from '../inbound/inboundCalls';
import { DIRECT } from '../inbound/message';
import { forecastSpace } from '../outbox/capacity';
import { describeFault } from '../settings/settings';
import type { Settings } from '../settings/settings';
import { TODAY } from '../store/clock';
import type { Database } from '../store/databaseAccess';
import { formatAge } from '../timeText';
import type { Fault, Health } from './health';
import { findSilentHooks, readHooksSeen } from './hooksSeen';
import type { SilentHook } from './hooksSeen';

/*
 * What is wrong, and who is told:
 *
 *   faults     what the gateway finds while it works, as long as it lasts
 *   troubles   joins that with what the database shows; `status`, `doctor` and the dashboard list it
 *   health     the file by which other processes see the gateway's faults and that it runs
 *   hooksSeen  which hooks came by which version of the gateway: one that an upgrade has silenced
 */

/** What the gateway itself does not report: it is in the database, for as long as it lasts. */
export type TroubleCode =
	| 'gateway-silent'
	| 'endpoint-failing'
	| 'endpoint-unanswered'
	| 'endpoint-unfetched'
	| 'endpoint-disabled'
	| 'endpoint-faulty'
	| 'endpoint-expired'
	| 'endpoint-paused'
	| 'endpoint-removed'
	| 'deliveries-failed'
	| 'outbox-shrinks'
	| 'inbound-refused'
	| 'messages-failed'
	| 'hook-silent'
	| 'approval-waiting'
	| 'approval-unasked';

/** Something that a person has to know, whoever found it. */
export interface Trouble extends Omit<Fault, 'code'> {
	readonly code: Fault['code'] | TroubleCode;
}

export interface TroubleSources {
	/** What the gateway tells of itself; undefined when it has never run. */
	readonly health: Health | undefined;
	/** To be given by any process but the gateway, which reports what is wrong with them itself. */
	readonly settings?: Settings;
	readonly database: Database;
	/** Made for this, unless it is there already. */
	readonly overview?: Overview;
	/** Milliseconds since 1970. */
	readonly now: number;
}

/** What is to be seen in the database; the settings tell how much of it may stay. */
type ObservedSources = Pick<TroubleSources, 'database' | 'overview' | 'now'> & {
	readonly settings?: Pick<Settings, 'outbox' | 'approvals'>;
};

const DAY_MS = 86_400_000;
const MEGABYTE = 1_048_576;
/** A removed endpoint's queue is failed after a minute. */
const REMOVAL_MS = 120_000;
/** Receivers that are restarted come back sooner. */
const UNFETCHED_MS = 300_000;
/** Until then a receiver may be a laptop that sleeps. */
const LONG_UNFETCHED_MS = 3_600_000;
const SEEN_KEY = 'failures_seen_at';
const COMMAND = 'openclaw event-webhooks';

/**
 * Lists everything that is wrong, the worst and the oldest first: what the gateway reports, and what the
 * database shows. What is a `fault` needs somebody to do something.
 *
 * @throws what the database throws
 */
export function listTroubles(sources: TroubleSources): readonly Trouble[] {
	const { health, now } = sources;
	const reported = [...reportedTroubles(sources), ...gatewayTroubles(health, now)];
	return joinTroubles(reported, observedTroubles(sources));
}

/**
 * What the database shows to be wrong, in whatever process.
 *
 * @throws what the database throws
 */
export function observedTroubles(sources: ObservedSources): readonly Trouble[] {
	const { database, now } = sources;
	const overview = sources.overview ?? describeHealth(database, now);
	return [
		...overview.endpoints.flatMap((endpoint) => endpointTrouble(endpoint, database, now)),
		...failureTroubles(database, now),
		...refusalTroubles(database, now),
		...messageTroubles(database, now),
		...spaceTroubles(sources),
		...approvalTroubles(sources),
		...hookTroubles(database, now),
	];
}

/** Puts together what was reported and what was observed, each once, the worst and the oldest first. */
export function joinTroubles(
	reported: readonly Trouble[],
	observed: readonly Trouble[],
): readonly Trouble[] {
	const news = observed.filter((trouble) => !isReported(trouble, reported));
	const rank = ({ severity }: Trouble) => (severity === 'fault' ? 0 : 1);
	return [...reported, ...news].sort(
		(left, right) => rank(left) - rank(right) || left.since - right.since,
	);
}

/** What the gateway reports; while it does not run, its settings are read anew. Needs no database. */
export function reportedTroubles({
	health,
	settings,
	now,
}: Pick<TroubleSources, 'health' | 'settings' | 'now'>): readonly Trouble[] {
	if (health?.isRunning === true || settings === undefined) return health?.faults ?? [];
	const ofSettings = settings.faults.map(
		(fault): Trouble => ({
			code: 'config',
			subject: fault.path,
			severity: 'fault',
			message: describeFault(fault),
			since: now,
		}),
	);
	return [...ofSettings, ...(health?.faults ?? []).filter(({ code }) => code !== 'config')];
}

/** Notes that somebody has seen what has failed and was refused so far: it is no trouble any more. */
export function markSeen(database: Database, now: number): void {
	const newest = database
		.prepare(
			`SELECT max(coalesce((SELECT max(settled_at) FROM deliveries WHERE state = 'failed'), 0),
				coalesce((SELECT max(last_at) FROM inbound_refusals), 0),
				coalesce((SELECT max(ended_at) FROM inbound_messages WHERE state = 'failed'), 0)) AS at`,
		)
		.get();
	database
		.prepare(
			'INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2',
		)
		.run(SEEN_KEY, `${String(now)} ${String(newest?.at ?? 0)}`);
}

/** What is told: it came within a day, and after somebody has looked. Milliseconds since 1970. */
interface Unseen {
	readonly since: number;
	/** What is later than this came while the clock was ahead: it is told if it is later than `seenAhead`. */
	readonly now: number;
	readonly seenAhead: number;
}

function readUnseen(database: Database, now: number): Unseen {
	const row = database.prepare('SELECT value FROM meta WHERE key = ?').get(SEEN_KEY);
	const [at = 0, seenAhead = 0] = String(row?.value ?? '')
		.split(' ')
		.map(Number);
	// Who has looked in the future did so by a clock that was set back since.
	return { since: Math.max(now - DAY_MS, at > now ? 0 : at), now, seenAhead };
}

/** The same as a condition about a column of times; its values are those of {@link Unseen}, in order. */
function isUnseen(column: string): string {
	return `${column} > ?1 AND (${column} <= ?2 OR ${column} > ?3)`;
}

function gatewayTroubles(health: Health | undefined, now: number): readonly Trouble[] {
	if (health === undefined || health.isRunning || health.stoppedAt !== undefined) return [];
	const { updatedAt } = health;
	return [
		{
			code: 'gateway-silent',
			severity: 'fault',
			message: `The gateway was last heard of ${formatAge(updatedAt, now)} and has not said that it stops: it was killed, or hangs. What waits is sent when it runs again`,
			since: updatedAt,
		},
	];
}

function endpointTrouble(
	endpoint: EndpointHealth,
	database: Database,
	now: number,
): readonly Trouble[] {
	const { name, id, state, lastDay, lastFailure = 'no reason is known' } = endpoint;
	const trouble = (
		code: TroubleCode,
		since: number,
		text: string,
		severity: Trouble['severity'] = 'fault',
	): readonly Trouble[] => [
		{ code, subject: id, severity, message: `Endpoint '${name}' ${text}`, since },
	];
	const waiting = waitingText(lastDay.pending);
	const remove =
		endpoint.origin === 'config' ? REMOVE_IN_FILE : `: ${COMMAND} endpoints remove ${name}`;
	const gone = isNobodyThere(endpoint)
		? ` Nobody answers there: publish the workflow that is to get the events, or remove the endpoint${remove}`
		: '';
	switch (state.state) {
		case 'failing':
			return trouble(
				gone === '' ? 'endpoint-failing' : 'endpoint-unanswered',
				state.since,
				`is failing: ${sentence(lastFailure)}${waiting}${gone}`,
			);
		case 'active': {
			const unfetched = describeUnfetched(endpoint);
			if (unfetched !== undefined) {
				const { severity, message, forMs } = unfetched;
				return trouble('endpoint-unfetched', now - forMs, message, severity);
			}
			if (gone === '' || endpoint.consecutiveFailures < 2) return [];
			return trouble(
				'endpoint-unanswered',
				endpoint.lastFailureAt ?? now,
				`is not reached: ${sentence(lastFailure)}${waiting}${gone}`,
			);
		}
		case 'disabled':
			if (isOffInSettings(endpoint, database)) return [];
			return trouble(
				'endpoint-disabled',
				state.since,
				`is disabled: ${sentence(state.reason)} It gets no events.${waiting} Switch it on with: ${COMMAND} endpoints enable ${name}`,
			);
		case 'faulty':
			return trouble(
				'endpoint-faulty',
				state.since,
				`cannot be used: ${sentence(state.reason)} Its events are kept.${waiting}`,
			);
		case 'expired':
			return trouble(
				'endpoint-expired',
				state.since,
				`has expired: ${sentence(state.reason)} It gets no events until it is registered again, or is removed${remove}`,
			);
		case 'paused': {
			const isLong = now - state.since >= DAY_MS && lastDay.pending > 0;
			return trouble(
				'endpoint-paused',
				state.since,
				`is paused.${waiting} Go on with: ${COMMAND} endpoints resume ${name}`,
				isLong ? 'fault' : 'notice',
			);
		}
		case 'removed':
			if (now - state.since < REMOVAL_MS || lastDay.pending === 0) return [];
			return trouble(
				'endpoint-removed',
				state.since,
				`was removed.${waiting} Give them up with: ${COMMAND} endpoints purge ${id}`,
			);
		case 'held':
			return [];
	}
}

/** Says that nobody fetches the events of an endpoint, and for how long; undefined when somebody does. */
export function describeUnfetched({
	name,
	fetching,
	lastDay: { pending },
}: EndpointHealth):
	| { readonly severity: Trouble['severity']; readonly message: string; readonly forMs: number }
	| undefined {
	if (fetching === undefined || fetching.unfetchedMs < UNFETCHED_MS) return undefined;
	const { address, unfetchedMs: forMs } = fetching;
	const time = formatAge(0, forMs).replace(' ago', '');
	const who =
		address === undefined
			? `nobody has ever fetched its events, for ${time} by now`
			: `nobody has fetched its events for ${time}; the last one came from ${address}`;
	const waiting = pending === 0 ? '' : `${waitingText(pending)} They fail after holdHours.`;
	return {
		severity: forMs >= LONG_UNFETCHED_MS && pending > 0 ? 'fault' : 'notice',
		message: `is not fetched from: ${who}.${waiting} See whether n8n runs and its workflow is published, or remove the endpoint: ${COMMAND} endpoints remove ${name}`,
		forMs,
	};
}

const REMOVE_IN_FILE = " from the gateway's configuration";

/** All that came back since the last success was that nothing is there. */
function isNobodyThere({ lastFailure, lastFailureAt = 0, lastSuccessAt = 0 }: EndpointHealth) {
	return lastFailureAt > lastSuccessAt && /^HTTP 404\b/.test(lastFailure ?? '');
}

function isOffInSettings({ id }: EndpointHealth, database: Database): boolean {
	return openEndpointTable(database).find(Number(id.slice(3)))?.settings.enabled === false;
}

/** The settings of a faulty endpoint are a fault of their own while the gateway runs. */
function isReported({ code, message }: Trouble, reported: readonly Trouble[]): boolean {
	if (code !== 'endpoint-faulty') return false;
	const name = /'(.*?)' cannot/.exec(message)?.[1] ?? '';
	return reported.some((fault) => fault.code === 'config' && fault.message.includes(`'${name}'`));
}

/** What was given up on purpose, or was a test, needs nobody any more. */
function failureTroubles(database: Database, now: number): readonly Trouble[] {
	const unseen = readUnseen(database, now);
	return database
		.prepare(
			`SELECT p.name, p.id, count(*) AS n, min(d.settled_at) AS since
			FROM deliveries d JOIN events e ON e.seq = d.event_seq JOIN endpoints p ON p.id = d.endpoint_id
			WHERE d.state = 'failed' AND ${isUnseen('d.settled_at')} AND p.removed_at IS NULL AND e.type <> ?4
				AND coalesce(d.last_error, '') NOT IN (SELECT value FROM json_each(?5))
			GROUP BY p.id`,
		)
		.all(unseen.since, unseen.now, unseen.seenAhead, TEST_TYPE, JSON.stringify(GIVEN_UP_ON_PURPOSE))
		.map(({ name, id, n, since: first }): Trouble => {
			const count = Number(n);
			const what = count === 1 ? '1 delivery' : `${String(count)} deliveries`;
			const verb = count === 1 ? 'has' : 'have';
			return {
				code: 'deliveries-failed',
				subject: `ep_${String(id)}`,
				severity: 'fault',
				message: `${what} to '${String(name)}' ${verb} failed for good within a day. Look: ${COMMAND} list --status failed. Send again: ${COMMAND} replay --status failed --endpoint ${String(name)}. Leave it: ${COMMAND} status --seen`,
				since: Number(first),
				count,
			};
		});
}

/** What a lowered limit is about to delete. */
function spaceTroubles({
	settings,
	database,
	now,
}: Pick<ObservedSources, 'settings' | 'database' | 'now'>): readonly Trouble[] {
	const message = settings && describeShrinking(settings, database);
	if (message === undefined) return [];
	return [{ code: 'outbox-shrinks', severity: 'notice', message, since: now }];
}

/**
 * Says what will be deleted because `outbox.maxMegabytes` is lower than what is kept; undefined when
 * nothing will.
 */
export function describeShrinking(
	{ outbox: { maxMegabytes } }: Pick<Settings, 'outbox'>,
	database: Database,
): string | undefined {
	const maxBytes = maxMegabytes * MEGABYTE;
	// Most of the time this is the whole answer.
	const pages = database.prepare('PRAGMA page_count').get()?.page_count;
	const pageSize = database.prepare('PRAGMA page_size').get()?.page_size;
	if (Number(pages) * Number(pageSize) <= maxBytes) return undefined;
	const { usedBytes, delivered, failed, waiting, hours } = forecastSpace(database, maxBytes);
	if (usedBytes <= maxBytes) return undefined;
	const parts = Object.entries({ delivered, failed, waiting }).flatMap(([state, count]) =>
		count === 0 ? [] : [`${String(count)} ${state}`],
	);
	if (parts.length === 0) return undefined;
	const time = hours <= 1 ? 'an hour' : `${String(hours)} hours`;
	return `${String(Math.ceil(usedBytes / MEGABYTE))} MB are kept, more than outbox.maxMegabytes (${String(maxMegabytes)}) allows: some ${parts.join(', ')} of the oldest events will be deleted within ${time}. Raise it to keep them, or take them out with: ${COMMAND} export`;
}

/** Somebody tried to tell an agent something, in vain, and may need help. */
function refusalTroubles(database: Database, now: number): readonly Trouble[] {
	const unseen = readUnseen(database, now);
	const row = database
		.prepare(
			`SELECT sum(count) AS n, min(at) AS since FROM inbound_refusals
			WHERE ${isUnseen('last_at')} AND code <> '${FILTERED}'`,
		)
		.get(unseen.since, unseen.now, unseen.seenAhead);
	const count = Number(row?.n ?? 0);
	const [newest] = listRefusals(database, { limit: 1, withFiltered: false });
	if (count === 0 || newest === undefined) return [];
	const { endpoint, address, reason, lastAt } = newest;
	const what = count === 1 ? '1 inbound call was' : `${String(count)} inbound calls were`;
	const where = endpoint === '' ? '' : ` to '${endpoint}'`;
	return [
		{
			code: 'inbound-refused',
			severity: 'fault',
			message: `${what} refused within a day, the last one ${formatAge(lastAt, now)}${where} from ${address}: ${sentence(reason)} Look: ${COMMAND} inbound refusals. Leave it: ${COMMAND} status --seen`,
			since: Number(row?.since),
			count,
		},
	];
}

/** What was accepted for an agent and never got to it, or was cut off: its sender may not know of it. */
function messageTroubles(database: Database, now: number): readonly Trouble[] {
	const { since, seenAhead } = readUnseen(database, now);
	// The row of max() lends the other columns their values.
	return database
		.prepare(
			`SELECT endpoint, agent_id, count(*) AS n, min(ended_at) AS since, max(ended_at) AS last,
				result ->> '$.message' AS reason
			FROM inbound_messages
			WHERE ended_day >= ${TODAY} - 1 AND state = 'failed' AND ${isUnseen('ended_at')}
				AND result ->> '$.code' IN ('refused', 'not-started', 'interrupted')
			GROUP BY endpoint, agent_id`,
		)
		.all(since, now, seenAhead)
		.map(({ endpoint, agent_id: agentId, n, since: first, last, reason }): Trouble => {
			const count = Number(n);
			const what = count === 1 ? '1 message' : `${String(count)} messages`;
			const where = endpoint === DIRECT ? '' : ` by way of '${String(endpoint)}'`;
			return {
				code: 'messages-failed',
				subject: endpoint === DIRECT ? String(agentId) : String(endpoint),
				severity: 'fault',
				message: `${what} to the agent '${String(agentId)}'${where} ${count === 1 ? 'has' : 'have'} failed within a day, the last one ${formatAge(Number(last), now)}: ${sentence(String(reason))} Look: ${COMMAND} inbound list --state failed. Leave it: ${COMMAND} status --seen`,
				since: Number(first),
				count,
			};
		});
}

/** Agents that stand still until somebody decides, and calls that nobody can decide on. */
function approvalTroubles({ settings, database, now }: ObservedSources): readonly Trouble[] {
	const waiting = database
		.prepare('SELECT count(*) AS n, min(created_at) AS since FROM approvals WHERE decision IS NULL')
		.get();
	const count = Number(waiting?.n ?? 0);
	const since = Number(waiting?.since ?? now);
	const what = count === 1 ? '1 tool call waits' : `${String(count)} tool calls wait`;
	const unasked = settings && describeUnasked(database, settings.approvals, now);
	return [
		...(count === 0
			? []
			: [
					{
						code: 'approval-waiting',
						severity: 'notice',
						message: `${what} to be allowed, the first since ${formatAge(since, now)}. Look: ${COMMAND} approvals list`,
						since,
						count,
					} as const,
				]),
		...(unasked === undefined
			? []
			: [{ code: 'approval-unasked', severity: 'fault', message: unasked, since: now } as const]),
	];
}

function hookTroubles(database: Database, now: number): readonly Trouble[] {
	const seen = readHooksSeen(database);
	if (seen === undefined) return [];
	return findSilentHooks(seen).map((silent) => ({
		code: 'hook-silent',
		subject: silent.hook,
		severity: 'fault',
		message: describeSilentHook(silent, now),
		since: silent.current.since,
	}));
}

/** A hook that has stopped coming, in words. */
export function describeSilentHook(
	{ hook, previous, current, calls, others }: SilentHook,
	now: number,
): string {
	const { version, since } = current;
	return `OpenClaw called the hook '${hook}' ${String(calls)} times as version ${previous.version}, and not once since it is ${version} (${formatAge(since, now)}), while ${String(others)} other calls came: events that are made of it are missing`;
}

function waitingText(pending: number): string {
	if (pending === 0) return '';
	return pending === 1 ? ' 1 delivery waits.' : ` ${String(pending)} deliveries wait.`;
}

function sentence(text: string): string {
	return /[.?!]$/.test(text) ? text : `${text}.`;
}
