import type { DatabaseSync } from 'node:sqlite';
import {
	deleteManagedEndpoint,
	findManagedEndpoint,
	saveManagedEndpoint,
} from '../../../openclaw-plugin/src/endpoints/managedEndpoints';
import {
	announceEndpointChange,
	createEndpointRegistry,
} from '../../../openclaw-plugin/src/endpoints/registry';
import { rotateSecret } from '../../../openclaw-plugin/src/endpoints/rotateSecret';
import { createSecret, isSecret, secretId } from '../../../openclaw-plugin/src/endpoints/secret';
import type { EndpointConfig } from '../../../openclaw-plugin/src/protocol';
import { readSettings } from '../../../openclaw-plugin/src/settings/settings';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

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
const managed = (name: string) => ({ ...config(name), secret: 'whsec_a' });
const open = (...configured: EndpointConfig[]) =>
	createEndpointRegistry(readSettings({ endpoints: configured }).endpoints, database, () => time);

it('joins both kinds; a name of the configuration file wins', () => {
	saveManagedEndpoint(database, managed('b'), time);
	saveManagedEndpoint(database, managed('a'), time);
	const found = open(config('b', { secret: 'whsec_of_the_file' })).list();
	expect(found.map(({ name, origin }) => [name, origin])).toEqual([
		['b', 'config'],
		['a', 'api'],
	]);
	expect(found[0]?.secrets).toEqual(['whsec_of_the_file']);
});

it('takes several secrets from one text, newest first, five at most', () => {
	const secret = '  one two\nthree four five six ';
	expect(open(config('a', { secret })).find('a')?.secrets).toEqual([
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
		"'endpoints[0].secret' refers to a secret that the gateway could not find",
	],
	[{ secret: '${SECRET}' }, "'endpoints[0].secret' needs SECRET, which is not set"],
	[{ url: 'https://${HOST}.example/' }, "'endpoints[0].url' needs HOST, which is not set"],
	[
		{ headers: { 'X-Key': 'k ${CRM_KEY}' } },
		'\'endpoints[0].headers["X-Key"]\' needs CRM_KEY, which is not set',
	],
])('sends nothing while %j is not filled in', (more, fault) => {
	const endpoint = open(config('a', { secret: 'whsec_a', ...more })).find('a');
	expect(endpoint).toMatchObject({ enabled: false, secrets: [] });
	expect(endpoint?.fault).toContain(fault);
});

it('has the same list until something changes', () => {
	saveManagedEndpoint(database, managed('a'), time);
	const registry = open(config('b'));
	const list = registry.list();
	time += 5000;
	announceEndpointChange();
	expect(registry.list()).toBe(list);
	rotateSecret(database, 'a', { overlapMs: 1000 }, time);
	const rotated = registry.list();
	expect(rotated).not.toBe(list);
	time += 1000;
	expect(registry.list()).not.toBe(rotated);
	expect(registry.find('a')?.secrets).toHaveLength(1);
});

it('notices within a second what another process has written', () => {
	const registry = open();
	expect(registry.list()).toEqual([]);
	const other = openDatabase(folder);
	saveManagedEndpoint(other, managed('a'), time);
	other.close();
	time += 999;
	expect(registry.list()).toEqual([]);
	time += 1;
	expect(registry.list()).toHaveLength(1);
});

it('passes over what it cannot read', () => {
	saveManagedEndpoint(database, managed('a'), time);
	database.exec(`UPDATE managed_endpoints SET settings = '{"name":"a","url":7}'`);
	expect(open().list()).toEqual([]);
});

it('deletes an endpoint with all that belongs to it', () => {
	saveManagedEndpoint(database, managed('a'), time);
	rotateSecret(database, 'a', {}, time);
	expect(deleteManagedEndpoint(database, 'a')).toBe(true);
	expect(deleteManagedEndpoint(database, 'a')).toBe(false);
	expect(findManagedEndpoint(database, 'a')).toBeUndefined();
	expect(database.prepare('SELECT count(*) AS n FROM retiring_secrets').get()?.n).toBe(0);
});

it('changes nothing when a secret is replaced by itself', () => {
	saveManagedEndpoint(database, managed('a'), time);
	rotateSecret(database, 'a', { secret: 'whsec_a' }, time);
	expect(open().find('a')?.secrets).toEqual(['whsec_a']);
	expect(rotateSecret(database, 'none', {}, time)).toBeUndefined();
});

describe('secrets', () => {
	it('are made in the form that is asked for', () => {
		const made = Array.from({ length: 100 }, createSecret);
		expect(made.every(isSecret)).toBe(true);
		expect(new Set(made).size).toBe(100);
	});

	it.each([
		'whsec_',
		'whsec_AAAA',
		`whsec_${Buffer.alloc(23).toString('base64')}`,
		`whsec_${Buffer.alloc(65).toString('base64')}`,
		`${createSecret()} `,
		createSecret().slice(6),
		createSecret().replace('=', ''),
		createSecret().replace(/.=$/, '-='),
	])('%j is none', (text) => {
		expect(isSecret(text)).toBe(false);
	});

	it('have a name that tells them apart and does not tell them', () => {
		const secret = createSecret();
		expect(secretId(secret)).toMatch(/^[0-9a-f]{16}$/);
		expect(secretId(secret)).toBe(secretId(secret));
		expect(secretId(secret)).not.toBe(secretId(createSecret()));
	});
});
