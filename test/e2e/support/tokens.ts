import { join } from 'node:path';
import { listInbound, listRefusals } from '../../../openclaw-plugin/src/inbound/inboundCalls';
import type {
	InboundCall,
	InboundRefusal,
} from '../../../openclaw-plugin/src/inbound/inboundCalls';
import { dataFolder, openDatabase } from '../../../openclaw-plugin/src/store/database';
import { issueToken, revokeToken, TOKEN_SCOPES } from '../../../openclaw-plugin/src/tokens/tokens';
import type { TokenRequest } from '../../../openclaw-plugin/src/tokens/tokens';
import type { Gateway } from '../../../testbed/gateway';

/*
 * What `openclaw event-webhooks token` and the like do, in the same database: the command takes a quarter of a minute to start.
 */

/** Makes an access token; of all scopes, for ever, unless something else is asked for. */
export function createToken(gateway: Gateway, more: Partial<TokenRequest> = {}): string {
	const request = { name: 'n8n', scopes: TOKEN_SCOPES, ...more };
	return inDatabase(gateway, (database) => issueToken(database, request).token);
}

/** Takes an access token away. */
export function removeToken(gateway: Gateway, token: string): void {
	const [, id = ''] = token.split('_');
	const { kind } = inDatabase(gateway, (database) => revokeToken(database, id));
	if (kind !== 'revoked') throw new Error(`The token is ${kind}`);
}

/** What `openclaw event-webhooks inbound refusals` lists. */
export function listRefused(gateway: Gateway): readonly InboundRefusal[] {
	return inDatabase(gateway, (database) => listRefusals(database));
}

/** What `openclaw event-webhooks inbound list` lists. */
export function listAccepted(gateway: Gateway): readonly InboundCall[] {
	return inDatabase(gateway, (database) => listInbound(database));
}

function inDatabase<Result>(
	{ folder }: Gateway,
	work: (database: ReturnType<typeof openDatabase>) => Result,
): Result {
	const database = openDatabase(dataFolder(join(folder, 'state')));
	try {
		return work(database);
	} finally {
		database.close();
	}
}
