import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventSchema } from '../../protocol/schema/events';
import { isObject, tryParseJson } from '../../testbed/json';
import { faultsOf } from '../../testbed/eventFaults';
import { exampleEvents } from '../openclaw-plugin/events/support/examples';

const PAGE = readFileSync(join(__dirname, '..', '..', 'docs', 'events.md'), 'utf8');

/** The examples of the page, as they are written there. */
const blocks = [...PAGE.matchAll(/```json\n([^`]*)```/g)].map(([, json]) =>
	tryParseJson(json ?? ''),
);

function fieldsOf(schema: unknown, path: string): readonly string[] {
	if (!isObject(schema)) return [];
	const inner = isObject(schema.items) ? schema.items : schema;
	const properties = isObject(inner.properties) ? Object.entries(inner.properties) : [];
	return properties.flatMap(([name, part]) => [
		`${path}${name}`,
		...fieldsOf(part, `${path}${name}.`),
	]);
}

it('shows one example of each type, as real runs make them', async () => {
	const examples = [...(await exampleEvents()).values()];

	expect(blocks).toEqual(examples.map((example) => JSON.parse(JSON.stringify(example)) as unknown));
	for (const example of examples) expect(faultsOf(example)).toEqual([]);
});

it.each([
	'message.received',
	'message.sent',
	'session.created',
	'session.ended',
	'tool.called',
	'tool.completed',
	'error.occurred',
	'approval.requested',
	'approval.resolved',
	'endpoint.failing',
	'endpoint.disabled',
	'endpoint.recovered',
	'delivery.failed',
] as const)('says of each field of %s where it comes from', (type) => {
	const data = eventSchema(type).properties;
	const names = fieldsOf(isObject(data) ? data.data : undefined, '').filter(
		(name) => name !== 'test',
	);

	expect(names).not.toHaveLength(0);
	expect(names.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([]);
});
