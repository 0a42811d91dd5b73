import { createAgentRunner } from '../../../../openclaw-plugin/src/inbound/agentRunner';
import type {
	AgentRunner,
	AgentRunnerOptions,
} from '../../../../openclaw-plugin/src/inbound/agentRunner';
import { createCallbacks } from '../../../../openclaw-plugin/src/inbound/callback';
import { createInboundRoute } from '../../../../openclaw-plugin/src/inbound/inboundRoute';
import type { GatewayRules } from '../../../../openclaw-plugin/src/inbound/inboundRoute';
import { openMessageStore } from '../../../../openclaw-plugin/src/inbound/messageStore';
import type { MessageStore } from '../../../../openclaw-plugin/src/inbound/messageStore';
import { createRefusalStore } from '../../../../openclaw-plugin/src/inbound/refusalStore';
import { signalsOf } from '../../../../openclaw-plugin/src/inbound/signals';
import type { Signals } from '../../../../openclaw-plugin/src/inbound/signals';
import { createEndpointRegistry } from '../../../../openclaw-plugin/src/endpoints/registry';
import { openOutbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import { checkConfig } from '../../../../openclaw-plugin/src/protocol';
import type { InboundConfig } from '../../../../openclaw-plugin/src/protocol';
import { readSettings } from '../../../../openclaw-plugin/src/settings/settings';
import type { ConfiguredInbound } from '../../../../openclaw-plugin/src/settings/settings';
import { openDatabase } from '../../../../openclaw-plugin/src/store/database';
import {
	createFailureLimit,
	createTokenGate,
} from '../../../../openclaw-plugin/src/tokens/authorizer';
import {
	createTokenCheck,
	issueToken,
	TOKEN_SCOPES,
} from '../../../../openclaw-plugin/src/tokens/tokens';
import type { TokenRequest } from '../../../../openclaw-plugin/src/tokens/tokens';
import type { JsonObject } from '../../../../testbed/json';
import { startLocalServer } from '../../../../testbed/localServer';
import { removeTemporaryFolder, temporaryFolder } from '../../../../testbed/temporaryFolder';
import { standInRuns } from './standInRuns';
import type { StandInRuns } from './standInRuns';
import type { DatabaseSync } from 'node:sqlite';

/** `hooks.token` of the gateway. */
export const HOOK_TOKEN = 'hook-token-of-the-gateway';

/** The plugin's inbound half on a real database and a real port, with stand-in agents. */
export interface InboundGateway {
	readonly url: string;
	readonly folder: string;
	readonly database: DatabaseSync;
	readonly messages: MessageStore;
	readonly signals: Signals;
	/** `hooks` of the gateway's settings; to be changed by tests. */
	hooks: GatewayRules['hooks'];
	readonly runs: StandInRuns;
	/** What was logged. */
	readonly log: readonly string[];
	/** Events that were emitted. */
	readonly events: readonly unknown[];
	readonly runner: AgentRunner;
	/** Asks for something below the base path, with a token of all scopes unless another is given. */
	get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
	/** Posts to an inbound endpoint. */
	post(name: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
	/** Makes a token and the header that shows it. */
	bearer(request: Partial<TokenRequest>): { readonly authorization: string };
	/** Forgets what the process knows, as its end does. */
	forgetProcess(): void;
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
	options: {
		readonly inbound?: JsonObject;
		/** Beside those of `inbound`. */
		readonly endpoints?: Readonly<Record<string, ConfiguredInbound>>;
		readonly sessionKeys?: readonly string[];
		readonly runner?: Partial<AgentRunnerOptions>;
		readonly isSessionThere?: (sessionKey: string) => boolean | undefined;
	} = {},
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
	let hooks: InboundGateway['hooks'] = {
		isEnabled: true,
		token: HOOK_TOKEN,
		allowedAgentIds: ['support-bot'],
		mayNameSession: false,
		sessionKeyPrefixes: [],
	};
	const inbound = inboundConfig({
		endpoints: ARTICLE_ENDPOINTS,
		callbackOrigins: ['https://n8n.example', 'https://unknown.example', 'https://off.example'],
		...options.inbound,
	});
	const usable = Object.entries(inbound.endpoints).map(
		([name, endpoint]): [string, ConfiguredInbound] => [name, { kind: 'usable', ...endpoint }],
	);
	const agentIds = Object.values(inbound.endpoints).map(({ agentId }) => agentId);
	const others = [...new Set(agentIds)].filter((id) => id !== 'support-bot' && id !== 'nobody');
	const agents = [
		{ id: 'support-bot', name: 'Support' },
		{ id: 'private' },
		...others.map((id) => ({ id })),
	];
	const refusals = createRefusalStore(database);
	const check = createTokenCheck({ database, hookToken: () => hooks });
	const route = createInboundRoute({
		folder,
		inbound: {
			...inbound,
			endpoints: { ...Object.fromEntries(usable), ...options.endpoints },
			sessionKeys: options.sessionKeys ?? [],
		},
		gateway: () => ({
			agents,
			channels: [{ id: 'telegram' }],
			hooks,
		}),
		database,
		gate: createTokenGate(check, createFailureLimit()),
		refusals,
		findSigner: callbacks.findSigner,
		findReceiver: callbacks.findReceiver,
		wrapExternalContent: (text) => `<external>${text}</external>`,
		isSessionThere: options.isSessionThere ?? (() => undefined),
		logger,
	});
	const server = await startLocalServer((request, response) => {
		void route(request, response).then((isHandled) => {
			if (!isHandled) response.writeHead(418).end();
		});
	});
	const makeRunner = (changes: Partial<AgentRunnerOptions> = {}) =>
		createAgentRunner({
			folder,
			database,
			runs,
			emit: (type, data) => events.push({ type, data }),
			onEnded: callbacks.send,
			logger,
			retentionDays: 14,
			timing: {
				waitMs: 50,
				recoveryPollMs: 5,
				recoveryLimitMs: 300,
				storeRetryMs: 20,
				cancelMs: 5,
			},
			...options.runner,
			...changes,
		});
	let runner = makeRunner();
	runner.start();
	const bearer = (request: Partial<TokenRequest>) => {
		const { token } = issueToken(database, { name: 'n8n', scopes: TOKEN_SCOPES, ...request });
		return { authorization: `Bearer ${token}` };
	};
	const n8n = bearer({});
	const ask = async (path: string, init: RequestInit): Promise<Answer> => {
		const response = await fetch(`${server.url}/webhooks/inbound/${path}`, init);
		const json = (await response.json()) as JsonObject;
		return { status: response.status, headers: response.headers, json };
	};
	return {
		url: server.url,
		folder,
		database,
		messages: openMessageStore(database),
		signals: signalsOf(folder),
		get hooks() {
			return hooks;
		},
		set hooks(changed) {
			hooks = changed;
		},
		runs,
		log,
		events,
		get runner() {
			return runner;
		},
		bearer,
		get: async (path, headers = {}) => await ask(path, { headers: { ...n8n, ...headers } }),
		post: async (name, body, headers = {}) =>
			await ask(name, {
				method: 'POST',
				headers: { ...n8n, 'content-type': 'application/json', ...headers },
				body: typeof body === 'string' ? body : JSON.stringify(body),
			}),
		forgetProcess: () => {
			signalsOf(folder).started.clear();
		},
		restart: async (changes) => {
			await runner.stop();
			runner = makeRunner(changes);
			runner.start();
		},
		remove: async () => {
			await runner.stop();
			await server.close();
			refusals.close();
			database.close();
			await removeTemporaryFolder(folder);
		},
	};
}
