import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../json';
import { node, type CredentialReference, type WorkflowNode } from './workflow';

/** n8n's own Webhook node, and how it is reached. */
export interface BuiltInWebhook {
	/** Name of the node. */
	readonly receiver: string;
	/** Its address is `/webhook/<path>`. */
	readonly path: string;
	readonly webhook: WorkflowNode;
}

/**
 * A Webhook node that takes POST requests under a path of its own.
 *
 * @param parameters besides method and path
 */
export function builtInWebhook(
	parameters: JsonObject = {},
	credentials: WorkflowNode['credentials'] = {},
): BuiltInWebhook {
	const receiver = 'Webhook';
	const path = `hand-built-${randomUUID()}`;
	const all = { httpMethod: 'POST', path, options: {}, ...parameters };
	const more = { webhookId: randomUUID(), credentials };
	return { receiver, path, webhook: node(receiver, 'n8n-nodes-base.webhook', 2.1, all, more) };
}

/** The expression for a header of the event, in a node behind the Webhook. */
export function headerExpression(name: 'signature' | 'timestamp'): string {
	return `$('Webhook').item.json.headers['x-openclaw-${name}']`;
}

/** A condition of n8n's If node. */
export interface Condition {
	readonly leftValue: string;
	readonly rightValue: string | number;
	readonly operator: { readonly type: string; readonly operation: string };
}

/** The signature fits. */
const SIGNED: Condition = {
	leftValue: "={{ 'sha256=' + $json.hmac }}",
	rightValue: `={{ ${headerExpression('signature')} }}`,
	operator: { type: 'string', operation: 'equals' },
};

/**
 * What people build by hand behind the Webhook: Extract (the raw body to text), Crypto (its HMAC) and If.
 *
 * @param more conditions of the If node besides the signature, and options of Extract
 */
export function verifyingNodes(
	hmac: CredentialReference,
	more: { readonly conditions?: readonly Condition[]; readonly extract?: JsonObject } = {},
): WorkflowNode[] {
	const { conditions = [], extract = {} } = more;
	const strict = { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 };
	const all = [SIGNED, ...conditions].map((condition) => ({ id: randomUUID(), ...condition }));
	return [
		node('Extract', 'n8n-nodes-base.extractFromFile', 1.1, {
			operation: 'text',
			destinationKey: 'body',
			options: extract,
		}),
		node(
			'Crypto',
			'n8n-nodes-base.crypto',
			2,
			{
				action: 'hmac',
				value: `={{ ${headerExpression('timestamp')} + '.' + $json.body }}`,
				dataPropertyName: 'hmac',
			},
			{ credentials: { crypto: hmac } },
		),
		node('If', 'n8n-nodes-base.if', 2.3, {
			conditions: { options: strict, conditions: all, combinator: 'and' },
			options: {},
		}),
	];
}

/** A Respond to Webhook node. */
export function respond(name: string, responseCode: 200 | 401): WorkflowNode {
	return node(name, 'n8n-nodes-base.respondToWebhook', 1.5, {
		respondWith: 'json',
		responseBody: JSON.stringify({ received: responseCode === 200 }),
		options: responseCode === 200 ? {} : { responseCode },
	});
}
