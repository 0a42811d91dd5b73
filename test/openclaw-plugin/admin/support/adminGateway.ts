import type { DatabaseSync } from 'node:sqlite';
import { ADMIN_PATH, createAdminRoute } from '../../../../openclaw-plugin/src/admin/adminRoute';
import { mediaFoldersOf } from '../../../../openclaw-plugin/src/admin/keptFile';
import { createApprovals } from '../../../../openclaw-plugin/src/approvals/approvals';
import { createConnections } from '../../../../openclaw-plugin/src/delivery/connections';
import { createHttpClient } from '../../../../openclaw-plugin/src/delivery/httpClient';
import { createEndpointRegistry } from '../../../../openclaw-plugin/src/endpoints/registry';
import type { EndpointRegistry } from '../../../../openclaw-plugin/src/endpoints/registry';
import { readSettings } from '../../../../openclaw-plugin/src/settings/settings';
import { openDatabase } from '../../../../openclaw-plugin/src/store/database';
import {
	createAuthorizer,
	createFailureLimit,
} from '../../../../openclaw-plugin/src/tokens/authorizer';
import { createTokenCheck, issueToken } from '../../../../openclaw-plugin/src/tokens/tokens';
import type { JsonObject } from '../../../../testbed/json';
import { startLocalServer } from '../../../../testbed/localServer';
import { removeTemporaryFolder, temporaryFolder } from '../../../../testbed/temporaryFolder';

import { TEST_HOST_RULES } from '../../delivery/support/hostRules';
import { openManager } from '../../endpoints/support/manager';

export const HOOKS_TOKEN = 'hook-token-of-the-gateway';
export const CONFIG_SECRET = 'whsec_of-the-configuration-file';

export interface Answer {
	readonly status: number;
	readonly headers: Headers;
	/** Empty where the answer is none. */
	readonly json: JsonObject;
	readonly text: string;
}

/** The plugin's API for endpoints on a real database and a real port. */
export interface AdminGateway {
	readonly url: string;
	/** Where the plugin would keep its data. */
	readonly folder: string;
	readonly database: DatabaseSync;
	readonly registry: EndpointRegistry;
	readonly log: readonly string[];
	/** The clock; to be moved by tests. */
	time: number;
	/** Milliseconds that only go forward; to be moved by tests. */
	elapsed: number;
	ask(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
	remove(): Promise<void>;
}

/** An endpoint `main-webhook` is in the configuration file. */
export async function adminGateway(): Promise<AdminGateway> {
	const folder = await temporaryFolder('admin');
	const database = openDatabase(folder);
	const log: string[] = [];
	const write = (line: string) => {
		log.push(line);
	};
	const { endpoints: configured } = readSettings({
		endpoints: [
			{
				name: 'main-webhook',
				url: 'https://hooks.example/services/T00/B00/password',
				secret: CONFIG_SECRET,
				events: ['*'],
				headers: { 'X-API-Key': 'api-key-of-the-crm' },
			},
		],
	});
	const clock = { time: 1_800_000_000_000, elapsed: 0 };
	const now = () => clock.time;
	const registry = createEndpointRegistry({
		folder,
		database,
		configured,
		isComplete: true,
		instanceId: 'node-1',
		now,
	});
	registry.list();
	const { outbox } = openManager(database, folder, now);
	const onExpired = () => undefined;
	const elapsed = () => clock.elapsed;
	const common = { folder, database, outbox, registry, onExpired };
	const connections = createConnections({ ...common, now, elapsed });
	const client = createHttpClient(TEST_HOST_RULES, {});
	const route = createAdminRoute({
		folder,
		mediaFolders: mediaFoldersOf(folder, {}),
		database,
		...openManager(database, folder, now),
		registry,
		connections,
		request: client.send,
		instanceId: 'node-1',
		version: '0.0.0',
		reviewParts: {
			reviews: { ask: () => Promise.reject(new Error('Nobody is asked here')) },
			callbacks: { origins: [], findSigner: () => undefined, findReceiver: () => undefined },
		},
		approvals: createApprovals({
			folder,
			database,
			outbox,
			instanceId: 'node-1',
			logger: { error: write },
			isGateway: false,
			now,
		}),
		authorize: createAuthorizer(
			createTokenCheck({ database, hookToken: () => ({ isEnabled: true, token: HOOKS_TOKEN }) }),
			createFailureLimit(),
		),
		logger: { info: write, warn: write, error: write },
		now,
	});
	const server = await startLocalServer((request, response) => {
		void route(request, response).then((isHandled) => {
			if (!isHandled) response.writeHead(418).end();
		});
	});
	const scopes = ['endpoints', 'events', 'approvals'] as const;
	const { token } = issueToken(database, { name: 'n8n', scopes });
	return {
		url: server.url + ADMIN_PATH,
		folder,
		database,
		registry,
		log,
		get time() {
			return clock.time;
		},
		set time(time) {
			clock.time = time;
		},
		get elapsed() {
			return clock.elapsed;
		},
		set elapsed(elapsed) {
			clock.elapsed = elapsed;
		},
		ask: async (method, path, body, given = token) => {
			const response = await fetch(server.url + ADMIN_PATH + path, {
				method,
				headers: { authorization: `Bearer ${given}`, 'content-type': 'application/json' },
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
			});
			const text = await response.text();
			const { status, headers } = response;
			const isJson = headers.get('content-type')?.startsWith('application/json') === true;
			return { status, headers, text, json: isJson ? (JSON.parse(text) as JsonObject) : {} };
		},
		remove: async () => {
			await server.close();
			client.close();
			database.close();
			await removeTemporaryFolder(folder);
		},
	};
}
