import manifest from '../../../openclaw-plugin/openclaw.plugin.json';
import { DEFAULT_OUTBOX } from '../../../openclaw-plugin/src/protocol';
import { APPROVAL_KEYS } from '../../../protocol/configApprovals';
import { ENDPOINT_KEYS } from '../../../protocol/configEndpoint';
import { CONDITION_KEYS } from '../../../protocol/configCondition';
import { INBOUND_ENDPOINT_KEYS } from '../../../protocol/configInbound';
import { SENDER_KEYS } from '../../../protocol/configSender';
import { WEBHOOKS_KEYS } from '../../../protocol/configParts';
import { FILTER_KEYS } from '../../../protocol/eventFilter';

const { properties } = manifest.configSchema;
const endpoint = properties.endpoints.items.properties;

/** A gateway ends when a configuration does not fit the schema, and offers to delete what is in it. */
it('refuses nothing that it describes', () => {
	const keywords = new Set<string>();
	const walk = (schema: object) => {
		for (const [keyword, value] of Object.entries(schema) as [string, unknown][]) {
			keywords.add(keyword);
			if (typeof value !== 'object' || value === null) continue;
			if (keyword === 'properties') Object.values(value).forEach(walk);
			else walk(value);
		}
	};
	Object.values(properties).forEach(walk);
	expect([...keywords].sort()).toEqual([
		'additionalProperties',
		'description',
		'items',
		'properties',
	]);
	expect(Object.keys(manifest.configSchema).sort()).toEqual(['description', 'properties', 'type']);
});

it('describes each key there is', () => {
	expect(Object.keys(properties)).toEqual([...WEBHOOKS_KEYS]);
	expect(Object.keys(endpoint)).toEqual([...ENDPOINT_KEYS]);
	expect(Object.keys(endpoint.filter.properties)).toEqual([...FILTER_KEYS]);
	const inbound = properties.inbound.properties.endpoints.additionalProperties.properties;
	expect(Object.keys(inbound)).toEqual([...INBOUND_ENDPOINT_KEYS]);
	expect(Object.keys(inbound.auth.properties).sort()).toEqual([...SENDER_KEYS].sort());
	expect(Object.keys(inbound.when.properties)).toEqual([...CONDITION_KEYS]);
	expect(Object.keys(properties.approvals.items.properties)).toEqual([...APPROVAL_KEYS]);
	expect(Object.keys(properties.outbox.properties)).toEqual(Object.keys(DEFAULT_OUTBOX));
});
