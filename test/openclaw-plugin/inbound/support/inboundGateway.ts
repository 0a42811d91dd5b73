import { createAgentRunner } from '../../../../openclaw-plugin/src/inbound/agentRunner';
import type {
	AgentRunner,
	AgentRunnerOptions,
} from '../../../../openclaw-plugin/src/inbound/agentRunner';
import { createCallbacks } from '../../../../openclaw-plugin/src/inbound/callback';
import { createInboundRoute } from '../../../../openclaw-plugin/src/inbound/inboundRoute';
import { openMessageStore } from '../../../../openclaw-plugin/src/inbound/messageStore';
import type { MessageStore } from '../../../../openclaw-plugin/src/inbound/messageStore';
import { createEndpointRegistry } from '../../../../openclaw-plugin/src/endpoints/registry';
import { openOutbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import { checkConfig } from '../../../../openclaw-plugin/src/protocol';
import type { InboundConfig } from '../../../../openclaw-plugin/src/protocol';
import { readSettings } from '../../../../openclaw-plugin/src/settings/settings';
import { openDatabase } from '../../../../openclaw-plugin/src/store/database';
import {
	createAuthorizer,
	createFailureLimit,
} from '../../../../openclaw-plugin/src/tokens/authorizer';
import { createTokenCheck } from '../../../../openclaw-plugin/src/tokens/tokens';
import type { JsonObject } from '../../../../testbed/json';
import { startLocalServer } from '../../../../testbed/localServer';
import { removeTemporaryFolder, temporaryFolder } from '../../../../testbed/temporaryFolder';
import { standInRuns } from './standInRuns';
import type { StandInRuns } from './standInRuns';
import type { DatabaseSync } from 'node:sqlite';

export const TOKEN = 'hook-token-of-the-gateway';

/** The plugin's inbound half on a real database and a real port, with stand-in agents. */
export interface InboundGateway {
	readonly url: string;
	readonly folder: string;
	readonly database: DatabaseSync;
	readonly messages: MessageStore;
	readonly runs: StandInRuns;
	/** What was logged. */
	readonly log: readonly string[];
	/** Events that were emitted. */
	readonly events: readonly unknown[];
	readonly runner: AgentRunner;
	/** Posts to an inbound endpoint. */
	post(name: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
	/** Starts another runner on the same data, as a restarted gateway does. */
	restart(changes?: Partial<AgentRunnerOptions>): Promise<void>;
	remove(): Promise<void>;
}

export interface Answer {
	readonly status: number;
	readonly headers: Headers;
	readonly json: JsonObject;
}

/** The inbound endpoints of the article that this plugin implements. */
export const ARTICLE_ENDPOINTS = {
	alert: {
		agentId: 'alert-handler',
		template: '收到告警:{{body.title}} - 严重级别:{{body.severity}}',
	},
	deploy: {
		agentId: 'devops-agent',
		template: '{{body.repo}} 的 {{body.branch}} 分支部署{{body.status}}',
	},
	'ticket-update': {
		agentId: 'support-bot',
		template: '工单 #{{body.ticketId}} 状态已更新为:{{body.status}}',
	},
} as const;

/** Endpoints of the configuration file that events go to. */
const ENDPOINTS = [
	{ name: 'off', url: 'https://off.example/', secret: 'whsec_off', events: ['*'], enabled: false },
	{ name: 'unsigned', url: 'https://unknown.example/', events: ['*'] },
	{
		name: 'n8n',
		url: 'https://n8n.example/webhook/1',
		secret: 'whsec_n8n',
		events: ['session.ended'],
	},
];

/** Reads settings as the gateway's configuration has them. */
export function inboundConfig(inbound: JsonObject): InboundConfig {
	const checked = checkConfig({ inbound });
	if (!checked.ok || checked.config.inbound === undefined) throw new Error('Wrong settings');
	return checked.config.inbound;
}

export async function inboundGateway(
	options: { readonly inbound?: JsonObject; readonly runner?: Partial<AgentRunnerOptions> } = {},
): Promise<InboundGateway> {
	const folder = await temporaryFolder('inbound');
	const database = openDatabase(folder);
	const runs = standInRuns();
	const log: string[] = [];
	const events: unknown[] = [];
	const registry = createEndpointRegistry({
		folder,
		database,
		configured: readSettings({ endpoints: ENDPOINTS }).endpoints,
		isComplete: true,
		instanceId: 'node-1',
	});
	const outbox = openOutbox(database, { folder });
	const callbacks = createCallbacks({
		folder,
		database,
		outbox,
		registry,
		instanceId: 'node-1',
	});
	const write = (line: string) => {
		log.push(line);
	};
	const logger = { info: write, warn: write, error: write };
	const route = createInboundRoute({
		inbound: inboundConfig({
			endpoints: ARTICLE_ENDPOINTS,
			callbackOrigins: ['https://n8n.example', 'https://unknown.example', 'https://off.example'],
			...options.inbound,
		}),
		agents: [{ id: 'support-bot', name: 'Support' }, { id: 'private' }],
		channels: [{ id: 'telegram' }],
		allowedAgentIds: ['support-bot'],
		database,
		authorize: createAuthorizer(
			createTokenCheck({ database, hookToken: () => ({ isEnabled: true, token: TOKEN }) }),
			createFailureLimit(),
		),
		findSigner: callbacks.findSigner,
		findReceiver: callbacks.findReceiver,
		wrapExternalContent: (text) => `<external>${text}</external>`,
		logger,
	});
	const server = await startLocalServer((request, response) => {
		void route(request, response).then((isHandled) => {
			if (!isHandled) response.writeHead(418).end();
		});
	});
	const makeRunner = (changes: Partial<AgentRunnerOptions> = {}) =>
		createAgentRunner({
			database,
			runs,
			emit: (type, data) => events.push({ type, data }),
			onSettled: callbacks.send,
			logger,
			retentionMs: 86_400_000,
			timing: { waitMs: 50, recoveryPollMs: 5, recoveryLimitMs: 300, storeRetryMs: 20 },
			...options.runner,
			...changes,
		});
	let runner = makeRunner();
	runner.start();
	return {
		url: server.url,
		folder,
		database,
		messages: openMessageStore(database),
		runs,
		log,
		events,
		get runner() {
			return runner;
		},
		post: async (name, body, headers = {}) => {
			const response = await fetch(`${server.url}/webhooks/inbound/${name}`, {
				method: 'POST',
				headers: {
					authorization: `Bearer ${TOKEN}`,
					'content-type': 'application/json',
					...headers,
				},
				body: typeof body === 'string' ? body : JSON.stringify(body),
			});
			const json = (await response.json()) as JsonObject;
			return { status: response.status, headers: response.headers, json };
		},
		restart: async (changes) => {
			await runner.stop();
			runner = makeRunner(changes);
			runner.start();
		},
		remove: async () => {
			await runner.stop();
			await server.close();
			database.close();
			await removeTemporaryFolder(folder);
		},
	};
}
