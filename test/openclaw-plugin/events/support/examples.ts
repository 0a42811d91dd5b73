import type { EventType } from '../../../../protocol';
import type { JsonObject } from '../../../../testbed/json';
import { FAILING_AFTER_MS, tellByEvents } from '../../../../openclaw-plugin/src/delivery/changes';
import { endpointNamed } from '../../delivery/support/deliveries';
import { startEventHarness } from './eventHarness';
import { recording } from './recordings';

/** Which event of a recorded run shows its type best. */
const SOURCES: ReadonlyArray<readonly [type: EventType, scenario: string]> = [
	['message.received', 'telegram: a file in reply to a message'],
	['message.sent', 'telegram: streaming partial'],
	['session.created', 'telegram: a sub-agent'],
	['session.ended', 'telegram: a new session'],
	['tool.called', 'webchat: a tool, with its transcript'],
	['tool.completed', 'telegram: another plugin blocks a tool'],
	['error.occurred', 'telegram: the model refuses'],
];

/** When trouble with an endpoint is told, milliseconds since 1970. */
const NOTICED_AT = Date.UTC(2026, 10, 18, 11, 12, 40);
const ID = 'evt_01kb0x5v1m3q8z6t0w9y2r4c7d';

/** One event of each type, made of what a real gateway has called. */
export async function exampleEvents(): Promise<ReadonlyMap<EventType, JsonObject>> {
	const examples = new Map<EventType, JsonObject>();
	for (const [wanted, scenario] of SOURCES) {
		const harness = await startEventHarness();
		harness.play(recording(scenario));
		harness.advance(60_000);
		const found = harness.events.findLast(({ type }) => type === wanted);
		if (found === undefined) throw new Error(`There is no ${wanted} in '${scenario}'`);
		examples.set(wanted, {
			id: ID,
			type: wanted,
			timestamp: new Date(found.at ?? harness.now()).toISOString(),
			instanceId: 'node-1',
			data: found.data,
		});
		harness.close();
	}
	for (const { type, data } of ownEvents()) {
		const timestamp = new Date(NOTICED_AT).toISOString();
		examples.set(type, { id: ID, type, timestamp, instanceId: 'node-1', data });
	}
	return examples;
}

/** What the plugin tells of an endpoint that fails for a while, of one that is gone, and of a delivery. */
function ownEvents(): ReadonlyArray<{ readonly type: EventType; readonly data: JsonObject }> {
	const told: { type: EventType; data: JsonObject }[] = [];
	const { onStateChange, onFailedForGood } = tellByEvents({
		tell: (type, data) => told.push({ type, data: { ...data } }),
	});
	const crm = endpointNamed('crm');
	const since = NOTICED_AT - FAILING_AFTER_MS;
	onStateChange?.(crm, { kind: 'failing', since, reason: 'HTTP 503' });
	onStateChange?.(crm, { kind: 'disabled', reason: 'HTTP 410' });
	onStateChange?.(crm, { kind: 'recovered', failingSince: since });
	const delivery = { id: 12, eventId: ID, eventType: 'message.sent', reason: 'HTTP 503' };
	onFailedForGood?.(crm, delivery);
	return told;
}
