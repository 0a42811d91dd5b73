import type {
	IAuthenticate,
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestOptions,
	Icon,
	INodeProperties,
} from 'n8n-workflow';

/**
 * How n8n reaches an OpenClaw gateway and knows its events. None of the fields is required by itself:
 * with the plugin at the gateway it takes the URL and an access token, without it the URL and the hook
 * token, and for events from any other sender the signing secret alone.
 */
export class OpenClawApi implements ICredentialType {
	name = 'openClawApi';

	displayName = 'OpenClaw API';

	icon: Icon = {
		light: 'file:../icons/openclaw.svg',
		dark: 'file:../icons/openclaw.dark.svg',
	};

	documentationUrl = 'https://github.com/openclaw-webhooks/n8n-nodes-openclaw-webhooks#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'Gateway URL',
			name: 'gatewayUrl',
			type: 'string',
			default: 'http://127.0.0.1:18789',
			placeholder: 'e.g. http://127.0.0.1:18789',
			description:
				'Address of the OpenClaw gateway as seen from n8n. Needed for everything but OpenClaw Trigger with manual endpoint setup.',
		},
		{
			displayName: 'Access Token',
			name: 'accessToken',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. ocw_…',
			description:
				"A token of the OpenClaw plugin event-webhooks: 'openclaw event-webhooks token create --name n8n' on the gateway's host makes one. It is all that both nodes need, except for Wake Agent.",
		},
		{
			displayName: 'Hook Token',
			name: 'hookToken',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				"The gateway's own token for hooks ('hooks.token' in openclaw.json). Needed for Wake Agent, and to send messages to a gateway without the plugin.",
		},
		{
			displayName: 'Signing Secret',
			name: 'signingSecret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			placeholder: 'e.g. whsec_…',
			description:
				"The endpoint's 'secret' in openclaw.json5. Needed for OpenClaw Trigger with manual endpoint setup. While you rotate secrets, enter the old and the new one with a space between them.",
		},
		{
			displayName: 'Inbound Path',
			name: 'inboundPath',
			type: 'string',
			default: '/webhooks/inbound',
			description:
				"Path under which the gateway serves inbound endpoints ('basePath' in openclaw.json5). With '/hooks' the endpoints are the mappings of a gateway that has no plugin.",
		},
		{
			displayName: 'Hooks Path',
			name: 'hooksPath',
			type: 'string',
			default: '/hooks',
			description: "Path of the gateway's own hooks ('hooks.path' in openclaw.json)",
		},
		{
			displayName: 'Ignore SSL Issues (Insecure)',
			name: 'ignoreSslIssues',
			type: 'boolean',
			default: false,
			description: 'Whether to connect even if SSL certificate validation is not possible',
		},
	];

	// A function, because n8n would have to evaluate an expression for every request otherwise.
	authenticate: IAuthenticate = (
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => {
		const tokens = [credentials.accessToken, credentials.hookToken].map((token) =>
			typeof token === 'string' ? token.trim() : '',
		);
		const token = tokens.find((text) => text !== '');
		if (token === undefined) return Promise.resolve(requestOptions);
		return Promise.resolve({
			...requestOptions,
			headers: { ...requestOptions.headers, Authorization: `Bearer ${token}` },
		});
	};
}
