import type { DatabaseSync } from 'node:sqlite';
import { applyConfigured } from '../../../openclaw-plugin/src/endpoints/configured';
import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import type { EndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { viewOf } from '../../../openclaw-plugin/src/endpoints/privacy';
import { createEvent } from '../../../openclaw-plugin/src/outbox/envelope';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { readSettings } from '../../../openclaw-plugin/src/settings/settings';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { useFolder } from '../store/support/folder';
import { storedEndpoint } from './support/storedEndpoints';

const folder = useFolder();
let database: DatabaseSync;
let table: EndpointTable;
let now: number;

beforeEach(() => {
	database = openDatabase(folder.path);
	table = openEndpointTable(database);
	now = 1_800_000_000_000;
});

afterEach(() => {
	database.close();
});

const written = (name: string, more: object = {}) => ({
	name,
	url: `https://${name}.example/hook`,
	events: ['*'],
	...more,
});
const apply = (endpoints: unknown, more: object = {}) => {
	const settings = readSettings({ endpoints });
	const { endpoints: configured, hasAllEndpoints: isComplete } = settings;
	const parts = { database, configured, isComplete, instanceId: 'node-1', now };
	return [...applyConfigured({ ...parts, ...more })];
};
const states = () => table.list().map(({ id, name, lifecycle: { state } }) => [id, name, state]);
const emit = (endpointId: number, type: 'message.sent' | 'tool.called', isProvisional = true) =>
	openOutbox(database, { folder: folder.path, now: () => now }).append(
		createEvent({ type, data: { agentId: 'main' }, at: now, instanceId: 'node-1' }),
		[{ endpointId, isProvisional }],
	)[0] ?? 0;
const deliveryStates = () =>
	database
		.prepare('SELECT id, state, is_provisional FROM deliveries ORDER BY id')
		.all()
		.map(({ id, state, is_provisional: isProvisional }) => [id, state, isProvisional]);

it('gives each endpoint an id that stays with it, whatever else changes', () => {
	expect(apply([written('a'), written('b')])).toEqual([
		[0, 1],
		[1, 2],
	]);
	expect(apply([written('b', { url: 'https://b.example/2' }), written('c'), written('a')])).toEqual(
		expect.arrayContaining([
			[0, 2],
			[1, 3],
			[2, 1],
		]),
	);
	expect(table.find(2)?.settings.url).toBe('https://b.example/…');
});

it('keeps nothing in the database that may be secret', () => {
	apply([
		written('a', {
			url: 'https://hooks.slack.com/services/T00/B00/password',
			secret: 'whsec_secret-of-a',
			headers: { 'X-API-Key': 'value-of-the-header' },
		}),
	]);
	const text = JSON.stringify(database.prepare('SELECT * FROM endpoints').all());
	expect(text).not.toMatch(/password|whsec|value-of-the-header/);
	expect(table.find(1)?.settings).toMatchObject({ isSigned: true, headerNames: ['X-API-Key'] });
});

it('removes what is gone, and goes on with it when it comes back within a minute', () => {
	apply([written('a'), written('b')]);
	apply([written('b')]);
	expect(states()).toEqual([
		[1, 'a', 'removed'],
		[2, 'b', 'active'],
	]);
	now += 59_000;
	apply([written('b'), written('a')]);
	expect(states()).toEqual([
		[1, 'a', 'active'],
		[2, 'b', 'active'],
	]);
});

it.each([
	['after a minute', { passed: 60_000, more: {} }],
	['when it leads somewhere else', { passed: 10, more: { url: 'https://other.example/' } }],
])('joins nothing with a removed one %s', (_, { passed, more }) => {
	apply([written('a')]);
	apply([]);
	now += passed;
	apply([written('a', more)]);
	expect(states()).toEqual([
		[1, 'a', 'removed'],
		[2, 'a', 'active'],
	]);
});

it('removes nothing that may only be unreadable', () => {
	apply([written('a'), written('b')]);
	apply({ a: written('a') });
	apply([written('a'), { url: 'https://b.example/hook', events: ['*'] }]);
	expect(states()).toEqual([
		[1, 'a', 'active'],
		[2, 'b', 'active'],
		[3, 'endpoints[1]', 'faulty'],
	]);
});

it('makes the second endpoint of a name faulty, and lets it take over its events once it has its own', () => {
	apply([written('a'), written('a', { url: 'https://b.example/' })]);
	expect(states()).toEqual([
		[1, 'a', 'active'],
		[2, 'endpoints[1]', 'faulty'],
	]);
	emit(2, 'message.sent');
	apply([written('a'), written('b')]);
	expect(states()).toEqual([
		[1, 'a', 'active'],
		[2, 'b', 'active'],
	]);
	expect(deliveryStates()).toEqual([[1, 'pending', 0]]);
});

it('drops what was kept for a faulty endpoint and does not match its mended settings', () => {
	apply([written('a', { retry: { delay: 1 } })]);
	expect(states()).toEqual([[1, 'a', 'faulty']]);
	const { lifecycle } = table.find(1) ?? {};
	expect(lifecycle).toHaveProperty('reason', expect.stringContaining('retry.delay'));
	emit(1, 'message.sent');
	emit(1, 'tool.called');
	apply([written('a', { events: ['tool.called'] })]);
	expect(states()).toEqual([[1, 'a', 'active']]);
	expect(deliveryStates()).toEqual([[2, 'pending', 0]]);
	expect(database.prepare('SELECT type FROM events').all()).toEqual([{ type: 'tool.called' }]);
});

it('keeps the name of an endpoint that was made over the API for that one', () => {
	storedEndpoint(database, 'a');
	apply([written('a')]);
	expect(table.list()).toMatchObject([
		{ id: 1, name: 'a', origin: 'api', lifecycle: { state: 'active' } },
		{
			id: 2,
			name: 'endpoints[0]',
			origin: 'config',
			lifecycle: {
				state: 'faulty',
				reason: expect.stringContaining('made over the API') as unknown,
			},
		},
	]);
	table.setRemoved(1, now);
	apply([written('a')]);
	expect(states()).toEqual([
		[1, 'a', 'removed'],
		[2, 'a', 'active'],
	]);
});

it('lets what somebody paused or disabled by hand stay so', () => {
	apply([written('a'), written('b')]);
	table.setPaused(1, now);
	table.setDisabled(2, { since: now, reason: 'It was disabled by hand' });
	apply([written('a'), written('b', { timeoutMs: 5 })]);
	expect(states()).toEqual([
		[1, 'a', 'paused'],
		[2, 'b', 'disabled'],
	]);
	apply([written('a', { enabled: false }), written('b')]);
	expect(table.find(1)?.lifecycle).toMatchObject({ state: 'disabled' });
});

describe('what is to stay at the gateway', () => {
	const FAULT = { retry: { maxAttempts: 0 } };
	const CONTENT = { privacy: { omit: ['data.message.content'] } };
	const privacy = () => table.find(1)?.settings.privacy;
	const say = () => {
		const { settings } = table.find(1) ?? {};
		const data = { agentId: 'main', userId: '7', message: { content: 'confidential' } };
		openOutbox(database, { folder: folder.path, now: () => now }).append(
			createEvent({ type: 'message.received', data, at: now, instanceId: 'node-1' }),
			[{ endpointId: 1, isProvisional: true, view: viewOf(settings?.privacy) }],
		);
	};
	const body = () => String(database.prepare('SELECT body FROM events').get()?.body);

	it('stays there while another setting is at fault', () => {
		apply([written('a', { ...CONTENT, ...FAULT })]);
		expect(states()).toEqual([[1, 'a', 'faulty']]);
		expect(privacy()).toMatchObject(CONTENT.privacy);
	});

	it('stays there when a path is mistyped, until that is mended', () => {
		apply([written('a', CONTENT)]);
		apply([written('a', { privacy: { omit: ['data.mesage.content', 'data.sender'] } })]);
		expect(states()).toEqual([[1, 'a', 'faulty']]);
		expect(privacy()).toEqual({
			omit: ['data.sender', 'data.message.content'],
			redact: [],
		});
		apply([written('a', { privacy: { omit: ['data.sender'] } })]);
		expect(privacy()).toEqual({ omit: ['data.sender'] });
	});

	it('is forgotten once the settings are mended, if it was kept at all', () => {
		apply([written('a', { privacy: { omit: ['data.mesage'] } })]);
		say();
		expect(body()).toContain('confidential');
		apply([written('a', CONTENT)]);
		expect(deliveryStates()).toEqual([[1, 'pending', 0]]);
		expect(body()).not.toContain('confidential');
	});

	it('is no reason to drop what passed a filter when it happened', () => {
		const more = {
			filter: { userIds: ['7'], agentIds: ['main'] },
			privacy: { omit: ['data.userId'] },
		};
		apply([written('a', { ...more, ...FAULT })]);
		say();
		apply([written('a', more)]);
		expect(deliveryStates()).toEqual([[1, 'pending', 0]]);
		apply([written('a', { ...more, ...FAULT })]);
		database.exec('UPDATE deliveries SET is_provisional = 1');
		apply([written('a', { ...more, filter: { agentIds: ['other'] } })]);
		expect(deliveryStates()).toEqual([]);
	});
});
