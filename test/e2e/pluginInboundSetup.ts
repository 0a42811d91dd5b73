import type { Gateway } from '../../testbed/gateway';
import type { JsonObject } from '../../testbed/json';
import { startPluginGateway } from './support/pluginGateway';

/** The inbound endpoints of the article that the plugin implements, as they stand there. */
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

/** The agents that they are for. */
const AGENTS = ['main', 'alert-handler', 'devops-agent', 'support-bot'];

/** Starts a gateway with the plugin and the agents of the article. `remove()` it in `afterAll`. */
export async function startArticleGateway(
	modelUrl: string,
	webhooks: JsonObject,
	env: Readonly<Record<string, string>> = {},
): Promise<Gateway> {
	const entries = AGENTS.map((id) => [
		id,
		{ workspace: `workspaces/${id}`, identity: { name: `The ${id}` } },
	]);
	return await startPluginGateway({
		modelUrl,
		webhooks,
		env,
		config: {
			agents: {
				ownership: 'explicit',
				defaults: {
					model: { primary: 'scripted/scripted-1' },
					skipBootstrap: true,
					systemAgent: { agentId: 'main' },
					heartbeat: { every: '0m', agentId: 'main' },
				},
				entries: Object.fromEntries(entries) as JsonObject,
			},
		},
	});
}
