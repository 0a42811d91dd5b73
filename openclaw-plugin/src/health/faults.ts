import { processState } from '../processState';
import type { Fault, FaultCode, NewFault } from './fault';

/** The faults of one gateway, shared by the instances of the plugin in its process. */
interface FaultBoard {
	readonly faults: Map<string, Fault>;
	readonly listeners: Set<() => void>;
}

const boards = () => processState('faults/1', () => new Map<string, FaultBoard>());

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
	const all = boards();
	const known = all.get(folder);
	if (known !== undefined) return known;
	const board: FaultBoard = { faults: new Map(), listeners: new Set() };
	all.set(folder, board);
	return board;
}

function keyOf(code: FaultCode, subject = ''): string {
	return `${code} ${subject}`;
}
