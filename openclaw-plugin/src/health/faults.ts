import { sharedOf } from '../shared';

/**
 * What can be wrong with the plugin. `events-lost` and `database-replaced` are about the past: the first
 * stays for a day, the second until the set-aside file is deleted, and both no longer than the gateway
 * runs.
 */
export type FaultCode =
	| 'config'
	| 'disk-full'
	| 'database-unavailable'
	| 'database-newer'
	| 'database-replaced'
	| 'outbox-full'
	| 'outbox-share'
	| 'events-waiting'
	| 'events-lost'
	| 'internal';

/** Something a person has to know about. */
export interface Fault {
	readonly code: FaultCode;
	/** What it is about where there may be several: a key of the configuration, a file. */
	readonly subject?: string;
	/** `fault`: something does not work now. `notice`: it was dealt with. */
	readonly severity: 'fault' | 'notice';
	/** What happened, and how to go on. No secrets. */
	readonly message: string;
	/** Milliseconds since 1970. */
	readonly since: number;
	/** How many events it is about. */
	readonly count?: number;
}

/** A fault to report; when it is reported again, its time stays that of the first report. */
export type NewFault = Omit<Fault, 'since'>;

/** The faults of one gateway, shared by the instances of the plugin in its process. */
interface FaultBoard {
	readonly faults: Map<string, Fault>;
	readonly listeners: Set<() => void>;
}

/**
 * Makes a fault known, or replaces what is known of it. Cheap enough for a hook.
 *
 * @param folder where the plugin keeps its data: one gateway
 * @returns whether it is new, so that it is logged once
 * @example
 * reportFault(folder, { code: 'config', subject: 'endpoints[0].url', severity: 'fault', message });
 */
export function reportFault(folder: string, fault: NewFault, now: number = Date.now()): boolean {
	const { faults, listeners } = boardOf(folder);
	const key = keyOf(fault.code, fault.subject);
	const known = faults.get(key);
	if (known?.message === fault.message && known.count === fault.count) return false;
	faults.set(key, { ...fault, since: known?.since ?? now });
	for (const listener of listeners) listener();
	return known === undefined;
}

/** Ends a fault; says whether there was one. */
export function clearFault(folder: string, code: FaultCode, subject?: string): boolean {
	const { faults, listeners } = boardOf(folder);
	if (!faults.delete(keyOf(code, subject))) return false;
	for (const listener of listeners) listener();
	return true;
}

/** The faults that this process knows of, oldest first. */
export function listFaults(folder: string): readonly Fault[] {
	return [...boardOf(folder).faults.values()].sort((left, right) => left.since - right.since);
}

/** Calls back after each change, until the returned function is called. */
export function onFaultChange(folder: string, listener: () => void): () => void {
	const { listeners } = boardOf(folder);
	listeners.add(listener);
	return () => {
		listeners.delete(listener);
	};
}

function boardOf(folder: string): FaultBoard {
	return sharedOf(folder).slot<FaultBoard>('faults', () => ({
		faults: new Map(),
		listeners: new Set(),
	}));
}

function keyOf(code: FaultCode, subject = ''): string {
	return `${code} ${subject}`;
}
