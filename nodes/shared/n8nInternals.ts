import type {
	FunctionsBase,
	IExecuteFunctions,
	ILoadOptionsFunctions,
	INode,
	INodeExecutionData,
	ITriggerFunctions,
	IWebhookFunctions,
	NodeOperationError,
} from 'n8n-workflow';
import { ownProperty } from './parameterValues';

/*
 * What leans on n8n's insides, and not on what it promises to nodes, stands here alone: whoever brings the
 * package to another version of n8n looks at this file first.
 */

/** Whether the node is a tool of an AI Agent. n8n makes a second type of it, whose name ends so. */
export function isToolNode({ type }: INode): boolean {
	return type.endsWith('Tool');
}

/**
 * Whether the node reviews the tool calls of an AI Agent for a person. n8n makes a third type of each node that can
 * send and wait: with a *Message*, and a parameter `responseType` that is `approval`.
 */
export function isReviewNode({ type }: INode): boolean {
	return type.endsWith('HitlTool');
}

/**
 * Whether `$json` in a parameter is the item that the node gets. As a tool of some agents a node gets the
 * tool's arguments, and its expressions read the item of the agent.
 */
export function readsOwnItems(context: IExecuteFunctions): boolean {
	// An older n8n has no such method, and runs no tools in this way.
	const { isToolExecution } = context as Partial<Pick<IExecuteFunctions, 'isToolExecution'>>;
	return isToolExecution?.call(context) !== true;
}

/**
 * The node's `this` for a request that an execution makes when it has been canceled: n8n aborts every other one of it
 * at once.
 *
 * @see `httpRequestWithAuthentication` in n8n-core's `request-helpers/authentication.ts`
 */
export function outlivingCancel(
	context: IExecuteFunctions,
	signal: AbortSignal,
): IExecuteFunctions {
	return Object.create(context, {
		getExecutionCancelSignal: { value: () => signal },
	}) as IExecuteFunctions;
}

/** Whether a value is one of n8n's dates, such as `$now` gives. */
export function isLuxonDate(value: unknown): value is { toString(): string } {
	return (
		typeof value === 'object' &&
		value !== null &&
		'isLuxonDateTime' in value &&
		value.isLuxonDateTime === true
	);
}

/** n8n hands the input of a node on when the time to wait is over: this replaces it. */
export function replaceInput(context: IExecuteFunctions, items: INodeExecutionData[]): void {
	context.getExecuteData().data = { main: [items] };
}

/** The input of the node that an execution waits at, in its webhook. */
export function inputOfWaitingNode(context: IWebhookFunctions): readonly unknown[] {
	const items: unknown = context.evaluateExpression('{{ $input.all() }}');
	return Array.isArray(items) ? items : [];
}

/** A URL that resumes this execution, signed by n8n. */
export type ResumeUrl =
	| { readonly ok: true; readonly url: string; readonly signature: string }
	/** n8n would refuse each call of it. */
	| { readonly ok: false; readonly subPath: string };

interface Insides {
	readonly additionalData?: Readonly<Record<string, unknown>>;
}

/** What n8n's addresses end with is configurable; what they begin with is its own address. */
const ADDRESSES = ['webhookBaseUrl', 'formWaitingBaseUrl', 'restApiUrl'];

/**
 * Makes a URL that resumes this execution.
 *
 * n8n signs the path of its own address and checks the path that arrives. It serves nothing below a sub-path
 * itself, so where its address has one a proxy takes that away, and the signature of n8n's own URL never
 * fits. The path is therefore signed without it.
 *
 * @param parameters of the query; the signature covers them
 * @throws Error when the execution has no id, or this n8n signs nothing
 */
export function resumeUrl(
	context: FunctionsBase,
	parameters: Readonly<Record<string, string>>,
): ResumeUrl {
	const own = new URL(context.getSignedResumeUrl({ ...parameters }));
	const { additionalData = {} } = context as FunctionsBase & Insides;
	const base = additionalData.webhookWaitingBaseUrl;
	if (typeof base !== 'string' || !URL.canParse(base)) {
		const subPath = folderOf(own.pathname, 3);
		return subPath === '' ? signed(own, '') : { ok: false, subPath };
	}
	const subPath = commonFolder([base, ...ADDRESSES.map((name) => additionalData[name])]);
	if (subPath === '') return signed(own, '');
	const inner = base.replace(new URL(base).origin + subPath, new URL(base).origin);
	const stripped = Object.create(context, {
		additionalData: { value: { ...additionalData, webhookWaitingBaseUrl: inner } },
	}) as FunctionsBase;
	const url = new URL(stripped.getSignedResumeUrl({ ...parameters }));
	return subPath + url.pathname === own.pathname ? signed(url, subPath) : { ok: false, subPath };
}

function signed(url: URL, subPath: string): ResumeUrl {
	const signature = url.searchParams.get('signature') ?? '';
	if (signature === '') throw new Error('This n8n does not sign the URLs that resume executions');
	url.pathname = subPath + url.pathname;
	return { ok: true, url: url.toString(), signature };
}

/** The folder that all addresses lie in; empty for the root. */
function commonFolder(addresses: readonly unknown[]): string {
	const folders = addresses.flatMap((address) =>
		typeof address === 'string' && URL.canParse(address)
			? [folderOf(new URL(address).pathname, 1).split('/')]
			: [],
	);
	const [first = [], ...others] = folders;
	const differs = first.findIndex((name, depth) => others.some((other) => other[depth] !== name));
	return (differs === -1 ? first : first.slice(0, differs)).join('/');
}

/** A path without its last segments, and without a slash at its end. */
function folderOf(path: string, segments: number): string {
	return path.replace(/\/+$/, '').split('/').slice(0, -segments).join('/');
}

/** n8n 2.0 checks the signature of such a URL only where the node asks for it; later ones always do. */
export function requireSignature(context: FunctionsBase): void {
	const older = context as FunctionsBase & { setSignatureValidationRequired?(): void };
	older.setSignatureValidationRequired?.();
}

/** The arguments of `emit` in releases that start an execution once for each key. */
const EMIT_WITH_KEY = 4;

/**
 * Whether n8n takes a key with an event and starts no second execution with the same one (2.20 and later).
 * In other releases the node's own deduplication stands in.
 */
export function hasExecutionKeys({ emit }: Pick<ITriggerFunctions, 'emit'>): boolean {
	return emit.length >= EMIT_WITH_KEY;
}

/**
 * The address of production webhooks, which n8n hands to webhooks and their hooks only.
 *
 * @returns what the editor's address suggests, where the object behind this context holds no other
 */
export function webhookBaseUrl(context: ILoadOptionsFunctions): string {
	const address = ownProperty(ownProperty(context, 'additionalData'), 'webhookBaseUrl');
	return typeof address === 'string' && address !== ''
		? address
		: `${context.getInstanceBaseUrl()}webhook`;
}

/** How an execution stands, as far as its saved data tell. */
export type RunState = 'unknown' | 'unfinished' | 'succeeded' | 'failed' | 'crashed';

/**
 * Finds out how an earlier execution stands. What n8n saves while a workflow runs, and what a crash leaves,
 * is the stack of the nodes that are still to run.
 *
 * @param context its `getExecutionDataById` reads the execution
 * @returns `unknown` where n8n does not have the execution, or cannot read it
 */
export async function readRunState(
	context: IExecuteFunctions,
	executionId: string,
): Promise<RunState> {
	const data: unknown = await context.getExecutionDataById(executionId);
	const result = ownProperty(data, 'resultData');
	if (result === undefined) return 'unknown';
	if (ownProperty(result, 'error') !== undefined) return wasCutOff(result) ? 'crashed' : 'failed';
	// A parked execution goes on by itself.
	if (ownProperty(data, 'waitTill') !== undefined) return 'succeeded';
	const stack = ownProperty(ownProperty(data, 'executionData'), 'nodeExecutionStack');
	const isOver = !Array.isArray(stack) || stack.length === 0;
	return isOver && hasRun(result) ? 'succeeded' : 'unfinished';
}

/**
 * Whether a failed execution was ended by a crash, and not by one of its nodes. When the worker that ran it has gone,
 * n8n's main process tells an error of its own, and of no node.
 *
 * @param result the `resultData` of the execution
 */
export function wasCutOff(result: unknown): boolean {
	const name = ownProperty(ownProperty(result, 'error'), 'name');
	if (typeof name === 'string' && name.includes('Crashed')) return true;
	return !hasRun(result) && ownProperty(result, 'lastNodeExecuted') === undefined;
}

function hasRun(result: unknown): boolean {
	return Object.keys(ownProperty(result, 'runData') ?? {}).length > 0;
}

/** Whether an execution has taken longer than the workflow, or n8n, lets one take. */
export function hasTimedOut(context: IExecuteFunctions): boolean {
	const limit = ownProperty(ownProperty(context, 'additionalData'), 'executionTimeoutTimestamp');
	return typeof limit === 'number' && Date.now() >= limit;
}

/**
 * Makes one failed execution, so that n8n's error workflow tells somebody. Earlier releases of n8n 2 can
 * only start the trigger anew, which tells its error workflow too.
 */
export function reportFailure(context: ITriggerFunctions, error: NodeOperationError): void {
	const { saveFailedExecution } = context as Partial<ITriggerFunctions>;
	if (saveFailedExecution) saveFailedExecution.call(context, error);
	else context.emitError(error);
}
