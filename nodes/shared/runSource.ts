import type { FunctionsBase, IExecuteFunctions } from 'n8n-workflow';
import { ownProperty } from './parameterValues';

/**
 * What a message to an agent names as its source, so that the events of the run that it starts can be told
 * from others: this workflow of this n8n.
 *
 * @example
 * runSource(this); // 'n8n:1f3a5c7e:xk2LmWQ0'
 */
export function runSource(context: Pick<FunctionsBase, 'getInstanceId' | 'getWorkflow'>): string {
	return `n8n:${context.getInstanceId().slice(0, 8)}:${context.getWorkflow().id ?? ''}`;
}

const TRIGGER_TYPE = /\.openClawTrigger$/;

type Execution = Pick<IExecuteFunctions, 'getNode' | 'getParentNodes' | 'getWorkflowDataProxy'>;

/**
 * How many runs of agents have led to this execution, one after the other, as the events say that the workflow's
 * OpenClaw Trigger has put out. 0 where another trigger has started it. Never throws.
 */
export function hopsSoFar(context: Execution): number {
	return Math.max(0, ...causesOf(context).map(hopsOf));
}

/**
 * Whether only runs of an agent that a heartbeat or a wake has begun have led to this execution. The gateway does
 * not tell one from the other, and does not count wakes. Never throws.
 *
 * @param agentId empty for a gateway with a single agent
 */
export function isCausedByWakesOf(context: Execution, agentId: string): boolean {
	const causes = causesOf(context);
	return causes.length > 0 && causes.every((data) => isOfWake(data, agentId));
}

/** The `data` of each event that has led to this execution. */
function causesOf(context: Execution): readonly unknown[] {
	return context
		.getParentNodes(context.getNode().name)
		.filter(({ type }) => TRIGGER_TYPE.test(type))
		.flatMap(({ name }) => itemsOf(context, name))
		.map((item) => {
			const json = ownProperty(item, 'json');
			// A simplified event has the fields of 'data' beside the others.
			return ownProperty(json, 'data') ?? json;
		});
}

/** What a node has put out; nothing of one that has not run in this execution. */
function itemsOf(
	context: Pick<IExecuteFunctions, 'getWorkflowDataProxy'>,
	nodeName: string,
): readonly unknown[] {
	try {
		const proxy: Readonly<Record<string, unknown>> = context.getWorkflowDataProxy(0);
		const { $: select } = proxy as { $?: (name: string) => { all(): unknown } };
		const items = select?.(nodeName).all();
		return Array.isArray(items) ? items : [];
	} catch {
		return [];
	}
}

function hopsOf(data: unknown): number {
	const hops = ownProperty(ownProperty(data, 'origin'), 'hops');
	return typeof hops === 'number' ? hops : 0;
}

function isOfWake(data: unknown, agentId: string): boolean {
	if (ownProperty(data, 'trigger') !== 'heartbeat') return false;
	return agentId === '' || ownProperty(data, 'agentId') === agentId;
}
