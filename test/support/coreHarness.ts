import { EventEmitter } from 'node:events';
import {
	DataDeduplicationService,
	ExecutionLifecycleHooks,
	HookContext,
	TriggerContext,
	WebhookContext,
	WorkflowExecute,
} from 'n8n-core';
import {
	createRunExecutionData,
	Workflow,
	type IConnections,
	type ICredentialDataDecryptedObject,
	type IHttpRequestOptions,
	type IDataDeduplicator,
	type IDataObject,
	type IHookFunctions,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type INodeTypes,
	type ITriggerFunctions,
	type ITriggerResponse,
	type WorkflowActivateMode,
	type IRun,
	type IRunExecutionData,
	type IWebhookData,
	type IWebhookFunctions,
	type IWebhookResponseData,
	type IWorkflowExecuteAdditionalData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { OpenClawApi } from '../../credentials/OpenClawApi.credentials';

/** A workflow for n8n-core's own engine, without n8n's server and database. */
export interface CoreWorkflow {
	readonly nodeTypes: Readonly<Record<string, INodeType>>;
	readonly nodes: readonly INode[];
	readonly connections?: IConnections;
	/** Decrypted data by credential id; read again for each request, so that tests may change it. */
	readonly credentials?: Readonly<Record<string, IDataObject | Error>>;
	readonly id?: string;
}

/** What n8n's server hands to a node: headers in lower case, the body read or to be read. */
export interface CoreRequest {
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly contentType?: string | undefined;
	readonly encoding?: string | undefined;
	readonly body?: unknown;
	rawBody?: Buffer | undefined;
	readRawBody(): Promise<void>;
}

/** What the sender of a request gets to see. */
export interface CoreAnswer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: unknown;
	/** What would start an execution. */
	readonly workflowData: IWebhookResponseData['workflowData'];
	/** Answers a sender that has hung up: n8n does so when the workflow has ended. */
	readonly end: (status: number) => void;
}

class Response extends EventEmitter {
	headersSent = false;
	statusCode = 200;
	writableEnded = false;
	body: unknown = undefined;
	readonly headers: Record<string, string> = {};

	setHeader(name: string, value: string): void {
		this.headers[name.toLowerCase()] = value;
	}

	status(code: number): this {
		this.statusCode = code;
		return this;
	}

	json(body: unknown): void {
		this.headersSent = true;
		this.writableEnded = true;
		this.body = body;
	}
}

/** Runs nodes in the engine of the installed n8n-core. */
export class CoreHarness {
	/** How often a credential has been read. */
	credentialReads = 0;
	/** What nodes have logged while they received requests. */
	readonly logged: { level: string; message: string; details: unknown }[] = [];

	constructor(private readonly definition: CoreWorkflow) {}

	/**
	 * Hands a request to a node, as n8n does.
	 *
	 * @param endWith the status with which n8n ends the exchange after the node has accepted it; null
	 * while the workflow runs and the sender has hung up
	 * @throws Error when the node neither answers nor leaves the answer to n8n
	 */
	async receive(
		nodeName: string,
		request: CoreRequest,
		mode: WorkflowExecuteMode = 'webhook',
		endWith: number | null = 200,
	): Promise<CoreAnswer> {
		const { workflow, node, nodeType } = this.open(nodeName);
		const response = new Response();
		const additionalData = this.additionalData(mode);
		Object.assign(additionalData, { httpRequest: request, httpResponse: response });
		const context = new WebhookContext(
			workflow,
			node,
			additionalData,
			mode,
			{ webhookDescription: nodeType.description.webhooks?.[0] } as IWebhookData,
			[],
			null,
		);
		Object.defineProperty(context, 'logger', { value: this.logger() });
		if (!nodeType.webhook) throw new Error(`${nodeName} has no webhook`);
		const result = await nodeType.webhook.call(context as unknown as IWebhookFunctions);
		const end = (status: number) => {
			response.status(status).json(result.webhookResponse);
		};
		if (result.noWebhookResponse !== true && endWith !== null) end(endWith);
		if (!response.headersSent && endWith !== null) throw new Error('The sender got no answer');
		response.emit('close');
		return {
			status: response.statusCode,
			headers: response.headers,
			body: response.body,
			workflowData: result.workflowData,
			end,
		};
	}

	/** Runs the workflow from a node on. */
	async run(
		nodeName: string,
		data: INodeExecutionData[][],
		mode: WorkflowExecuteMode = 'webhook',
		executionId = '1',
	): Promise<IRun> {
		const { workflow, node } = this.open(nodeName);
		const runExecutionData = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node, data: { main: data }, source: null }] },
		});
		const engine = new WorkflowExecute(
			this.additionalData(mode, executionId),
			mode,
			runExecutionData,
		);
		return await engine.processRunExecutionData(workflow);
	}

	/** Runs the workflow and returns the items of each node that ran, by its name. */
	async outputs(
		nodeName: string,
		data: INodeExecutionData[][],
		mode?: WorkflowExecuteMode,
	): Promise<Readonly<Record<string, readonly IDataObject[]>>> {
		const { error, runData } = (await this.run(nodeName, data, mode)).data.resultData;
		if (error) throw error;
		return Object.fromEntries(
			Object.entries(runData).map(([name, runs]) => [
				name,
				runs
					.flatMap((run) => run.data?.main ?? [])
					.flatMap((items) => items ?? [])
					.map(({ json }) => json),
			]),
		);
	}

	/** Calls what n8n calls when a workflow is published or unpublished. */
	async hook(
		nodeName: string,
		method: 'checkExists' | 'create' | 'delete',
		activation: WorkflowActivateMode = 'activate',
		mode: WorkflowExecuteMode = 'trigger',
	): Promise<boolean> {
		const { workflow, node, nodeType } = this.open(nodeName);
		const context = new HookContext(workflow, node, this.additionalData(mode), mode, activation, {
			webhookDescription: nodeType.description.webhooks?.[0],
		} as IWebhookData);
		Object.defineProperty(context, 'logger', { value: this.logger() });
		const hook = nodeType.webhookMethods?.default?.[method];
		if (!hook) throw new Error(`${nodeName} has no ${method}`);
		return await hook.call(context as unknown as IHookFunctions);
	}

	/** What n8n keeps with the workflow. */
	readonly staticData: IDataObject = {};
	/** Where n8n is reached. */
	webhookBaseUrl = 'http://n8n.test/webhook';
	/** What n8n has saved of executions, by their ids. */
	readonly savedRuns = new Map<string, IRunExecutionData>();
	/** Executions that a trigger has started, by their keys; the run once it has ended. */
	readonly executions = new Map<string, { id: string; run: IRun | undefined }>();
	/** What a trigger has reported as a failed execution. */
	readonly failures: Error[] = [];
	/**
	 * Waits, when it is set, before an execution that a trigger starts. What it resolves with, if anything, is
	 * what n8n tells of the execution in place of running it.
	 */
	beforeRun: (items: readonly INodeExecutionData[]) => Promise<IRun | undefined> = () =>
		Promise.resolve(undefined);

	/** Starts a trigger as n8n does when a workflow is published; `emit` starts executions once for each key. */
	async trigger(
		nodeName: string,
		activation: WorkflowActivateMode = 'activate',
		hasKeys = true,
	): Promise<ITriggerResponse> {
		const { workflow, node, nodeType } = this.open(nodeName);
		const start = (
			data: INodeExecutionData[][],
			donePromise: Parameters<ITriggerFunctions['emit']>[2],
			key: string,
		) => {
			if (this.executions.has(key)) {
				donePromise?.resolve(undefined as unknown as IRun);
				return;
			}
			const execution = {
				id: String(this.executions.size + 1),
				run: undefined as IRun | undefined,
			};
			this.executions.set(key, execution);
			const run = async () => {
				const told = await this.beforeRun(data[0] ?? []);
				execution.run = told ?? (await this.run(nodeName, data, 'trigger', execution.id));
				return execution.run;
			};
			run().then(
				(ended) => donePromise?.resolve(ended),
				(error: unknown) => donePromise?.reject(error as Error),
			);
		};
		const emit: ITriggerFunctions['emit'] = hasKeys
			? (data, _response, done, key) => {
					start(data, done, key ?? `none ${this.executions.size}`);
				}
			: (data, _response, done) => {
					start(data, done, `none ${this.executions.size}`);
				};
		const context = new TriggerContext(
			workflow,
			node,
			this.additionalData('trigger'),
			'trigger',
			activation,
			emit,
			() => undefined,
			(error) => {
				this.failures.push(error);
			},
		);
		Object.defineProperty(context, 'logger', { value: this.logger() });
		if (!nodeType.trigger) throw new Error(`${nodeName} has no trigger`);
		const response = await nodeType.trigger.call(context as unknown as ITriggerFunctions);
		return response ?? {};
	}

	/** The workflow as n8n would load it for one request or execution. */
	open(nodeName: string): { workflow: Workflow; node: INode; nodeType: INodeType } {
		const { nodes, connections = {}, id = 'workflow-1' } = this.definition;
		const workflow = new Workflow({
			id,
			name: 'Harness',
			nodes: structuredClone([...nodes]),
			connections,
			active: true,
			nodeTypes: this.nodeTypes(),
			settings: { executionOrder: 'v1' },
			staticData: this.staticData,
		});
		const node = workflow.getNode(nodeName);
		if (!node) throw new Error(`There is no node ${nodeName}`);
		return { workflow, node, nodeType: this.typeOf(node.type) };
	}

	private async authenticate(
		data: ICredentialDataDecryptedObject,
		options: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		const { authenticate } = new OpenClawApi();
		if (typeof authenticate !== 'function') throw new Error('The credential signs nothing');
		return await authenticate(data, options);
	}

	private logger(): Record<string, (message: string, details?: unknown) => void> {
		return Object.fromEntries(
			['debug', 'info', 'warn', 'error'].map((level) => [
				level,
				(message: string, details?: unknown) => {
					this.logged.push({ level, message, details });
				},
			]),
		);
	}

	private typeOf(name: string): INodeType {
		const nodeType = this.definition.nodeTypes[name];
		if (!nodeType) throw new Error(`There is no node type ${name}`);
		return nodeType;
	}

	private nodeTypes(): INodeTypes {
		return {
			getByName: (name) => this.typeOf(name),
			getByNameAndVersion: (name) => this.typeOf(name),
			getKnownTypes: () => ({}),
		};
	}

	private additionalData(
		mode: WorkflowExecuteMode,
		executionId = '1',
	): IWorkflowExecuteAdditionalData {
		const workflow = {
			id: this.definition.id ?? 'workflow-1',
			name: 'Harness',
			nodes: [],
			connections: {},
		};
		return {
			credentialsHelper: {
				isCredentialUsableByNode: () => true,
				getParentTypes: () => [],
				preAuthentication: () => Promise.resolve(undefined),
				authenticate: async (
					data: ICredentialDataDecryptedObject,
					_type: string,
					options: IHttpRequestOptions,
				) => await this.authenticate(data, options),
				getDecrypted: (_additionalData: unknown, { id }: { id: string }) => {
					this.credentialReads += 1;
					const data = this.definition.credentials?.[id];
					if (data === undefined) return Promise.reject(new Error('Credential not found'));
					return data instanceof Error ? Promise.reject(data) : Promise.resolve(data);
				},
			},
			hooks: new ExecutionLifecycleHooks(mode, executionId, workflow as never),
			webhookBaseUrl: this.webhookBaseUrl,
			webhookTestBaseUrl: 'http://n8n.test/webhook-test',
			webhookWaitingBaseUrl: 'http://n8n.test/webhook-waiting',
			formWaitingBaseUrl: 'http://n8n.test/form-waiting',
			variables: {},
			executionId,
			getRunExecutionData: (id: string) => Promise.resolve(this.savedRuns.get(id)),
		} as unknown as IWorkflowExecuteAdditionalData;
	}
}

/**
 * Makes a request as n8n's body parser leaves it.
 *
 * @param contentType with its parameters; a JSON body is parsed beforehand as n8n does
 */
export function coreRequest(
	body: Buffer | string,
	headers: Readonly<Record<string, string | string[] | undefined>>,
	contentType = 'application/json',
): CoreRequest {
	const bytes = Buffer.from(body);
	const [type, encoding = 'utf-8'] = contentType.split(/;\s*charset=/);
	const isJson = type === 'application/json';
	const request: CoreRequest = {
		headers: { ...lowerCased(headers), 'content-type': contentType },
		contentType: type,
		encoding,
		body: isJson && bytes.length > 0 ? parsed(bytes, encoding) : undefined,
		rawBody: isJson ? bytes : undefined,
		readRawBody: () => {
			request.rawBody = bytes;
			return Promise.resolve();
		},
	};
	return request;
}

function parsed(bytes: Buffer, encoding: string): unknown {
	return JSON.parse(bytes.toString(encoding as BufferEncoding)) as unknown;
}

function lowerCased<T>(headers: Readonly<Record<string, T>>): Record<string, T> {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
	);
}

/** n8n's deduplication needs its database; the harness keeps the same lists in memory. */
export class MemoryDeduplicator implements IDataDeduplicator {
	readonly entries = new Map<string, string[]>();
	calls = 0;
	/** Thrown by the next calls, one each. */
	failures: Error[] = [];
	/** Thrown by the next calls, one each, after they have written. */
	lostAnswers: Error[] = [];

	checkProcessedAndRecord: IDataDeduplicator['checkProcessedAndRecord'] = async (
		items,
		_scope,
		{ node, workflow },
		{ maxEntries = Infinity },
	) => {
		this.calls += 1;
		const failure = this.failures.shift();
		if (failure) throw failure;
		const key = `${workflow.id} ${node?.id ?? ''}`;
		// Read, wait, write: as n8n does it, without a lock.
		const known = [...(this.entries.get(key) ?? [])];
		await Promise.resolve();
		const fresh = items.filter((item) => !known.includes(String(item)));
		this.entries.set(key, [...known, ...fresh.map(String)].slice(-maxEntries));
		const lost = this.lostAnswers.shift();
		if (lost) throw lost;
		return { new: fresh, processed: items.filter((item) => !fresh.includes(item)) };
	};

	removeProcessed = (): Promise<void> => Promise.resolve();
	clearAllProcessedItems = (): Promise<void> => Promise.resolve();
	getProcessedDataCount = (): Promise<number> => Promise.resolve(0);
}

/** Installs the deduplicator for the test file; n8n-core allows it once. */
export async function installDeduplicator(): Promise<MemoryDeduplicator> {
	const deduplicator = new MemoryDeduplicator();
	await DataDeduplicationService.init(deduplicator);
	return deduplicator;
}
