import type { DatabaseSync } from 'node:sqlite';
import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import {
	announceEndpointChange,
	createEndpointRegistry,
} from '../../../openclaw-plugin/src/endpoints/registry';
import type { EndpointConfig } from '../../../openclaw-plugin/src/protocol';
import { readSettings } from '../../../openclaw-plugin/src/settings/settings';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';
import { storedEndpoint } from './support/storedEndpoints';

let folder: string;
let database: DatabaseSync;
let time: number;

beforeEach(async () => {
	folder = await temporaryFolder('registry');
	database = openDatabase(folder);
	time = 1_800_000_000_000;
});

afterEach(async () => {
	database.close();
	await removeTemporaryFolder(folder);
});

const config = (name: string, more: Partial<EndpointConfig> = {}): EndpointConfig => ({
	name,
	url: 'https://receiver.example/',
	events: ['*'],
	...more,
});
const open = (...endpoints: EndpointConfig[]) =>
	createEndpointRegistry({
		folder,
		database,
		configured: readSettings({ endpoints }).endpoints,
		isComplete: true,
		instanceId: 'node-1',
		now: () => time,
	});

it('joins both kinds, each under an id of its own', () => {
	storedEndpoint(database, 'a');
	const found = open(config('b', { secret: 'whsec_of_the_file' })).list();
	expect(found.map(({ id, name, origin }) => [id, name, origin])).toEqual([
		[1, 'a', 'api'],
		[2, 'b', 'config'],
	]);
	expect(found[1]?.secrets).toEqual(['whsec_of_the_file']);
});

it('finds them by id and by name', () => {
	const registry = open(config('b'));
	const found = registry.findByName('b');
	expect(found).toMatchObject({ id: 1, kind: 'webhook', lifecycle: { state: 'active' } });
	expect(registry.find(1)).toBe(found);
	expect(registry.find(2)).toBeUndefined();
});

it('takes several secrets from one text, newest first, five at most', () => {
	const secret = '  one two\nthree four five six ';
	expect(open(config('a', { secret })).findByName('a')?.secrets).toEqual([
		'one',
		'two',
		'three',
		'four',
		'five',
	]);
});

it.each([
	[
		{ secret: { source: 'env', id: 'X' } },
		"'endpoints[0].secret' refers to 'X', which the gateway could not find",
	],
	[{ secret: '${SECRET}' }, "'endpoints[0].secret' needs SECRET, which is not set"],
	[{ url: 'https://${HOST}.example/' }, "'endpoints[0].url' needs HOST, which is not set"],
	[
		{ headers: { 'X-Key': 'k ${CRM_KEY}' } },
		'\'endpoints[0].headers["X-Key"]\' needs CRM_KEY, which is not set',
	],
])('makes an endpoint faulty while %j is not filled in', (more, fault) => {
	const endpoint = open(config('a', { secret: 'whsec_a', ...more })).findByName('a');
	expect(endpoint).toMatchObject({ secrets: [], lifecycle: { state: 'faulty', since: time } });
	expect(endpoint?.lifecycle).toHaveProperty('reason', expect.stringContaining(fault));
});

it('has the same list, of the same endpoints, until something changes', () => {
	const { id } = storedEndpoint(database, 'a');
	const table = openEndpointTable(database);
	table.setSecret(id, 'whsec_a', undefined, time);
	const registry = open(config('b'));
	const list = registry.list();
	time += 5000;
	announceEndpointChange(folder);
	expect(registry.list()).toBe(list);
	table.setSecret(id, 'whsec_b', time + 1000, time);
	announceEndpointChange(folder);
	const rotated = registry.list();
	expect(rotated).not.toBe(list);
	expect(rotated[1]).toBe(list[1]);
	expect(registry.findByName('a')?.secrets).toEqual(['whsec_b', 'whsec_a']);
	time += 1000;
	expect(registry.findByName('a')?.secrets).toEqual(['whsec_b']);
});

it.each([1000, -31_536_000_000])(
	'notices what another process has written when %i ms have passed by the clock',
	(passed) => {
		const registry = open();
		expect(registry.list()).toEqual([]);
		const other = openDatabase(folder);
		storedEndpoint(other, 'a');
		other.close();
		time += 999;
		expect(registry.list()).toEqual([]);
		time += passed - 999;
		expect(registry.list()).toHaveLength(1);
	},
);

it('makes an endpoint faulty whose row cannot be read, and no other', () => {
	storedEndpoint(database, 'a');
	storedEndpoint(database, 'b');
	database.exec(`UPDATE endpoints SET settings = '{"url":7}' WHERE name = 'a'`);
	expect(open().list()).toMatchObject([
		{ name: 'a', lifecycle: { state: 'faulty' }, events: [] },
		{ name: 'b', lifecycle: { state: 'active' } },
	]);
});

it('applies the settings again when the database is another one', () => {
	const registry = open(config('b'));
	registry.list();
	database.exec('DELETE FROM endpoints');
	time += 1000;
	expect(registry.list()).toMatchObject([{ name: 'b', origin: 'config' }]);
});
