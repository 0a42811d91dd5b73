import type { Gateway } from './gateway';
import { textAt, tryParseJson } from './json';

/** Has the plugin issue an access token, as the documentation tells users of n8n to. */
export async function issueToken(gateway: Gateway, scope?: string): Promise<string> {
	const scopes = scope === undefined ? [] : ['--scope', scope];
	const words = ['event-webhooks', 'token', 'create', '--name', 'n8n', '--json', ...scopes];
	const token = textAt(tryParseJson(await gateway.openclaw(words)), 'token');
	if (token === '') throw new Error('The plugin issued no token');
	return token;
}
