import { join } from 'node:path';
import { dataFolder, openDatabase } from '../../../openclaw-plugin/src/store/database';
import { issueToken, TOKEN_SCOPES } from '../../../openclaw-plugin/src/tokens/tokens';
import type { TokenScope } from '../../../openclaw-plugin/src/tokens/tokens';
import type { Gateway } from '../../../testbed/gateway';

/**
 * Makes an access token as `openclaw event-webhooks token create --name n8n` does, whose start takes a quarter
 * of a minute.
 */
export function createToken(
	gateway: Gateway,
	scopes: readonly TokenScope[] = TOKEN_SCOPES,
): string {
	const database = openDatabase(dataFolder(join(gateway.folder, 'state')));
	try {
		return issueToken(database, { name: 'n8n', scopes }).token;
	} finally {
		database.close();
	}
}
