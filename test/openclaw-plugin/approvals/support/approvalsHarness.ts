import type { DatabaseSync } from 'node:sqlite';
import { createApprovals } from '../../../../openclaw-plugin/src/approvals/approvals';
import type { Approvals } from '../../../../openclaw-plugin/src/approvals/approvals';
import { registerApprovals } from '../../../../openclaw-plugin/src/approvals/registerApprovals';
import type { ToolCallAnswer } from '../../../../openclaw-plugin/src/gatewayApi';
import { readGatewaySettings } from '../../../../openclaw-plugin/src/settings/gatewayConfig';
import { readSettings } from '../../../../openclaw-plugin/src/settings/settings';
import type { JsonObject } from '../../../../testbed/json';
import { openManager } from '../../endpoints/support/manager';
import { temporaryDatabase } from '../../outbox/support/temporaryDatabase';

type Handler = (event: unknown, context: unknown) => unknown;

/** The plugin's part for approvals, on a real database. */
export interface ApprovalsHarness {
	readonly folder: string;
	readonly database: DatabaseSync;
	/** As the gateway has them. */
	readonly approvals: Approvals;
	/** As another process has them: the command line. */
	readonly elsewhere: Approvals;
	readonly options: { readonly priority?: number; readonly timeoutMs?: number };
	/** What the gateway asks before a tool call. */
	call(
		event?: JsonObject,
		context?: Record<string, unknown>,
	): ToolCallAnswer | Promise<ToolCallAnswer>;
	/** The hook `gateway_stop`. */
	stop(reason: string): void;
	/** What waits, the newest first. */
	waiting(): readonly string[];
	/** Events that were written, the oldest first. */
	events(): readonly JsonObject[];
	readonly log: readonly string[];
	remove(): Promise<void>;
}

const N8N = {
	name: 'n8n',
	kind: 'connection',
	events: ['approval.requested', 'approval.resolved'],
};

/**
 * @param rules as they stand in the configuration
 * @param endpoints that are there
 * @param hooks `plugins.entries["event-webhooks"].hooks`
 */
export async function approvalsHarness(
	rules: unknown,
	{
		endpoints = [N8N],
		hooks = {},
	}: { readonly endpoints?: readonly object[]; readonly hooks?: JsonObject } = {},
): Promise<ApprovalsHarness> {
	const store = await temporaryDatabase();
	const { database, folder } = store;
	const { manager, outbox } = openManager(database, folder);
	for (const endpoint of endpoints) {
		const added = manager.add(endpoint);
		if (!added.ok) throw new Error(added.refused.message);
	}
	const log: string[] = [];
	const write = (line: string) => void log.push(line);
	const logger = { info: write, warn: write, error: write };
	const parts = { folder, database, outbox, instanceId: 'node-1', logger };
	const approvals = createApprovals({ ...parts, isGateway: true });
	const settings = readSettings({ approvals: rules });
	const current = { settings, approvals };
	const gateway = readGatewaySettings({ plugins: { entries: { 'event-webhooks': { hooks } } } });
	const handlers = new Map<string, Handler>();
	const options: { priority?: number; timeoutMs?: number } = {};
	const on = (hook: string, handler: Handler, given: object = {}) => {
		handlers.set(hook, handler);
		Object.assign(options, given);
	};
	registerApprovals(
		{ on: on },
		{
			folder,
			store: database,
			current: () => current,
			gateway: () => gateway,
			logger,
		},
	);
	return {
		folder,
		database,
		approvals,
		elsewhere: createApprovals({ ...parts, isGateway: false }),
		options,
		call: (event = {}, context = {}) =>
			handlers.get('before_tool_call')?.(
				{
					toolName: 'exec',
					params: { command: 'ls' },
					toolCallId: 'call-1',
					runId: 'run-1',
					...event,
				},
				{ agentId: 'main', sessionKey: 'agent:main:main', sessionId: 'session-1', ...context },
			) as ToolCallAnswer,
		stop: (reason) => {
			handlers.get('gateway_stop')?.({ reason }, {});
		},
		waiting: () => approvals.list({ state: 'waiting' }).map(({ id }) => id),
		events: () =>
			database
				.prepare('SELECT body FROM events ORDER BY seq')
				.all()
				.map(({ body }) => JSON.parse(String(body)) as JsonObject),
		log,
		remove: async () => store.remove(),
	};
}
