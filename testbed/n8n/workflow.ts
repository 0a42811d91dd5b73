import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../json';

/** A node as n8n stores it in a workflow. */
export interface WorkflowNode {
	readonly id: string;
	readonly name: string;
	readonly type: string;
	readonly typeVersion: number;
	readonly position: readonly [number, number];
	readonly parameters: JsonObject;
	readonly credentials?: Readonly<Record<string, CredentialReference>>;
	readonly webhookId?: string;
	readonly onError?: 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput';
	readonly retryOnFail?: boolean;
	readonly disabled?: boolean;
}

/** How a node refers to a credential. */
export interface CredentialReference {
	readonly id: string;
	readonly name: string;
}

/** Outgoing wires by node name, then output kind, then output number. */
export type Connections = Readonly<
	Record<
		string,
		Readonly<
			Record<
				string,
				ReadonlyArray<ReadonlyArray<{ node: string; type: string; index: number }> | null>
			>
		>
	>
>;

/** What is needed to create a workflow; the content of a `*.workflow.json` file. */
export interface WorkflowDefinition {
	readonly name: string;
	readonly nodes: readonly WorkflowNode[];
	readonly connections: Connections;
	readonly settings?: JsonObject;
	/** Items that stand in for a node's output in manual runs, by node name. */
	readonly pinData?: Readonly<Record<string, ReadonlyArray<{ json: JsonObject }>>>;
}

/**
 * Makes a node.
 *
 * @example
 * node('Keep', 'n8n-nodes-base.noOp', 1)
 */
export function node(
	name: string,
	type: string,
	typeVersion: number,
	parameters: JsonObject = {},
	more: Partial<WorkflowNode> = {},
): WorkflowNode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters, ...more };
}

/**
 * Wires nodes one after the other by their first outputs.
 *
 * @example
 * chain('Trigger', 'Filter', 'Send')
 */
export function chain(...names: readonly string[]): Connections {
	return Object.fromEntries(
		names
			.slice(0, -1)
			.map((from, index) => [
				from,
				{ main: [[{ node: names[index + 1] ?? from, type: 'main', index: 0 }]] },
			]),
	);
}

/** n8n's Manual Trigger, which a manual run starts from. */
export function manualTrigger(name = 'Start'): WorkflowNode {
	return node(name, 'n8n-nodes-base.manualTrigger', 1);
}

/** A node that does nothing: keeps what arrives visible in the execution. */
export function noOp(name: string): WorkflowNode {
	return node(name, 'n8n-nodes-base.noOp', 1);
}
