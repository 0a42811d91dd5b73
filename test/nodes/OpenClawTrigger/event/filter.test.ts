import type { EventFilters } from '../../../../nodes/OpenClawTrigger/event/filter';
import type { OpenClawEvent } from '../../../../protocol';
import { findUnreadable, readConditions } from '../../../../nodes/OpenClawTrigger/event/conditions';
import { createSelection, readFilters } from '../../../../nodes/OpenClawTrigger/event/filter';

const EVENT: OpenClawEvent = {
	id: 'evt_1',
	type: 'message.sent',
	timestamp: '2026-03-14T10:30:00Z',
	instanceId: 'node-1',
	data: {
		agentId: 'support-bot',
		channel: 'telegram',
		// Not by the protocol, but by some senders.
		userId: 12345 as unknown as string,
		sessionId: 'session-001',
		sessionKey: 'agent:main:telegram:12345',
		message: { content: 'Hello', parts: [{ kind: 'text' }] },
		usage: { outputTokens: 450 },
		'odd key': 'yes',
	},
};

const SOURCE = 'n8n:12345678:workflow-1';

/** What was said of conditions that could not be read. */
const unreadable: string[] = [];
beforeEach(() => {
	unreadable.length = 0;
});

const passesFilters = (event: OpenClawEvent, filters: EventFilters, ignoreOwnRuns = true) =>
	createSelection({ events: ['*'], filters, ignoreOwnRuns }, SOURCE, (message) => {
		unreadable.push(message);
	})(event);
const passes = (filters: unknown) => passesFilters(EVENT, readFilters(filters));
const condition = (field: string, operator: string, value?: unknown) => ({
	field,
	operator,
	value,
});

describe('lists of ids', () => {
	test.each<[unknown, boolean]>([
		[{}, true],
		[undefined, true],
		['text', true],
		[{ agentIds: '' }, true],
		[{ agentIds: ' , ' }, true],
		[{ agentIds: [] }, true],
		[{ agentIds: 'support-bot' }, true],
		[{ agentIds: 'ops, support-bot' }, true],
		[{ agentIds: ['ops', 'support-bot'] }, true],
		[{ agentIds: 'support' }, false],
		[{ agentIds: 'support-*' }, true],
		[{ agentIds: '*-bot' }, true],
		[{ agentIds: '*port*' }, true],
		[{ agentIds: '*' }, true],
		[{ agentIds: '**' }, true],
		[{ agentIds: 'sup*bot' }, true],
		[{ agentIds: '*, !support-*' }, false],
		[{ agentIds: '!ops' }, true],
		[{ toolNames: 'exec' }, false],
		[{ triggers: '!heartbeat' }, true],
		[{ agentList: ['support-bot'] }, true],
		[{ agentList: ['ops'] }, false],
		[{ agentList: [], agentIds: 'ops' }, false],
		[{ agentList: ['ops'], agentIds: 'support-*' }, true],
		[{ agentList: ['support-bot'], agentIds: 'ops' }, true],
		[{ channelList: ['telegram'], channels: '' }, true],
		[{ channelList: ['slack'] }, false],
		[{ userIds: '12345' }, true],
		[{ userIds: [12345] }, true],
		[{ userIds: [{ id: 12345 }, 7] }, false],
		[{ channels: 'slack' }, false],
		[{ channels: 'Telegram' }, false],
		[{ sessionIds: 'session-001' }, true],
		[{ sessionIds: 'agent:main:*' }, true],
		[{ sessionIds: 'agent:ops:*' }, false],
		[{ instanceIds: 'node-1' }, true],
		[{ instanceIds: 'node-2' }, false],
		[{ agentIds: 'support-bot', channels: 'slack' }, false],
	])('%j: %p', (filters, expected) => {
		expect(passes(filters)).toBe(expected);
	});

	test('hold back an event without the field, even for any id', () => {
		const bare = { ...EVENT, data: { agentId: '' } };
		expect(passesFilters(bare, readFilters({ agentIds: '*' }))).toBe(false);
		expect(passesFilters(bare, readFilters({ userIds: '*' }))).toBe(false);
	});

	test('do not take inherited fields for ids', () => {
		const inherited = { ...EVENT, data: Object.create({ agentId: 'x' }) as OpenClawEvent['data'] };
		expect(passesFilters(inherited, readFilters({ agentIds: 'x' }))).toBe(false);
	});
});

describe('conditions', () => {
	const withConditions = (mustMatch: unknown, ...values: unknown[]) =>
		passes({ mustMatch, conditions: { values } });

	test.each([
		['data.message.content', 'Hello'],
		['data.message.parts[0].kind', 'text'],
		['data["odd key"]', 'yes'],
		[' type ', 'message.sent'],
		['data.usage.outputTokens', '450'],
	])('read the field %s', (field, value) => {
		expect(withConditions('all', condition(field, 'equals', value))).toBe(true);
	});

	test.each(['data.message.nothing', 'data.__x', 'data.message.content.length', 'toString'])(
		'find nothing at %s',
		(field) => {
			expect(withConditions('all', condition(field, 'notExists'))).toBe(true);
		},
	);

	const met = condition('type', 'exists');
	const missed = condition('type', 'notExists');

	test.each([
		['all', [met, met], true],
		['all', [met, missed], false],
		['any', [met, missed], true],
		['any', [missed, missed], false],
		['any', [], true],
		[undefined, [met, missed], false],
	])('of which %s of %j must match: %p', (mustMatch, values, expected) => {
		expect(withConditions(mustMatch, ...values)).toBe(expected);
	});

	test('apply beside the lists of ids', () => {
		expect(passes({ agentIds: 'ops', mustMatch: 'any', conditions: { values: [met] } })).toBe(
			false,
		);
	});

	test('compare for equality where the operator is none', () => {
		expect(withConditions('all', { field: 'type', operator: 'regex', value: 'message.sent' })).toBe(
			true,
		);
		expect(withConditions('all', 'text', null)).toBe(true);
	});

	test.each(['data..x', 'data[', 'a}} {{b', 'a}}{{b', 'data.constructor', '{{data}}'])(
		'are not met with the field %j, and that is said',
		(field) => {
			expect(withConditions('all', met, condition(field, 'exists'))).toBe(false);
			expect(withConditions('all', condition(field, 'notExists'))).toBe(false);
			expect(withConditions('any', met, condition(field, 'exists'))).toBe(true);
			expect(unreadable).toHaveLength(3);
			expect(unreadable[0]).toContain(`The field '${field}' of a condition could not be read`);
		},
	);

	test('are not met with an empty field, and that is said', () => {
		expect(withConditions('all', condition('', 'notExists'))).toBe(false);
		expect(unreadable).toEqual(["The 'Field' of a condition is empty"]);
	});

	test('are looked through for a field that cannot be read', () => {
		const list = (...fields: unknown[]) =>
			readConditions({ values: fields.map((field) => ({ field })) }, 'all');
		expect(findUnreadable(list('type', 'data.x'))).toBeUndefined();
		expect(findUnreadable(list('type', 'data.'))).toContain("'data.'");
		expect(findUnreadable(list(7))).toContain('is empty');
	});
});

describe('events of runs that this workflow started', () => {
	const from = (source: string): OpenClawEvent => ({
		...EVENT,
		data: { ...EVENT.data, origin: { kind: 'inbound', source, hops: 1 } },
	});
	const own = from(SOURCE);
	const others = from('x');

	test('are left out, unless they are wanted', () => {
		expect(passesFilters(own, readFilters({}))).toBe(false);
		expect(passesFilters(own, readFilters({}), false)).toBe(true);
		expect(passesFilters(others, readFilters({}))).toBe(true);
	});
});

describe('all events', () => {
	const listens = (events: string[], type: string) =>
		createSelection({ events, filters: readFilters({}), ignoreOwnRuns: true }, SOURCE, () => {
			throw new Error('There are no conditions');
		})({ ...EVENT, type });

	test('are those of agents, of later versions too, but not those about deliveries', () => {
		expect(listens(['*'], 'memory.updated')).toBe(true);
		expect(listens(['*'], 'endpoint.failing')).toBe(false);
		expect(listens(['*'], 'delivery.failed')).toBe(false);
		expect(listens(['*', 'delivery.failed'], 'delivery.failed')).toBe(true);
	});
});
