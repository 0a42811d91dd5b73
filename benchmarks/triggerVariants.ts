import {
	builtInWebhook,
	respond,
	verifyingNodes,
	type BuiltInWebhook,
} from '../testbed/n8n/handBuiltNodes';
import type { N8nClient } from '../testbed/n8n/client';
import { CREDENTIAL_TYPE, triggerNode } from '../testbed/n8n/openclawNodes';
import { chain, noOp, type Connections } from '../testbed/n8n/workflow';
import type { CredentialReference, WorkflowDefinition } from '../testbed/n8n/workflow';
import { credentialData } from '../testbed/stack';
import type { FeedingGateway } from './connection/feed';

/** Secret that all variants verify with. */
const SECRET = 'whsec_benchmark_4f1d2c';
const WRONG_SECRET = 'whsec_benchmark_of_somebody_else';
/** Items of an execution where the connection gathers events. */
const BATCH = 25;

export type VariantName =
	| 'webhook'
	| 'headerAuth'
	| 'connection'
	| 'batched'
	| 'trigger'
	| 'forged'
	| 'chain'
	| 'chain401';

/** How long an event takes, which decides how many a round has. */
export type VariantKind = 'light' | 'batched' | 'chain';

/** A way to receive events. */
export type Variant = SentVariant | FetchedVariant;

interface AnyVariant {
	readonly name: VariantName;
	readonly kind: VariantKind;
	readonly title: string;
	readonly workflow: WorkflowDefinition;
	/** Name of the node that receives. */
	readonly receiver: string;
}

/** n8n fetches its events from the gateway. */
export interface FetchedVariant extends AnyVariant {
	readonly way: 'fetched';
	readonly itemsPerExecution: number;
}

/** Its events are sent, by requests like these. */
export interface SentVariant extends AnyVariant {
	readonly way: 'sent';
	/** Whether each request starts an execution. */
	readonly isRun: boolean;
	/** Path of a built-in Webhook. */
	readonly path?: string;
	/** Secret that the requests are signed with. */
	readonly secret: string;
	/** Headers besides those of an event. */
	readonly headers?: Readonly<Record<string, string>>;
	readonly expectedStatus: 200 | 401;
}

/** What the Webhook with a credential asks for. */
const TOKEN = { name: 'x-token', value: 'token_benchmark_8a3e1b' } as const;

const ACCEPTED = { secret: SECRET, expectedStatus: 200 } as const;
const FORGED = { secret: WRONG_SECRET, expectedStatus: 401 } as const;

function branches(whenTrue: string, whenFalse?: string): Connections {
	const wire = (name: string) => [{ node: name, type: 'main', index: 0 }];
	return {
		...chain('Webhook', 'Extract', 'Crypto', 'If'),
		If: { main: [wire(whenTrue), whenFalse === undefined ? [] : wire(whenFalse)] },
	};
}

function builtIn(
	name: 'webhook' | 'headerAuth',
	title: string,
	{ webhook, ...reached }: BuiltInWebhook,
	headers: Readonly<Record<string, string>> = {},
): Variant {
	return {
		way: 'sent',
		name,
		kind: 'light',
		title,
		workflow: {
			name: title,
			nodes: [webhook, noOp('Done')],
			connections: chain('Webhook', 'Done'),
		},
		isRun: true,
		headers,
		...reached,
		...ACCEPTED,
	};
}

function ours(
	name: 'trigger' | 'forged',
	title: string,
	credential: CredentialReference,
	sent: typeof ACCEPTED | typeof FORGED,
): Variant {
	const trigger = triggerNode(credential);
	return {
		way: 'sent',
		name,
		kind: 'light',
		title,
		workflow: {
			name: title,
			nodes: [trigger, noOp('Done')],
			connections: chain(trigger.name, 'Done'),
		},
		receiver: trigger.name,
		isRun: name === 'trigger',
		...sent,
	};
}

function fetched(
	name: 'connection' | 'batched',
	title: string,
	credential: CredentialReference,
	itemsPerExecution: number,
): Variant {
	const trigger = triggerNode(credential, {
		endpointSetup: 'connection',
		options: { itemsPerExecution },
	});
	return {
		way: 'fetched',
		name,
		kind: name === 'batched' ? 'batched' : 'light',
		title,
		workflow: {
			name: title,
			nodes: [trigger, noOp('Done')],
			connections: chain(trigger.name, 'Done'),
		},
		receiver: trigger.name,
		itemsPerExecution,
	};
}

function handBuilt(hmac: CredentialReference): Variant {
	const { webhook, ...builtIn } = builtInWebhook({ options: { rawBody: true } });
	return {
		way: 'sent',
		isRun: true,
		name: 'chain',
		kind: 'chain',
		title: 'Webhook → Extract from File → Crypto → If → No Operation, accepted',
		workflow: {
			name: 'Hand-built chain',
			nodes: [webhook, ...verifyingNodes(hmac), noOp('Done')],
			connections: branches('Done'),
		},
		...builtIn,
		...ACCEPTED,
	};
}

function handBuiltWith401(hmac: CredentialReference): Variant {
	const { webhook, ...builtIn } = builtInWebhook({
		options: { rawBody: true },
		responseMode: 'responseNode',
	});
	return {
		way: 'sent',
		isRun: true,
		name: 'chain401',
		kind: 'chain',
		title: 'the same chain with Respond to Webhook, forged request, 401',
		workflow: {
			name: 'Hand-built chain with 401',
			nodes: [webhook, ...verifyingNodes(hmac), respond('Accept', 200), respond('Refuse', 401)],
			connections: branches('Accept', 'Refuse'),
		},
		...builtIn,
		...FORGED,
	};
}

/** The credentials that the variants use. */
export interface VariantCredentials {
	/** Of our node, for events that are sent. */
	readonly signing: CredentialReference;
	/** Of our node, for events that are fetched. */
	readonly fetching: CredentialReference;
	/** The one of n8n's Crypto node. */
	readonly hmac: CredentialReference;
	/** The one of n8n's Webhook node. */
	readonly headerAuth: CredentialReference;
}

/** Creates what {@link triggerVariants} needs. */
export async function createCredentials(
	n8n: N8nClient,
	{ gateway, accessToken }: FeedingGateway,
): Promise<VariantCredentials> {
	const signing = credentialData('http://127.0.0.1:9', { signingSecret: SECRET });
	const fetching = credentialData(gateway.url, { accessToken });
	return {
		signing: await n8n.createCredential(CREDENTIAL_TYPE, signing),
		fetching: await n8n.createCredential(CREDENTIAL_TYPE, fetching),
		hmac: await n8n.createCredential('crypto', { hmacSecret: SECRET }),
		headerAuth: await n8n.createCredential('httpHeaderAuth', TOKEN),
	};
}

/** All variants, each with a workflow of its own. */
export function triggerVariants(credentials: VariantCredentials): Variant[] {
	const { signing, fetching, hmac, headerAuth } = credentials;
	const connection = 'OpenClaw Trigger, connection → No Operation';
	// What n8n does for a credential, it does for whatever node has one.
	const withToken = builtInWebhook(
		{ authentication: 'headerAuth' },
		{ httpHeaderAuth: headerAuth },
	);
	return [
		builtIn('webhook', 'Webhook → No Operation, nothing verified', builtInWebhook()),
		builtIn('headerAuth', 'Webhook with Header Auth → No Operation, a token verified', withToken, {
			[TOKEN.name]: TOKEN.value,
		}),
		fetched('connection', connection, fetching, 1),
		fetched('batched', `${connection}, ${String(BATCH)} items per execution`, fetching, BATCH),
		ours('trigger', 'OpenClaw Trigger, webhook → No Operation, accepted', signing, ACCEPTED),
		ours('forged', 'OpenClaw Trigger, webhook, forged request, 401', signing, FORGED),
		handBuilt(hmac),
		handBuiltWith401(hmac),
	];
}
