import fc from 'fast-check';
import { createEventFilter, FILTER_KEYS, type EventData, type EventFilter } from '../../protocol';

const DATA: EventData = {
	agentId: 'support-bot',
	channel: 'telegram',
	// Not by the protocol, but by some senders.
	userId: 12345 as unknown as string,
	sessionId: 'session-001',
	sessionKey: 'agent:main:telegram:12345',
	trigger: 'user',
	tool: { name: 'exec' },
};

const passes = (filter: EventFilter, data: EventData = DATA) =>
	createEventFilter(filter)('tool.called', data, 'node-1');

describe('an event filter', () => {
	test.each<[EventFilter, boolean]>([
		[{}, true],
		[{ agentIds: [] }, false],
		[{ agentIds: [''] }, false],
		[{ agentIds: ['!'] }, false],
		[{ agentIds: ['support-bot'] }, true],
		[{ agentIds: ['ops', 'support-bot'] }, true],
		[{ agentIds: ['support'] }, false],
		[{ agentIds: ['Support-bot'] }, false],
		[{ agentIds: ['*'] }, true],
		[{ agentIds: ['**'] }, true],
		[{ agentIds: ['support-*'] }, true],
		[{ agentIds: ['*-bot'] }, true],
		[{ agentIds: ['*port*'] }, true],
		[{ agentIds: ['sup*bot'] }, true],
		[{ agentIds: ['s*o*t*'] }, true],
		[{ agentIds: ['s*t*t*t'] }, false],
		[{ agentIds: ['support-bot*bot'] }, false],
		[{ agentIds: ['support.bot'] }, false],
		[{ agentIds: ['!support-bot'] }, false],
		[{ agentIds: ['!support-*'] }, false],
		[{ agentIds: ['!ops'] }, true],
		[{ agentIds: ['support-*', '!support-bot'] }, false],
		[{ agentIds: ['!support-test', 'support-*'] }, true],
		[{ agentIds: ['!ops', 'sales'] }, false],
		[{ userIds: ['12345'] }, true],
		[{ channels: ['slack'] }, false],
		[{ sessionIds: ['session-001'] }, true],
		[{ sessionIds: ['agent:main:*'] }, true],
		[{ sessionIds: ['!agent:main:*'] }, false],
		[{ sessionIds: ['session-*', '!agent:main:*'] }, false],
		[{ instanceIds: ['node-*'] }, true],
		[{ instanceIds: ['node-2'] }, false],
		[{ toolNames: ['exec', 'pay_*'] }, true],
		[{ toolNames: ['!exec'] }, false],
		[{ triggers: ['user', 'cron'] }, true],
		[{ triggers: ['!user'] }, false],
		[{ agentIds: ['support-bot'], channels: ['slack'] }, false],
	])('%j: %p', (filter, expected) => {
		expect(passes(filter)).toBe(expected);
	});

	test.each(FILTER_KEYS.filter((key) => key !== 'instanceIds'))(
		'%s holds back an event without the field, unless it only leaves out',
		(key) => {
			expect(passes({ [key]: ['*'] }, {})).toBe(false);
			expect(passes({ [key]: ['*', '!x'] }, {})).toBe(false);
			expect(passes({ [key]: ['!*'] }, {})).toBe(true);
			expect(passes({ [key]: ['!x'] }, { tool: null })).toBe(true);
		},
	);

	test('knows the tool of an approval', () => {
		const data = { approval: { id: 'apr_1', tool: { name: 'pay_invoice' } } };
		expect(passes({ toolNames: ['pay_*'] }, data)).toBe(true);
	});

	test('does not take inherited fields for ids', () => {
		expect(passes({ agentIds: ['x'] }, Object.create({ agentId: 'x' }) as EventData)).toBe(false);
	});

	test('takes numbers for ids, however long, and nothing else', () => {
		const id = (userId: unknown) => ({ userId }) as EventData;
		const filter = { userIds: ['8202522731445525542', 'true'] };
		expect(passes(filter, id(8202522731445525542n))).toBe(true);
		expect(passes(filter, id(8202522731445525543n))).toBe(false);
		expect(passes(filter, id(true))).toBe(false);
		expect(passes(filter, id({}))).toBe(false);
	});

	test('passes over what is no text', () => {
		expect(passes({ agentIds: [7, null, 'ops'] as unknown as string[] })).toBe(false);
		expect(passes({ agentIds: [7, 'support-bot'] as unknown as string[] })).toBe(true);
	});

	test('reads stars as a regular expression does', () => {
		const texts = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 12 });
		const ids = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 12 });
		fc.assert(
			fc.property(texts, ids, (pattern, agentId) => {
				fc.pre(pattern !== '');
				const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(agentId);
				expect(passes({ agentIds: [pattern] }, { agentId })).toBe(expected);
			}),
		);
	});

	test('takes no time over a pattern made to take long', () => {
		const agentId = 'a'.repeat(50_000);
		const started = performance.now();
		expect(passes({ agentIds: [`${'*a'.repeat(2_000)}*b`] }, { agentId })).toBe(false);
		expect(performance.now() - started).toBeLessThan(1_000);
	});
});
