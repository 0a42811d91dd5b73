import type { OpenClawEvent } from '../../index';
import { putIntoOutbox } from '../../testbed/connectionOutbox';
import { objectAt, textAt } from '../../testbed/json';
import type { QueueN8n } from '../../testbed/queue/instance';
import { readExecution, readExecutions, type StoredExecution } from '../storedExecutions';

/** Runs last, so that whoever reaches it has run to the end. */
export const LAST_NODE = 'After';

/** An event's way through n8n. */
export interface FetchedRun {
	readonly executionId: string;
	readonly eventId: string | undefined;
	readonly sessionKey: string;
	readonly status: string;
	/** Whether its last node has run. */
	readonly hasEnded: boolean;
	/** Of the nodes that ran. */
	readonly names: readonly string[];
	/** Milliseconds since 1970: of its first node, and of its end. */
	readonly startedAt: number;
	readonly endedAt: number;
}

/** Reads what n8n has made of the events of a workflow, in the order in which it began. */
export function readFetchedRuns(n8nFolder: string, workflowId: string): readonly FetchedRun[] {
	return readExecutions(n8nFolder, workflowId).map(toRun);
}

/** The same of an n8n in queue mode. */
export async function readQueuedRuns(
	{ query }: Pick<QueueN8n, 'query'>,
	workflowId: string,
): Promise<readonly FetchedRun[]> {
	const utc = (column: string) =>
		`to_char(e."${column}" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') AS "${column}"`;
	const lines = await query(
		`SELECT row_to_json(r) FROM (
			SELECT e.id, e.status, ${utc('createdAt')}, ${utc('stoppedAt')}, d.data
			FROM execution_entity e LEFT JOIN execution_data d ON d."executionId" = e.id
			WHERE e."workflowId" = '${workflowId}' ORDER BY e.id
		) r`,
	);
	return lines.map((line) => toRun(readExecution(objectAt(JSON.parse(line)))));
}

function toRun(execution: StoredExecution): FetchedRun {
	const { id, status, event, names, ran, createdAt, endedAt } = execution;
	return {
		executionId: id,
		names,
		eventId: event === undefined ? undefined : textAt(event, 'id'),
		sessionKey: textAt(event, 'data', 'sessionKey'),
		status,
		// Whatever n8n has made of its row since: a worker's execution may be taken for dangling while it runs.
		hasEnded: textAt(ran(LAST_NODE), 'executionStatus') === 'success',
		startedAt: createdAt,
		endedAt,
	};
}

/** A backlog of sessions that take turns. */
export interface Backlog {
	readonly sessions: number;
	readonly eventsOfEach: number;
}

/** Puts a backlog for an endpoint into the outbox of a gateway that does not run. */
export function fillOutbox(
	gatewayFolder: string,
	endpoint: string,
	{ sessions, eventsOfEach }: Backlog,
): void {
	const events = Array.from({ length: eventsOfEach }, (_turn, turn) =>
		Array.from({ length: sessions }, (_session, session) => backlogEvent(turn, session)),
	);
	putIntoOutbox(gatewayFolder, endpoint, events.flat());
}

const BACKLOG_ID = 'evt_order';

/** Whether an event is one of {@link fillOutbox}. */
export function isOfBacklog(eventId: string): boolean {
	return eventId.startsWith(BACKLOG_ID);
}

function backlogEvent(turn: number, session: number): OpenClawEvent {
	const number = (value: number) => String(value).padStart(6, '0');
	return {
		id: `${BACKLOG_ID}${number(session)}${number(turn)}000000000000`,
		type: 'message.received',
		timestamp: new Date().toISOString(),
		instanceId: 'trial',
		data: {
			agentId: 'main',
			sessionKey: `agent:main:trial:${String(session)}`,
			message: { role: 'user', content: `Turn ${String(turn)}`, messageId: String(turn) },
		},
	};
}
