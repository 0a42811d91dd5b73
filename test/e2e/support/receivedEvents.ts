import { existsSync } from 'node:fs';
import { faultsOf } from '../../../testbed/eventFaults';
import { watchRequests, type ReceivedRequest } from '../../../testbed/httpSink';
import { isObject, tryParseJson } from '../../../testbed/json';
import { pluginDatabaseFile, readPluginDatabase } from '../../../testbed/pluginDatabase';

const faults: string[] = [];

/** Holds each event that the gateway's plugin sends to a stand-in of this test file to its JSON Schema. */
export function watchEvents(): void {
	watchRequests((request) => {
		if (isSentAsIs(request)) faults.push(...faultsOf(request.json));
	});
}

/**
 * What is wrong with the events that stand-ins have got since the last call. A test takes them itself where an
 * endpoint is not to get all of an event; otherwise it fails when there are any.
 */
export function takeEventFaults(): readonly string[] {
	return faults.splice(0);
}

/** What a transform has made of an event is what its owner wants, and no event. */
function isSentAsIs({ headers, json }: ReceivedRequest): boolean {
	const isOfPlugin = headers['user-agent']?.startsWith('OpenClaw-Event-Webhooks/') === true;
	if (!isOfPlugin || !isObject(json)) return false;
	return json.id === headers['webhook-id'] || json.type === headers['x-openclaw-event'];
}

/**
 * What is wrong with the events in a gateway's outbox, but for those of endpoints that are kept from seeing all.
 *
 * @param folder of a gateway, running or not
 */
export function keptEventFaults(folder: string): readonly string[] {
	if (!existsSync(pluginDatabaseFile(folder))) return [];
	return readPluginDatabase(folder, (database) =>
		database
			.prepare(
				`SELECT body FROM events WHERE body IS NOT NULL AND NOT EXISTS (
					SELECT 1 FROM deliveries d JOIN endpoints p ON p.id = d.endpoint_id
					WHERE d.event_seq = events.seq AND CASE
						WHEN json_valid(p.settings) THEN p.settings ->> '$.privacy' IS NOT NULL ELSE TRUE
					END
				)`,
			)
			.all()
			.flatMap(({ body }) => faultsOf(tryParseJson(String(body)))),
	);
}
