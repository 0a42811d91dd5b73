import type { INodeProperties } from 'n8n-workflow';

/** The lists that a gateway can apply itself, which leaves wildcards and conditions to the node. */
const FILTER_LINE = `{{ ((lists) => lists.length > 0 ? "filter: " + JSON.stringify(Object.fromEntries(lists)) + "," : "// no filter")(
                ["agentIds", "channels", "userIds", "sessionIds", "instanceIds"]
                  .map((name) => [name, [$parameter.filters[name] ?? []].flat().join(",").split(",").map((id) => id.trim()).filter((id) => id !== "")])
                  .filter(([, ids]) => ids.length > 0 && !ids.join().includes("*"))) }}`;

/** Readable as it stands, complete once n8n's editor has filled it in. */
const BLOCK = `{
  plugins: {
    entries: {
      "event-webhooks": {
        enabled: true,
        config: {
          endpoints: [
            {
              name: "n8n-{{ $webhookId.slice(0, 8) }}",
              // The production URL as in 'Webhook URLs' above, as your gateway reaches it
              url: "https://YOUR-N8N-ADDRESS/webhook/{{ $webhookId }}/webhook",
              // The same as the 'Signing Secret' of the credential
              secret: "YOUR-SIGNING-SECRET",
              events: {{ JSON.stringify($parameter.events.includes("*") ? ["*"] : $parameter.events) }},
              ${FILTER_LINE}
              // Needed when n8n has a private address, such as localhost or 192.168.0.2:
              // allowPrivateHosts: true,
            },
          ],
        },
      },
    },
  },
}`;

/**
 * Shows the block for openclaw.json5 in the editor. It is added on demand: while a parameter holds an
 * expression, n8n starts its expression engine for every request.
 */
export const GATEWAY_CONFIG: INodeProperties = {
	displayName: 'Gateway Configuration',
	name: 'gatewayConfig',
	type: 'collection',
	placeholder: 'Show Block for openclaw.json5',
	default: {},
	displayOptions: { show: { endpointSetup: ['manual'] } },
	options: [
		{
			displayName: 'Block for openclaw.json5',
			name: 'block',
			type: 'string',
			typeOptions: { rows: 12 },
			default: `=${BLOCK}`,
			description:
				"Open it with the arrow in its corner and copy what 'Result' shows into openclaw.json5 of your gateway. Remove it here then: it makes requests slower.",
		},
	],
};
