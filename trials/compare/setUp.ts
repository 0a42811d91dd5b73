import { isObject } from '../../testbed/json';
import { HAND_ON, type FetchedCandidate, type SentCandidate } from './candidate';

/** What somebody has to do until events arrive. */
export interface SetUp {
	/** Nodes, a credential, and the one thing to do at the gateway: a token, or an endpoint. */
	readonly steps: number;
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

/** Values of the credential that the gateway's configuration has, too, or that it has made. */
function countCopied(candidate: SetUpCandidate): number {
	const values = Object.values(candidate.filled);
	// The gateway's own address, and a token of it.
	if (candidate.way === 'fetched') return values.length;
	const { secret, headers = {} } = candidate.endpoint;
	const shared = [secret, ...Object.entries(headers).flat()].filter(
		(value) => value !== undefined && values.includes(value),
	);
	// The webhook's URL is copied in any case.
	return shared.length + 1;
}

type SetUpCandidate =
	| Pick<SentCandidate, 'way' | 'definition' | 'filled' | 'endpoint'>
	| Pick<FetchedCandidate, 'way' | 'definition' | 'filled'>;

/** Counts what a candidate takes, in the workflow that was run. */
export function countSetUp(candidate: SetUpCandidate): SetUp {
	const { definition, filled } = candidate;
	const nodes = definition.nodes.filter(({ name }) => name !== HAND_ON);
	const set = nodes.flatMap(({ parameters }) => leavesOf(parameters));
	return {
		steps: nodes.length + 2,
		nodes: nodes.length,
		parameters: set.length + Object.values(filled).length,
		expressions: set.filter((value) => typeof value === 'string' && value.startsWith('=')).length,
		copied: countCopied(candidate),
	};
}
