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
 * a workflow that only receives events needs the signing secret, one that only sends needs the URL and
 * the token.
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
				'Address of the OpenClaw gateway as seen from n8n. Needed to send messages with OpenClaw Inbound.',
		},
		{
			displayName: 'Access Token',
			name: 'accessToken',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description:
				"The gateway's hook token ('hooks.token' in openclaw.json), or one that the OpenClaw plugin event-webhooks issued. Needed to send messages with OpenClaw Inbound; for the automatic setup of OpenClaw Trigger it must be one of the plugin.",
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
		const token = credentials.accessToken;
		if (typeof token !== 'string' || token.trim() === '') return Promise.resolve(requestOptions);
		return Promise.resolve({
			...requestOptions,
			headers: { ...requestOptions.headers, Authorization: `Bearer ${token.trim()}` },
		});
	};
}
