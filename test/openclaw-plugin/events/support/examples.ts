import type { EventType } from '../../../../protocol';
import type { JsonObject } from '../../../../testbed/json';
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
	return examples;
}
