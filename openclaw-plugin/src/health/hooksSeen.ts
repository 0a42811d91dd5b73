import { sharedOf } from '../shared';
import type { Database } from '../store/databaseAccess';

/** What is known of the hooks that the gateway has called, by the gateway's version. */
export interface HooksSeen {
	readonly current: HookCounts;
	/** Of the version before, where something was called under it. */
	readonly previous?: HookCounts;
	/** When each was called last, whatever the version; milliseconds since 1970. */
	readonly lastAt: Readonly<Record<string, number>>;
}

/** How often each hook was called under one version of the gateway. */
export interface HookCounts {
	/** Of OpenClaw, such as `2026.9.6`; empty where it does not say so. */
	readonly version: string;
	/** When it was first seen, milliseconds since 1970. */
	readonly since: number;
	readonly calls: Readonly<Record<string, number>>;
}

/** A hook that came under the version before, and should have come since. */
export interface SilentHook {
	readonly hook: string;
	readonly previous: HookCounts;
	readonly current: HookCounts;
	/** How often it was called under the version before. */
	readonly calls: number;
	/** Calls of other hooks under this version. */
	readonly others: number;
}

export interface HookRecorderParts {
	readonly database: Database;
	/** Where the plugin keeps its data. */
	readonly folder: string;
	/** Of OpenClaw. */
	readonly gatewayVersion: string | undefined;
	/** Milliseconds since 1970; the system's clock unless given. */
	readonly now?: () => number;
}

/** What was counted since the last write. */
interface Unwritten {
	readonly calls: Map<string, { count: number; at: number }>;
	readonly known: Set<string>;
	timer: NodeJS.Timeout | undefined;
}

const KEY = 'hooks_seen';
const WRITE_AFTER_MS = 60_000;
/** The first call of a hook is written at once: it may be rare. */
const WRITE_FIRST_AFTER_MS = 100;
/** Calls that were to be expected of a hook, by what came before, until its silence means something. */
const EXPECTED_CALLS = 10;

/**
 * Makes the function that counts the gateway's hooks, so that an upgrade which silences one is noticed.
 * It takes some 0.1 µs; what it counts is written a minute later, beside the hooks.
 *
 * @example
 * const seen = createHookRecorder({ database: store, folder, gatewayVersion: api.runtime.version });
 * seen('message_sent');
 */
export function createHookRecorder(parts: HookRecorderParts): (hook: string) => void {
	const { folder, now = Date.now } = parts;
	const unwritten = sharedOf(folder).slot(
		'hooks-seen',
		(): Unwritten => ({ calls: new Map(), known: new Set(), timer: undefined }),
	);
	const write = () => {
		clearTimeout(unwritten.timer);
		unwritten.timer = undefined;
		try {
			writeCounts(parts, unwritten.calls, now());
			unwritten.calls.clear();
		} catch {
			// A full disk has a fault of its own; what was counted is written later.
		}
	};
	return (hook) => {
		const counted = unwritten.calls.get(hook);
		if (counted === undefined) unwritten.calls.set(hook, { count: 1, at: now() });
		else {
			counted.count += 1;
			counted.at = now();
		}
		if (!unwritten.known.has(hook)) {
			unwritten.known.add(hook);
			clearTimeout(unwritten.timer);
			unwritten.timer = setTimeout(write, WRITE_FIRST_AFTER_MS).unref();
		}
		unwritten.timer ??= setTimeout(write, WRITE_AFTER_MS).unref();
	};
}

/** Reads what was counted; undefined when nothing was. */
export function readHooksSeen(database: Database): HooksSeen | undefined {
	const row = database.prepare('SELECT value FROM meta WHERE key = ?').get(KEY);
	return row === undefined ? undefined : (JSON.parse(String(row.value)) as HooksSeen);
}

/**
 * Finds the hooks that came under the version of the gateway before and have not come since, although by
 * the calls of all hooks together some ten were to be expected.
 */
export function findSilentHooks({ current, previous }: HooksSeen): readonly SilentHook[] {
	if (previous === undefined) return [];
	const [now, before] = [total(current), total(previous)];
	return Object.entries(previous.calls).flatMap(([hook, callsBefore]) => {
		if (current.calls[hook] !== undefined) return [];
		if ((callsBefore / before) * now < EXPECTED_CALLS) return [];
		return [{ hook, previous, current, calls: callsBefore, others: now }];
	});
}

function writeCounts(
	{ database, gatewayVersion = '' }: HookRecorderParts,
	counted: ReadonlyMap<string, { readonly count: number; readonly at: number }>,
	now: number,
): void {
	const known = readHooksSeen(database);
	const isSame = known?.current.version === gatewayVersion;
	const fresh: HookCounts = { version: gatewayVersion, since: now, calls: {} };
	const base = isSame ? known.current : fresh;
	const previous = isSame ? known.previous : known && enoughOf(known);
	const calls = { ...base.calls };
	const lastAt = { ...known?.lastAt };
	for (const [hook, { count, at }] of counted) {
		calls[hook] = (calls[hook] ?? 0) + count;
		lastAt[hook] = at;
	}
	const seen: HooksSeen = {
		current: { ...base, calls },
		...(previous === undefined ? {} : { previous }),
		lastAt,
	};
	database
		.prepare(
			'INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2',
		)
		.run(KEY, JSON.stringify(seen));
}

/** What the next version is compared with: one that hardly ran says nothing. */
function enoughOf({ current, previous }: HooksSeen): HookCounts {
	return previous !== undefined && total(current) < EXPECTED_CALLS ? previous : current;
}

function total({ calls }: HookCounts): number {
	return Object.values(calls).reduce((sum, count) => sum + count, 0);
}
