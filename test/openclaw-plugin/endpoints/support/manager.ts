import type { DatabaseSync } from 'node:sqlite';
import { createEndpointManager } from '../../../../openclaw-plugin/src/endpoints/manage';
import type { EndpointManager } from '../../../../openclaw-plugin/src/endpoints/manage';
import { openOutbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import type { Outbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import { createOwnEvents } from '../../../../openclaw-plugin/src/outbox/emitter';
import type { ConfigFile } from '../../../../openclaw-plugin/src/settings/gatewayConfig';

/** The use cases on a database, with the outbox that they work on. */
export function openManager(
	database: DatabaseSync,
	folder: string,
	now: () => number = Date.now,
	configFile?: ConfigFile,
): { readonly manager: EndpointManager; readonly outbox: Outbox } {
	const instanceId = 'node-1';
	const outbox = openOutbox(database, { folder, now });
	const logger = {
		error: (message: string) => {
			throw new Error(message);
		},
	};
	const ownEvents = createOwnEvents({ database, outbox, instanceId, logger, now });
	const hostRules = {
		isBlockedHost: (host: string) =>
			host === 'localhost' || /^(?:10\.|127\.|169\.254\.)/.test(host),
		isPrivateAddress: () => false,
	};
	const parts = { folder, database, outbox, ownEvents, hostRules, instanceId, now };
	const manager = createEndpointManager(
		configFile === undefined ? parts : { ...parts, configFile },
	);
	return { manager, outbox };
}
