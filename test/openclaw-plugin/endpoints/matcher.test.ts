import { createMatcher } from '../../../openclaw-plugin/src/endpoints/endpoint';

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
