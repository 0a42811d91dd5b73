import {
	fillInExample,
	readExample,
	type ExampleName,
	type ExampleSetup,
} from '../../testbed/exampleWorkflow';
import type { N8nClient, Workflow } from '../../testbed/n8n/client';
import { TRIGGER_TYPE } from '../../testbed/n8n/openclawNodes';
import type { WorkflowDefinition } from '../../testbed/n8n/workflow';

/** An example that runs in n8n. */
export interface PublishedWorkflow {
	readonly definition: WorkflowDefinition;
	readonly workflow: Workflow;
	/** Name of its OpenClaw Trigger. */
	readonly triggerName: string;
}

/**
 * Name of a workflow's first node of a type.
 *
 * @throws Error when it has none
 */
export function nodeName(definition: WorkflowDefinition, type: string): string {
	const found = definition.nodes.find((node) => node.type === type);
	if (found === undefined) throw new Error(`${definition.name} has no node of type ${type}`);
	return found.name;
}

/**
 * Imports an example, fills in what its notes ask for and publishes it.
 *
 * @param change a last change of the workflow
 */
export async function publishExample(
	client: N8nClient,
	name: ExampleName,
	setup: ExampleSetup,
	change = (definition: WorkflowDefinition) => definition,
): Promise<PublishedWorkflow> {
	const definition = change(fillInExample(readExample(name), setup));
	const workflow = await client.createWorkflow(definition);
	await client.publish(workflow);
	return { definition, workflow, triggerName: nodeName(definition, TRIGGER_TYPE) };
}
