# Installs the plugin and writes what the gateway needs to run in a container; once, and again for another
# PLUGIN_PACKAGE. What else is in the configuration stays.

openclaw() {
	node "${OPENCLAW_PROGRAM:-dist/index.js}" "$@"
}

openclaw config set --batch-json '[
	{ "path": "gateway.mode", "value": "local" },
	{ "path": "gateway.bind", "value": "lan" },
	{ "path": "gateway.auth.mode", "value": "token" },
	{ "path": "gateway.controlUi.allowedOrigins", "value": ["http://localhost:18789", "http://127.0.0.1:18789"] }
]'
openclaw plugins install "${PLUGIN_PACKAGE:-openclaw-plugin-event-webhooks@latest}" --force --accept-capabilities
openclaw config set --batch-json '[
	{ "path": "plugins.entries.event-webhooks.enabled", "value": true },
	{ "path": "plugins.entries.event-webhooks.hooks.allowConversationAccess", "value": true }
]'
