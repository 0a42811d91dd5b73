import { createSelection, readFilters } from '../../../nodes/OpenClawTrigger/event/filter';
import { describeWanted } from '../../../nodes/OpenClawTrigger/setup/endpoint';
import { createMatcher, isSecret, secretId } from '../../../openclaw-plugin/src/endpoints/endpoint';
import { createSecret } from '../../../openclaw-plugin/src/protocol';
import { FILTER_KEYS, type FilterKey } from '../../../protocol';

const DATA = { agentId: 'support-bot', channel: 'telegram', userId: '777', sessionId: 's-1' };
const ACTIVE = { kind: 'webhook', lifecycle: { state: 'active' } } as const;
const DISABLED = { state: 'disabled', since: 1, reason: 'By hand' } as const;

describe('createMatcher', () => {
	it.each([
		['subscribes to the type', { events: ['message.sent'] }, true],
		['subscribes to all', { events: ['*'] }, true],
		['subscribes to others', { events: ['message.received', 'tool.called'] }, false],
		['is switched off', { events: ['*'], lifecycle: DISABLED }, false],
		['is paused', { events: ['*'], lifecycle: { state: 'paused', since: 1 } }, true],
		['is a queue of callbacks', { events: ['*'], kind: 'callback' }, false],
		['lists the agent', { events: ['*'], filter: { agentIds: ['main', 'support-bot'] } }, true],
		['lists other agents', { events: ['*'], filter: { agentIds: ['main'] } }, false],
		['lists nothing', { events: ['*'], filter: { agentIds: [] } }, false],
		['lists the channel', { events: ['*'], filter: { channels: ['telegram'] } }, true],
		['lists other users', { events: ['*'], filter: { userIds: ['778'] } }, false],
		['lists the session', { events: ['*'], filter: { sessionIds: ['s-1'] } }, true],
		['lists other gateways', { events: ['*'], filter: { instanceIds: ['node-2'] } }, false],
		['lists this gateway', { events: ['*'], filter: { instanceIds: ['node-1'] } }, true],
		[
			'lists the agent and another channel',
			{ events: ['*'], filter: { agentIds: ['support-bot'], channels: ['slack'] } },
			false,
		],
	] as const)('an endpoint that %s: %j is %s', (_, endpoint, expected) => {
		expect(createMatcher({ ...ACTIVE, ...endpoint })('message.sent', DATA, 'node-1')).toBe(
			expected,
		);
	});

	it('finds an event without the field in no list', () => {
		const matches = createMatcher({
			...ACTIVE,
			events: ['*'],
			filter: { agentIds: ['main'] },
		});
		expect(matches('message.sent', {}, 'node-1')).toBe(false);
	});
});

describe('a filter in the trigger and at the gateway', () => {
	const event = {
		id: 'evt_1',
		type: 'tool.called',
		timestamp: '2026-03-14T10:30:00Z',
		instanceId: 'node-1',
		data: { ...DATA, trigger: 'cron', tool: { name: 'pay_invoice' } },
	};
	const values: Readonly<Record<FilterKey, string>> = {
		agentIds: 'support-bot',
		channels: 'telegram',
		userIds: '777',
		sessionIds: 's-1',
		instanceIds: 'node-1',
		toolNames: 'pay_invoice',
		triggers: 'cron',
	};
	const cases = FILTER_KEYS.flatMap((key) => {
		const value = values[key];
		const [first = '', last = ''] = [value[0], value.at(-1)];
		return [
			[key, value, true],
			[key, `x, ${first}*${last}`, true],
			[key, `${value}x`, false],
			[key, `!${value}`, false],
			[key, `!x, !${value}x`, true],
			[key, `*, !${first}*`, false],
		] as const;
	});

	it.each(cases)('decides alike: %s %s is %s', (key, typed, expected) => {
		const filters = readFilters({ [key]: typed });
		const isWanted = createSelection({ events: ['*'], filters, ignoreOwnRuns: true }, '', () => {});
		expect(isWanted(event)).toBe(expected);

		const { filter = {} } = describeWanted((name) =>
			name === 'events' ? ['*'] : { [key]: typed },
		);
		const endpoint = { ...ACTIVE, events: ['*'], filter } as const;
		expect(createMatcher(endpoint)(event.type, event.data, event.instanceId)).toBe(expected);
	});
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
