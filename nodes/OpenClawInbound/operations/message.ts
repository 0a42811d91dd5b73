import type { IExecuteFunctions, INode } from 'n8n-workflow';

import { parseConfig } from '../../../protocol/config';
import { parseTemplate, renderTemplate } from '../../../protocol/template';
import type { Template } from '../../../protocol/template';
import { encodePath } from '../../shared/gatewayConnection';
import type { UserMessage } from '../../shared/gatewayConnection';
import { readId } from '../../shared/parameterValues';
import { invalidItem } from './everyItem';
import { bodyReader } from './fields';
import { itemReader, rawParameter } from './itemParameters';
import type { ItemReader } from './itemParameters';
import {
	checkSessionKey,
	notForPlugin,
	notWaitedFor,
	pluginRequest,
	replyWay,
} from './pluginRequest';
import { tellSchema } from './structuredReply';
import type { PreparedItem, Task } from './task';

/** Names that a template in the node may start a path with; headers and query exist at a gateway only. */
export const NODE_ROOTS = ['body', 'now'] as const;

/**
 * Prepares Send Message, with or without waiting: what all items have in common is read and checked once.
 *
 * @returns makes the request of one item; throws a `NodeOperationError` when something has to be changed
 */
export function prepareSend(task: Task): ItemReader<PreparedItem> {
	return task.context.getNodeParameter('source', 0, 'endpoint') === 'define'
		? prepareForAgent(task)
		: prepareForEndpoint(task);
}

function prepareForAgent({
	context,
	node,
	operation,
	run: { connection },
	optionsOf,
}: Task): ItemReader<PreparedItem> {
	const template = readTemplate(node, rawParameter(context, 'template', ''));
	const agentOf = locatorReader(context, node, 'agent', 'Agent');
	const bodyOf = bodyReader(context, node);
	return (itemIndex) => {
		const agentId = agentOf(itemIndex);
		const values = { body: bodyOf(itemIndex), now: new Date().toISOString() };
		const rendered = renderTemplate(template, values);
		if (!rendered.ok) throw invalidItem(node, templateReason(rendered.error), itemIndex);
		const message = rendered.text.trim();
		if (message === '') {
			const reason = {
				message: 'The message is empty',
				description:
					"Every value that 'Message Template' uses was empty. Fill the fields, or add fixed text to the template.",
			};
			throw invalidItem(node, reason, itemIndex);
		}
		const options = optionsOf(itemIndex);
		refuse(node, checkSessionKey(options, agentId), itemIndex);
		const way = replyWay(operation, node, connection, options);
		refuse(node, notWaitedFor(way, options), itemIndex);
		const output = { agentId, message, missingPaths: rendered.missingPaths };
		if (way === 'none' && connection.accessToken === '') {
			const body = { message, agentId, name: 'n8n', ...options.agentFields };
			return {
				path: `${connection.hooksPath}/agent`,
				body,
				target: { kind: 'agent', agentId },
				replyWay: way,
				output,
			};
		}
		refuse(node, notForPlugin(options), itemIndex);
		const { model } = options.agentFields;
		const { replySchema } = options;
		const told = replySchema === undefined ? message : tellSchema(message, replySchema);
		return {
			path: connection.inboundPath,
			...pluginRequest(way, options),
			body: { agentId, message: told, ...(model === undefined ? {} : { model }) },
			target: { kind: 'agent', agentId, viaPlugin: true },
			replyWay: way,
			output,
		};
	};
}

function prepareForEndpoint({
	context,
	node,
	operation,
	run: { connection },
	optionsOf,
}: Task): ItemReader<PreparedItem> {
	const endpointOf = locatorReader(context, node, 'endpoint', 'Endpoint');
	const bodyOf = bodyReader(context, node);
	const known = pastedEndpoints();
	return (itemIndex) => {
		const name = endpointOf(itemIndex);
		const encoded = encodePath(name);
		if (encoded === undefined) {
			const reason = {
				message: `'${name}' in 'Endpoint' is not the name of one`,
				description: "Choose one from the list in 'Endpoint', or enter its name only.",
			};
			throw invalidItem(node, reason, itemIndex);
		}
		const body = bodyOf(itemIndex);
		const options = optionsOf(itemIndex);
		const endpoint = known(options.config, name);
		refuse(node, checkSessionKey(options, endpoint?.agentId), itemIndex);
		const way = replyWay(operation, node, connection, options);
		refuse(node, notWaitedFor(way, options), itemIndex);
		return {
			path: `${connection.inboundPath}/${encoded}`,
			...pluginRequest(way, options),
			body,
			target: { kind: 'endpoint', name },
			replyWay: way,
			output: endpoint === undefined ? {} : localOutput(endpoint, body),
		};
	};
}

interface KnownEndpoint {
	readonly agentId: string;
	readonly template: string;
}

/** Looks endpoints up in a pasted file. One that can't be read only means that less is known. */
function pastedEndpoints(): (config: string, name: string) => KnownEndpoint | undefined {
	let last: { text: string; endpoints: Readonly<Record<string, KnownEndpoint>> } | undefined;
	return (text, name) => {
		if (text.trim() === '') return undefined;
		if (last?.text !== text) {
			const parsed = parseConfig(text);
			last = { text, endpoints: (parsed.ok && parsed.config.inbound?.endpoints) || {} };
		}
		return Object.hasOwn(last.endpoints, name) ? last.endpoints[name] : undefined;
	};
}

function localOutput(endpoint: KnownEndpoint, body: unknown): PreparedItem['output'] {
	const rendered = renderTemplate(endpoint.template, { body });
	const isBodyPath = (path: string): boolean => /^body(?![\p{L}\p{M}\p{N}_$-])/u.test(path);
	return {
		agentId: endpoint.agentId,
		// What the gateway takes from headers and query is not known here.
		...(rendered.ok ? { missingPaths: rendered.missingPaths.filter(isBodyPath) } : {}),
	};
}

function locatorReader(
	context: IExecuteFunctions,
	node: INode,
	name: string,
	label: string,
): ItemReader<string> {
	return itemReader(context, name, '', (value, itemIndex) => {
		const id = readId(value);
		if (id !== undefined && id !== '') return id;
		const reason = {
			message: id === '' ? `'${label}' is empty` : `'${label}' is not an ID`,
			description: `Choose one from the list in '${label}', or enter its ID.`,
		};
		throw invalidItem(node, reason, itemIndex);
	});
}

function refuse(node: INode, reason: UserMessage | undefined, itemIndex: number): void {
	if (reason !== undefined) throw invalidItem(node, reason, itemIndex);
}

function readTemplate(node: INode, raw: unknown): Template {
	const source = typeof raw === 'string' ? raw : '';
	if (source.trim() === '') {
		const reason = {
			message: "'Message Template' is empty",
			description: 'Enter the message for the agent, for example: New issue: {{body.title}}',
		};
		throw invalidItem(node, reason, 0);
	}
	const parsed = parseTemplate(source, { roots: NODE_ROOTS });
	if (!parsed.ok) throw invalidItem(node, templateReason(parsed.error), 0);
	return parsed.template;
}

function templateReason(error: { message: string; line: number; column: number }): {
	message: string;
	description: string;
} {
	const place = `line ${String(error.line)}, column ${String(error.column)}`;
	return {
		message: `'Message Template' cannot be read at ${place}`,
		description: `${error.message}. Placeholders look like {{body.title}}; to write two braces as text, put a backslash before them.`,
	};
}
