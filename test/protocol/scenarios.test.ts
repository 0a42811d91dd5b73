import { parseConfig } from '../../protocol';
import type { WebhooksConfig } from '../../protocol';

function parsed(text: string): WebhooksConfig {
	const result = parseConfig(text);
	if (!result.ok) throw new Error(result.issues[0].message);
	return result.config;
}

describe('a top-level webhooks object, as it is documented', () => {
	it('holds an endpoint with everything', () => {
		const config = parsed(`{
webhooks: {
endpoints: [
{
// a name
name: "main-webhook",
url: "https://your-server.com/openclaw/events",
/* a secret */ secret: "whsec_xxxxxxxxxxxxxxxx",
events: [
"message.received",
"message.sent",
"session.created",
"session.ended",
"tool.called",
"tool.completed",
"error.occurred"
],
retry: {
maxAttempts: 3,
backoffMs: 1000
}
}
]
}
}`);
		expect(config).toEqual({
			endpoints: [
				{
					name: 'main-webhook',
					url: 'https://your-server.com/openclaw/events',
					secret: 'whsec_xxxxxxxxxxxxxxxx',
					events: [
						'message.received',
						'message.sent',
						'session.created',
						'session.ended',
						'tool.called',
						'tool.completed',
						'error.occurred',
					],
					retry: { maxAttempts: 3, backoffMs: 1000 },
				},
			],
			inbound: undefined,
			agentIds: [],
			environmentNames: [],
		});
	});

	it('holds inbound endpoints', () => {
		const config = parsed(`{
webhooks: {
inbound: {
enabled: true,
basePath: "/webhooks/inbound",
endpoints: {
// POST /webhooks/inbound/alert
"alert": {
agentId: "alert-handler",
template: "收到告警:{{body.title}} - 严重级别:{{body.severity}}"
},
"deploy": {
agentId: "devops-agent",
template: "{{body.repo}} 的 {{body.branch}} 分支部署{{body.status}}"
}
}
}
}
}`);
		expect(config.inbound).toEqual({
			enabled: true,
			basePath: '/webhooks/inbound',
			callbackOrigins: [],
			sessionKeys: [],
			endpoints: {
				alert: {
					agentId: 'alert-handler',
					template: '收到告警:{{body.title}} - 严重级别:{{body.severity}}',
				},
				deploy: {
					agentId: 'devops-agent',
					template: '{{body.repo}} 的 {{body.branch}} 分支部署{{body.status}}',
				},
			},
		});
		expect(config.agentIds).toEqual(['alert-handler', 'devops-agent']);
	});
});

describe('the scenarios', () => {
	it('audit log: only the events of some agents', () => {
		const config = parsed(`{
webhooks: {
endpoints: [{
name: "audit-log",
url: "https://audit.company.com/api/logs",
events: ["message.received", "message.sent"],
// by agent
filter: {
agentIds: ["customer-support", "hr-assistant"]
}
}]
}
}`);
		expect(config.endpoints[0]?.filter).toEqual({ agentIds: ['customer-support', 'hr-assistant'] });
		expect(config.agentIds).toEqual(['customer-support', 'hr-assistant']);
	});

	it('Slack alert: another body', () => {
		const config = parsed(`{
webhooks: {
endpoints: [{
name: "slack-alert",
url: "https://hooks.slack.com/services/T00/B00/xxxxx",
events: ["error.occurred"],
transform: {
text: "🚨 OpenClaw 告警: {{data.error.message}}\\nAgent: {{data.agentId}}\\n时间: {{timestamp}}"
}
}]
}
}`);
		expect(config.endpoints[0]?.transform).toEqual({
			text: '🚨 OpenClaw 告警: {{data.error.message}}\nAgent: {{data.agentId}}\n时间: {{timestamp}}',
		});
	});

	it('CRM record: a header from the environment, which is named and not resolved', () => {
		const config = parsed(`{
webhooks: {
endpoints: [{
name: "crm-integration",
url: "https://crm.company.com/api/interactions",
events: ["session.created"],
headers: {
"X-API-Key": "\${CRM_API_KEY}"
}
}]
}
}`);
		expect(config.endpoints[0]?.headers).toEqual({ 'X-API-Key': '${CRM_API_KEY}' });
		expect(config.environmentNames).toEqual(['CRM_API_KEY']);
	});

	it('ticket round trip: both directions, inbound by defaults', () => {
		const config = parsed(`{
webhooks: {
// out
endpoints: [{
name: "create-ticket",
url: "https://ticketing.company.com/api/tickets",
events: ["session.created"],
filter: { agentIds: ["support-bot"] }
}],
// in
inbound: {
endpoints: {
"ticket-update": {
agentId: "support-bot",
template: "工单 #{{body.ticketId}} 状态已更新为:{{body.status}}"
}
}
}
}
}`);
		expect(config.endpoints).toHaveLength(1);
		expect(config.inbound).toEqual({
			enabled: true,
			basePath: '/webhooks/inbound',
			callbackOrigins: [],
			sessionKeys: [],
			endpoints: {
				'ticket-update': {
					agentId: 'support-bot',
					template: '工单 #{{body.ticketId}} 状态已更新为:{{body.status}}',
				},
			},
		});
		expect(config.agentIds).toEqual(['support-bot']);
	});
});
