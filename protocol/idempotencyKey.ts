import { createHash, randomUUID } from 'node:crypto';

/** What an execution's keys are made of. */
export interface KeyOrigin {
	readonly instanceId: string;
	/** Unknown while a workflow was never saved; its keys are then new each time. */
	readonly executionId: string | undefined;
	readonly nodeId: string;
	/** Counts how often the node has run in this execution: a loop sends anew, a retry does not. */
	readonly runIndex: number;
}

/**
 * Makes the keys by which a gateway recognizes a message that it already has. They stay the same when
 * n8n tries the node again in the same execution, and differ for each item, run, node and instance.
 *
 * @param origin the execution and node
 * @returns the key of an item, some 50 characters
 * @example
 * const keyOf = idempotencyKeys({ instanceId: 'i', executionId: '7', nodeId: 'n', runIndex: 0 });
 * keyOf(3); // n8n-… ending in -3
 */
export function idempotencyKeys(origin: KeyOrigin): (itemIndex: number) => string {
	const { instanceId, executionId, nodeId, runIndex } = origin;
	const parts = [instanceId, executionId ?? randomUUID(), nodeId, runIndex];
	const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
	const prefix = `n8n-${hash.slice(0, 40)}`;
	return (itemIndex) => `${prefix}-${String(itemIndex)}`;
}

const MAX_LENGTH = 256;
// What an HTTP header can carry; a gateway trims it.
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Makes a key that a header can carry: one in another script, or of another length, becomes its hash.
 *
 * @example
 * headerSafeKey('ticket-1042'); // 'ticket-1042'
 * headerSafeKey('工单-1042'); // 'sha256-…', the same each time
 */
export function headerSafeKey(key: string): string {
	if (key.length <= MAX_LENGTH && PLAIN.test(key)) return key;
	return `sha256-${createHash('sha256').update(key).digest('hex')}`;
}
