import type { FunctionsBase } from 'n8n-workflow';

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
