import { at, listAt, objectAt, textAt, type JsonObject } from '../json';
import { N8nSession } from './session';
import type { CredentialReference } from './workflow';

/** A node whose lists and fields are asked for, as the editor does. */
export interface DynamicParameterRequest {
	/** Node type, such as `n8n-nodes-openclaw-webhooks.openClawInbound`. */
	readonly type: string;
	readonly typeVersion?: number;
	/** Parameter path, such as `parameters.endpoint`. */
	readonly path?: string;
	readonly methodName: string;
	readonly parameters: JsonObject;
	readonly credentials?: Readonly<Record<string, CredentialReference>>;
	/** Search text of a resource locator. */
	readonly filter?: string;
}

/** The part of the REST API that fills lists and fields in the editor. */
export class N8nEditorClient extends N8nSession {
	/** Options that a node's `loadOptions` method returns. */
	async loadOptions(
		request: DynamicParameterRequest,
	): Promise<Array<{ name: string; value: unknown }>> {
		const answer = await this.dynamicParameters('options', request);
		const list = Array.isArray(answer) ? (answer as unknown[]) : [];
		return list.map((entry) => ({ name: textAt(entry, 'name'), value: at(entry, 'value') }));
	}

	/** Entries that a node's `listSearch` method returns for a resource locator. */
	async searchList(
		request: DynamicParameterRequest,
	): Promise<Array<{ name: string; value: unknown }>> {
		const answer = await this.dynamicParameters('resource-locator-results', request);
		return listAt(answer, 'results').map((entry) => ({
			name: textAt(entry, 'name'),
			value: at(entry, 'value'),
		}));
	}

	/** Fields that a node's `resourceMapping` method returns. */
	async mapperFields(request: DynamicParameterRequest): Promise<JsonObject[]> {
		const answer = await this.dynamicParameters('resource-mapper-fields', request);
		return listAt(answer, 'fields').map((field) => objectAt(field));
	}

	/** A workflow as the editor has saved it: its version, and each node's parameters by its name. */
	async savedWorkflow(
		id: string,
	): Promise<{ versionId: string; parameters: Readonly<Record<string, unknown>> }> {
		const saved = await this.request('GET', `/rest/workflows/${id}`);
		return {
			versionId: textAt(saved, 'versionId'),
			parameters: Object.fromEntries(
				listAt(saved, 'nodes').map((node) => [textAt(node, 'name'), at(node, 'parameters')]),
			),
		};
	}

	private async dynamicParameters(
		route: string,
		{ type, typeVersion = 1, path = '', parameters, ...rest }: DynamicParameterRequest,
	): Promise<unknown> {
		return await this.request('POST', `/rest/dynamic-node-parameters/${route}`, {
			path,
			nodeTypeAndVersion: { name: type, version: typeVersion },
			currentNodeParameters: parameters,
			...rest,
		});
	}
}
