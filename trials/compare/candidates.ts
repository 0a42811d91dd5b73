import { endpointOf, type FeedingGateway } from '../../benchmarks/connection/feed';
import type { JsonObject } from '../../testbed/json';
import type { N8n } from '../../testbed/n8n/instance';
import {
	builtInWebhook,
	headerExpression,
	respond,
	verifyingNodes,
	type Condition,
} from '../../testbed/n8n/handBuiltNodes';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, node, type Connections, type WorkflowNode } from '../../testbed/n8n/workflow';
import { credentialData } from '../../testbed/stack';
import {
	HAND_ON,
	type CandidateKey,
	type FetchedReceiver,
	type SentCandidate,
	type SentReceiver,
} from './candidate';

const TOKEN_HEADER = 'X-Webhook-Token';
const DEDUPLICATE = 'Remove Duplicates';

/** Secrets of one run. */
export interface Secrets {
	readonly signing: string;
	/** Static token in a header, instead of a signature. */
	readonly token: string;
}

/** What the workflows of all candidates share. */
interface Parts {
	readonly n8n: N8n;
	readonly sinkUrl: string;
	readonly secrets: Secrets;
}

function handOn({ sinkUrl }: Parts, key: CandidateKey, event: string): WorkflowNode {
	return node(HAND_ON, 'n8n-nodes-base.httpRequest', 4.2, {
		method: 'POST',
		url: `${sinkUrl}/${key}`,
		sendBody: true,
		contentType: 'raw',
		rawContentType: 'application/json',
		body: `={{ ${event} }}`,
		options: {},
	});
}

async function openClawTrigger(parts: Parts): Promise<SentCandidate> {
	const filled = { signingSecret: parts.secrets.signing };
	// The gateway's address belongs to automatic setup and to sending.
	const data = credentialData('http://127.0.0.1:9', { hookToken: '', ...filled });
	const trigger = triggerNode(await parts.n8n.client.createCredential(CREDENTIAL_TYPE, data));
	return {
		way: 'sent',
		key: 'trigger',
		letter: 'B',
		title: 'OpenClaw Trigger (webhook, manual endpoint setup)',
		definition: {
			name: 'OpenClaw Trigger',
			nodes: [trigger, handOn(parts, 'trigger', 'JSON.stringify($json)')],
			connections: chain(trigger.name, HAND_ON),
		},
		receiver: trigger.name,
		filled,
		endpoint: { secret: parts.secrets.signing },
	};
}

async function headerAuth(parts: Parts): Promise<SentCandidate> {
	const filled = { name: TOKEN_HEADER, value: parts.secrets.token };
	const credential = await parts.n8n.client.createCredential('httpHeaderAuth', filled);
	const { webhook, ...builtIn } = builtInWebhook(
		{ authentication: 'headerAuth' },
		{ httpHeaderAuth: credential },
	);
	return {
		way: 'sent',
		key: 'headerAuth',
		letter: 'C',
		title: 'Webhook with Header Auth',
		definition: {
			name: 'Webhook with Header Auth',
			nodes: [webhook, handOn(parts, 'headerAuth', 'JSON.stringify($json.body)')],
			connections: chain(builtIn.receiver, HAND_ON),
		},
		...builtIn,
		filled,
		endpoint: { headers: { [TOKEN_HEADER]: parts.secrets.token } },
	};
}

function branches(accepted: readonly string[]): Connections {
	return {
		...chain('Webhook', 'Extract', 'Crypto', 'If', ...accepted, HAND_ON),
		If: {
			main: ['Accept', 'Refuse'].map((name) => [{ node: name, type: 'main', index: 0 }]),
		},
	};
}

async function chainOf(
	parts: Parts,
	key: 'chain' | 'carefulChain',
	title: string,
	more: {
		readonly conditions?: readonly Condition[];
		readonly extract?: JsonObject;
		readonly behind?: readonly WorkflowNode[];
	},
): Promise<Omit<SentCandidate, 'letter'>> {
	const filled = { hmacSecret: parts.secrets.signing };
	const hmac = await parts.n8n.client.createCredential('crypto', filled);
	const { behind = [], ...verification } = more;
	const { webhook, ...builtIn } = builtInWebhook({
		responseMode: 'responseNode',
		options: { rawBody: true },
	});
	return {
		way: 'sent',
		key,
		title,
		definition: {
			name: title,
			nodes: [
				webhook,
				...verifyingNodes(hmac, verification),
				respond('Accept', 200),
				respond('Refuse', 401),
				...behind,
				handOn(parts, key, '$json.body'),
			],
			connections: branches(['Accept', ...behind.map(({ name }) => name)]),
		},
		...builtIn,
		filled,
		endpoint: { secret: parts.secrets.signing },
	};
}

async function handBuilt(parts: Parts): Promise<SentCandidate> {
	const title = 'Webhook → Extract from File → Crypto → If → Respond to Webhook';
	return { letter: 'D', ...(await chainOf(parts, 'chain', title, {})) };
}

async function carefullyBuilt(parts: Parts): Promise<SentCandidate> {
	const age = `Math.abs(Date.now() / 1000 - Number(${headerExpression('timestamp')}))`;
	const recent: Condition = {
		leftValue: `={{ ${age} }}`,
		rightValue: 300,
		operator: { type: 'number', operation: 'lte' },
	};
	const deduplicate = node(DEDUPLICATE, 'n8n-nodes-base.removeDuplicates', 2, {
		operation: 'removeItemsSeenInPreviousExecutions',
		dedupeValue: '={{ JSON.parse($json.body).id }}',
		options: {},
	});
	const careful = await chainOf(
		parts,
		'carefulChain',
		'D with a timestamp check, a fixed encoding and Remove Duplicates',
		{ conditions: [recent], extract: { encoding: 'utf8' }, behind: [deduplicate] },
	);
	return { letter: 'E', ...careful };
}

/** Creates the workflows of the candidates that events are sent to, and publishes them. */
export async function publishWebhooks(parts: Parts): Promise<SentReceiver[]> {
	const { n8n } = parts;
	const receivers: SentReceiver[] = [];
	for (const build of [openClawTrigger, headerAuth, handBuilt, carefullyBuilt]) {
		const candidate = await build(parts);
		const { definition, path, receiver } = candidate;
		const workflow = await n8n.client.createWorkflow(definition);
		await n8n.client.publish(workflow);
		const url =
			path === undefined ? n8n.client.webhookUrl(workflow, receiver) : `${n8n.url}/webhook/${path}`;
		receivers.push({ ...candidate, workflow, url });
	}
	return receivers;
}

/** Creates the workflow that fetches its events from a gateway, and publishes it. */
export async function publishConnection(
	parts: Parts,
	{ gateway, accessToken }: FeedingGateway,
): Promise<FetchedReceiver> {
	const { n8n } = parts;
	const filled = { gatewayUrl: gateway.url, accessToken };
	const data = credentialData(gateway.url, { hookToken: '', ...filled });
	const made = triggerNode(await n8n.client.createCredential(CREDENTIAL_TYPE, data));
	// The connection is what a new node has.
	const trigger = { ...made, parameters: { events: ['*'] } };
	const definition = {
		name: 'OpenClaw Trigger, connection',
		nodes: [trigger, handOn(parts, 'connection', 'JSON.stringify($json)')],
		connections: chain(trigger.name, HAND_ON),
	};
	const workflow = await n8n.client.createWorkflow(definition);
	await n8n.client.publish(workflow);
	return {
		way: 'fetched',
		key: 'connection',
		letter: 'A',
		title: 'OpenClaw Trigger (connection, the default)',
		definition,
		receiver: trigger.name,
		filled,
		workflow,
		registered: await endpointOf(gateway, workflow.id),
	};
}
