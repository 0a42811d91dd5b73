import { isObject } from '../../testbed/json';
import { HAND_ON, type Candidate } from './candidate';

/** What somebody has to do until events arrive. */
export interface SetUp {
	/** Nodes before the user's own first one. */
	readonly nodes: number;
	/** Values set in these nodes and in their credential. */
	readonly parameters: number;
	/** Those of them that are expressions. */
	readonly expressions: number;
	/** Values that must be the same in n8n and in the gateway's configuration. */
	readonly copied: number;
}

/** What the editor writes by itself: ids, a Webhook's path, and how an If compares. */
const WRITTEN_BY_EDITOR = new Set(['id', 'path']);

function isWrittenByEditor(path: readonly string[]): boolean {
	const [root, child] = path;
	return (
		WRITTEN_BY_EDITOR.has(path.at(-1) ?? '') ||
		(root === 'conditions' && (child === 'options' || child === 'combinator'))
	);
}

function leavesOf(value: unknown, path: readonly string[] = []): unknown[] {
	if (isWrittenByEditor(path)) return [];
	if (Array.isArray(value)) {
		return value.flatMap((each: unknown, index) => leavesOf(each, [...path, String(index)]));
	}
	if (!isObject(value)) return [value];
	// An operator is one choice in the editor.
	if (path.at(-1) === 'operator') return ['operator'];
	return Object.entries(value).flatMap(([key, each]) => leavesOf(each, [...path, key]));
}

/** Counts what a candidate takes, in the workflow that was run. */
export function countSetUp({
	definition,
	filled,
	endpoint,
}: Pick<Candidate, 'definition' | 'filled' | 'endpoint'>): SetUp {
	const nodes = definition.nodes.filter(({ name }) => name !== HAND_ON);
	const set = nodes.flatMap(({ parameters }) => leavesOf(parameters));
	const credential = Object.values(filled);
	const headers = Object.entries(endpoint.headers ?? {}).flat();
	const shared = [endpoint.secret, ...headers].filter(
		(value) => value !== undefined && credential.includes(value),
	);
	return {
		nodes: nodes.length,
		parameters: set.length + credential.length,
		expressions: set.filter((value) => typeof value === 'string' && value.startsWith('=')).length,
		// The webhook's URL is copied in any case.
		copied: shared.length + 1,
	};
}
