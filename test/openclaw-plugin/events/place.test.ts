import { agentIdOf, channelOf, isOneRun } from '../../../openclaw-plugin/src/events/place';

it.each([
	['agent:main:main', 'main', undefined],
	['agent:support-bot:telegram:direct:777', 'support-bot', 'telegram'],
	['agent:main:telegram:group:-100200', 'main', 'telegram'],
	['agent:main:telegram:group:-100200:topic:5', 'main', 'telegram'],
	['agent:main:discord:channel:123', 'main', 'discord'],
	['agent:main:telegram:work:direct:777', 'main', 'telegram'],
	['agent:main:direct:777', 'main', undefined],
	['agent:main:cron:6a0d85e8:run:4aa6720d', 'main', undefined],
	['agent:main:openai-user:u1', 'main', undefined],
	['agent:main:telegram:direct', 'main', undefined],
	['agent:', undefined, undefined],
	['agent::main', undefined, undefined],
	['global', undefined, undefined],
	['', undefined, undefined],
	[undefined, undefined, undefined],
])('%j: agent %j, channel %j', (key, agentId, channel) => {
	expect([agentIdOf(key), channelOf(key)]).toEqual([agentId, channel]);
});

it.each([
	['agent:main:cron:6a0d85e8:run:4aa6720d', true],
	['agent:main:openai:9bf7c1f0', true],
	['agent:main:openai-user:u1', false],
	['agent:main:cron:6a0d85e8', false],
	['agent:main:telegram:direct:777', false],
])('%s lasts for one run: %j', (key, expected) => {
	expect(isOneRun(key)).toBe(expected);
});
