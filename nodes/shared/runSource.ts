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

/**
 * How many runs of agents have led to this execution, one after the other, as the events say that the workflow's
 * OpenClaw Trigger has put out. 0 where another trigger has started it. Never throws.
 */
export function hopsSoFar(
	context: Pick<IExecuteFunctions, 'getNode' | 'getParentNodes' | 'getWorkflowDataProxy'>,
): number {
	const triggers = context
		.getParentNodes(context.getNode().name)
		.filter(({ type }) => TRIGGER_TYPE.test(type));
	return Math.max(0, ...triggers.flatMap(({ name }) => itemsOf(context, name).map(hopsOf)));
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

function hopsOf(item: unknown): number {
	const json = ownProperty(item, 'json');
	// A simplified event has the fields of 'data' beside the others.
	const origin = ownProperty(ownProperty(json, 'data') ?? json, 'origin');
	const hops = ownProperty(origin, 'hops');
	return typeof hops === 'number' ? hops : 0;
}
