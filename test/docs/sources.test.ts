import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '../../testbed/json';
import { startEventHarness } from '../openclaw-plugin/events/support/eventHarness';
import { recording } from '../openclaw-plugin/events/support/recordings';

const PAGE = readFileSync(join(__dirname, '..', '..', 'docs', 'events.md'), 'utf8');
/** A recorded run of each column of the table. */
const COLUMNS = [
	'telegram: a photo in a group',
	'webchat: with its transcript',
	'api: with its transcript',
	'cron: announced in a chat',
	'cron: told nobody',
	'plugin: a run',
] as const;
const FIELDS = [
	'agentId',
	'sessionKey',
	'channel',
	'userId',
	'sender',
	'conversation',
	'runId',
	'trigger',
	'message.messageId',
	'message.sentAt',
] as const;
/** What reports of deliveries are waited for. */
const LONG_MS = 60_000;

async function told(scenario: string, type: string): Promise<unknown> {
	const harness = await startEventHarness();
	harness.play(recording(scenario));
	harness.advance(LONG_MS);
	const found = harness.events.find((event) => event.type === type);
	harness.close();
	return found?.data;
}

/** What is told of each run: the message that came, and the reply. */
type Messages = readonly [received: unknown, sent: unknown];
const messages: Messages[] = [];

beforeAll(async () => {
	for (const scenario of COLUMNS) {
		const received = await told(scenario, 'message.received');
		messages.push([received, await told(scenario, 'message.sent')]);
	}
});

/** Which of the two have a field, as the table writes it. */
function cell(field: string, [received, sent]: Messages): string {
	const path = field.split('.');
	const [inReceived, inSent] = [received, sent].map((data) => at(data, ...path) !== undefined);
	if (inReceived === true && inSent === true) return 'both';
	return inReceived === true ? 'received' : inSent === true ? 'sent' : '–';
}

it.each(FIELDS)('says which messages have %s, by where they come from', (field) => {
	const cells = messages.map((pair) => cell(field, pair));

	expect(PAGE).toMatch(new RegExp(`\\| \`${field}\` +\\| ${cells.join(' +\\| ')} +\\|`));
});
