import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, objectAt, textAt, tryParseJson, type JsonObject } from '../../../../testbed/json';

/** Which of the plugin's two instances the gateway called. */
export type Instance = 'full' | 'discovery';

/** One call of a hook. */
export interface HookCall {
	readonly instance: Instance;
	readonly hook: string;
	readonly event: JsonObject;
	readonly context: JsonObject;
	/** Milliseconds after the first call of the scenario. */
	readonly after: number;
}

const FILE = join(__dirname, '..', 'recordings.jsonl');

/**
 * What a real gateway (2026.9.6) called, by what was done; shortened to what matters. Lines stay text, as
 * each use needs objects of its own.
 */
const lines: ReadonlyMap<string, readonly string[]> = readLines();

function readLines(): ReadonlyMap<string, readonly string[]> {
	const scenarios = new Map<string, string[]>();
	for (const line of readFileSync(FILE, 'utf8').trim().split('\n')) {
		const name = textAt(tryParseJson(line), 'scenario');
		scenarios.set(name, [...(scenarios.get(name) ?? []), line]);
	}
	return scenarios;
}

/** Names of all scenarios. */
export const SCENARIOS: readonly string[] = [...lines.keys()];

/** The calls of one scenario, each time as new objects. */
export function recording(name: string): readonly HookCall[] {
	const rows = lines.get(name);
	if (rows === undefined) throw new Error(`Nothing was recorded as '${name}'`);
	return rows.map(tryParseJson).map((row) => ({
		instance: textAt(row, 'instance') === 'full' ? 'full' : 'discovery',
		hook: textAt(row, 'hook'),
		event: objectAt(row, 'event'),
		context: objectAt(row, 'context'),
		after: Number(at(row, 'after')),
	}));
}
