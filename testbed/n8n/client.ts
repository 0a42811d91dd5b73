import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { keepExecution, rememberSecrets } from '../evidence/evidence';
import { at, isObject, listAt, textAt, tryParseJson, type JsonObject } from '../json';
import { waitFor, type WaitOptions } from '../waitFor';
import { N8nEditorClient } from './editorClient';
import {
	isSettled,
	readExecution,
	readSummary,
	type Execution,
	type ExecutionSummary,
} from './execution';
import { publishWorkflow, unpublishWorkflow } from './publication';
import type { CredentialReference, WorkflowDefinition } from './workflow';

export { OWNER } from './session';

/** A workflow that exists in n8n. */
export interface Workflow {
	readonly id: string;
	readonly name: string;
	readonly versionId: string;
	/** Webhook ids that n8n gave to the nodes, by node name. */
	readonly webhookIds: Readonly<Record<string, string>>;
}

/** Reads a `*.workflow.json` file, as n8n's *Import from File* does. */
export async function readWorkflowFile(file: string): Promise<WorkflowDefinition> {
	const content = tryParseJson(await readFile(file, 'utf8'));
	if (!isObject(content) || !Array.isArray(content.nodes))
		throw new Error(`${file} holds no workflow`);
	return content as unknown as WorkflowDefinition;
}

/** Client of the REST API that n8n's editor uses. */
export class N8nClient extends N8nEditorClient {
	/** Creates a credential and returns how nodes refer to it. */
	async createCredential(
		type: string,
		data: JsonObject,
		name = `${type} ${randomUUID().slice(0, 8)}`,
	): Promise<CredentialReference> {
		rememberSecrets(data);
		const created = await this.request('POST', '/rest/credentials', { name, type, data });
		return { id: textAt(created, 'id'), name };
	}

	/** Replaces the data of a credential. */
	async updateCredential(
		credential: CredentialReference,
		type: string,
		data: JsonObject,
	): Promise<void> {
		rememberSecrets(data);
		const body = { name: credential.name, type, data };
		await this.request('PATCH', `/rest/credentials/${credential.id}`, body);
	}

	/** Saves a credential and runs its test, as the editor does. */
	async testCredential(
		type: string,
		data: JsonObject,
	): Promise<{ status: string; message: string }> {
		// An older n8n tests nothing that isn't saved.
		const credentials = { ...(await this.createCredential(type, data)), type, data };
		const result = await this.request('POST', '/rest/credentials/test', { credentials });
		return { status: textAt(result, 'status'), message: textAt(result, 'message') };
	}

	/** Creates a workflow; it isn't published yet. */
	async createWorkflow(definition: WorkflowDefinition): Promise<Workflow> {
		const created = await this.request('POST', '/rest/workflows', {
			...definition,
			// Only a newer n8n takes that for granted.
			active: false,
			settings: { executionOrder: 'v1', ...definition.settings },
		});
		const nodes = listAt(created, 'nodes');
		return {
			id: textAt(created, 'id'),
			name: definition.name,
			versionId: textAt(created, 'versionId'),
			webhookIds: Object.fromEntries(
				nodes
					.filter((node) => textAt(node, 'webhookId') !== '')
					.map((node) => [textAt(node, 'name'), textAt(node, 'webhookId')]),
			),
		};
	}

	/** Saves another version of a workflow; it isn't published yet. */
	async changeWorkflow(workflow: Workflow, definition: WorkflowDefinition): Promise<Workflow> {
		const changed = await this.request('PATCH', `/rest/workflows/${workflow.id}`, {
			...definition,
			versionId: workflow.versionId,
		});
		return { ...workflow, versionId: textAt(changed, 'versionId') };
	}

	/** Publishes a workflow and waits until its triggers are registered. */
	async publish(workflow: Workflow): Promise<void> {
		await publishWorkflow(this, workflow);
	}

	/** Unpublishes a workflow and waits until its production webhooks have ended. */
	async unpublish(workflow: Workflow): Promise<void> {
		await unpublishWorkflow(this, workflow);
	}

	/** Unpublishes and deletes a workflow with its executions. */
	async deleteWorkflow(workflow: Workflow): Promise<void> {
		await this.unpublish(workflow);
		await this.request('POST', `/rest/workflows/${workflow.id}/archive`, {});
		await this.request('DELETE', `/rest/workflows/${workflow.id}`);
	}

	/**
	 * Address of a community node's webhook.
	 *
	 * @param nodeName the trigger's name in the workflow
	 * @param kind the production address, or the one of "Listen for test event"
	 */
	webhookUrl(
		workflow: Workflow,
		nodeName: string,
		kind: 'webhook' | 'webhook-test' = 'webhook',
	): string {
		const webhookId = workflow.webhookIds[nodeName];
		if (webhookId === undefined) throw new Error(`Node '${nodeName}' has no webhook`);
		return `${this.url}/${kind}/${webhookId}/webhook`;
	}

	/**
	 * Starts a manual run. A workflow that begins with a webhook listens for one test event instead.
	 *
	 * @returns the execution's id, or `undefined` while it listens
	 */
	async runManually(workflow: Workflow, triggerName: string): Promise<string | undefined> {
		const path = `/rest/workflows/${workflow.id}`;
		const answer = await this.request('POST', `${path}/run`, {
			triggerToStartFrom: { name: triggerName },
			// An older n8n runs what the request holds; a newer one runs what is saved.
			workflowData: await this.request('GET', path),
		});
		const id = at(answer, 'executionId');
		return typeof id === 'string' ? id : undefined;
	}

	/** Runs a workflow with a Manual Trigger to its end. */
	async runToEnd(
		workflow: Workflow,
		triggerName: string,
		options?: WaitOptions,
	): Promise<Execution> {
		const id = await this.runManually(workflow, triggerName);
		if (id === undefined) throw new Error(`'${triggerName}' waits for a webhook call`);
		return await this.waitForExecution(id, options);
	}

	/** Rows of the execution list, oldest first, at most 100. */
	/** Cancels an execution, as the editor's button does. */
	async cancel(executionId: string): Promise<void> {
		await this.request('POST', `/rest/executions/${executionId}/stop`, {});
	}

	async executions(workflow: Workflow): Promise<ExecutionSummary[]> {
		const filter = encodeURIComponent(JSON.stringify({ workflowId: workflow.id }));
		const answer = await this.request('GET', `/rest/executions?filter=${filter}&limit=100`);
		const rows = [...listAt(answer, 'results').map(readSummary)];
		return rows.sort((one, other) => Number(one.id) - Number(other.id));
	}

	/** One execution with its items. */
	async execution(id: string): Promise<Execution> {
		const answer = await this.request('GET', `/rest/executions/${id}`);
		keepExecution(answer);
		return readExecution(answer);
	}

	/** Waits until an execution has finished, failed or begun to wait. */
	async waitForExecution(id: string, options?: WaitOptions): Promise<Execution> {
		return await waitFor(
			`execution ${id} to end`,
			async () => {
				const execution = await this.execution(id);
				return isSettled(execution) && execution;
			},
			options,
		);
	}

	/** Waits until a workflow has at least `count` settled executions; returns all of them, oldest first. */
	async waitForExecutions(
		workflow: Workflow,
		count: number,
		options?: WaitOptions,
	): Promise<Execution[]> {
		const rows = await waitFor(
			`${count} executions of '${workflow.name}'`,
			async () => {
				const all = await this.executions(workflow);
				return all.length >= count && all.every(isSettled) && all;
			},
			options,
		);
		return await Promise.all(rows.map(async ({ id }) => this.waitForExecution(id, options)));
	}
}
