import { BoundedMap } from '../events/boundedMap';
import type { EmitEvent } from '../outbox/emitter';
import type { Database } from '../store/databaseAccess';
import { DIRECT } from './message';
import type { MessageOptions } from './message';

/** Where a run comes from, as its events tell it. */
export interface RunOrigin {
	readonly kind: 'inbound';
	/** Name of the inbound endpoint; absent for a message to any agent. */
	readonly endpoint?: string;
	/** What the sender has named itself. */
	readonly source?: string;
	/** How many runs led from one to the next up to this one, itself included. */
	readonly hops: number;
}

/** Runs whose events come close together; what is forgotten is looked up again. */
const REMEMBERED = { limit: 1000, keptMs: 600_000 };
/** Of a message's first start and its further ones, see `gatewayRunId`. */
const RUN_ID = /^(run_[0-9a-z]{26})(?:\.\d+)?$/;

/**
 * Adds to the events of runs that a message to an inbound endpoint, or to an agent, has started where they come
 * from, so that a receiver can tell what it has caused itself.
 *
 * @example
 * const emit = tellRunOrigin(createEmitter(parts), database);
 * emit('message.sent', { runId: 'run_…', message }); // data.origin: { kind: 'inbound', hops: 1, … }
 */
export function tellRunOrigin(emit: EmitEvent, database: Database): EmitEvent {
	const find = createOriginFinder(database);
	return (type, data, at, files) => {
		const { runId } = data;
		const origin = typeof runId === 'string' ? find(runId) : undefined;
		emit(type, origin === undefined ? data : { ...data, origin: { ...origin } }, at, files);
	};
}

/** Makes the function that looks up where a run comes from. */
export function createOriginFinder(database: Database): (runId: string) => RunOrigin | undefined {
	const known = new BoundedMap<RunOrigin>(REMEMBERED, () => performance.now());
	return (runId) => {
		const id = RUN_ID.exec(runId)?.[1];
		if (id === undefined) return undefined;
		const remembered = known.get(id);
		if (remembered !== undefined) return remembered;
		const origin = readOrigin(database, id);
		if (origin !== undefined) known.set(id, origin);
		return origin;
	};
}

/** Undefined as well while the database cannot be read: an event without it is better than none. */
function readOrigin(database: Database, runId: string): RunOrigin | undefined {
	try {
		const row = database
			.prepare('SELECT endpoint, options FROM inbound_messages WHERE run_id = ?')
			.get(runId);
		if (row === undefined) return undefined;
		const { origin } = JSON.parse(String(row.options)) as MessageOptions;
		return {
			kind: 'inbound',
			...(row.endpoint === DIRECT ? {} : { endpoint: String(row.endpoint) }),
			...(origin?.source === undefined ? {} : { source: origin.source }),
			hops: origin?.hops ?? 1,
		};
	} catch {
		return undefined;
	}
}
