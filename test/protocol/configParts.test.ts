import { findNear } from '../../protocol/configFields';
import { readSubscription } from '../../protocol/configEndpoint';
import { readWebhooks } from '../../protocol/configParts';

const ENDPOINT = { name: 'main', url: 'https://n8n.example/webhook/1', events: ['*'] };
const MESSAGE = { agentId: 'alerts', template: '{{body.title}}' };

it('an endpoint with a fault leaves the others alone', () => {
	const { endpoints, isComplete, issues, ownIssues } = readWebhooks({
		endpoints: [ENDPOINT, { ...ENDPOINT, name: 'bad', retry: 1 }],
	});
	expect(endpoints).toMatchObject([
		{ ok: true, config: ENDPOINT },
		{ ok: false, name: 'bad', issues: [{ path: ['endpoints', 1, 'retry'] }] },
	]);
	expect(isComplete).toBe(true);
	expect(issues).toHaveLength(1);
	expect(ownIssues).toEqual([]);
});

it('an endpoint that cannot be named may be one of those before', () => {
	for (const endpoints of [[{ ...ENDPOINT, name: 7 }], { main: ENDPOINT }, [null]]) {
		expect(readWebhooks({ endpoints }).isComplete).toBe(false);
	}
	expect(readWebhooks([]).isComplete).toBe(false);
	expect(readWebhooks(undefined).isComplete).toBe(true);
});

it('an inbound endpoint with a fault leaves the others alone', () => {
	const { inbound, issues, ownIssues } = readWebhooks({
		inbound: { endpoints: { good: MESSAGE, bad: { ...MESSAGE, agentId: '' } } },
	});
	expect(inbound).toMatchObject({
		enabled: true,
		endpoints: { good: { ok: true }, bad: { ok: false } },
		issues: [],
	});
	expect(issues).toHaveLength(1);
	expect(ownIssues).toEqual([]);
});

it.each([
	[{ enabled: true }, true],
	[{ enabled: 'yes' }, false],
	[{ enable: true }, true],
	[{ enable: false }, false],
	[{ basePath: 7 }, true],
	[7, false],
])('inbound %j lets calls in: %s', (inbound, enabled) => {
	expect(readWebhooks({ inbound }).inbound?.enabled).toBe(enabled);
});

it.each([
	[undefined, ['*']],
	[{}, ['*']],
	[{ events: ['message.recieved', 7, 'x'] }, ['message.received']],
	[{ event: 'message.sent' }, ['message.sent']],
	[{ enable: false, events: ['*'] }, []],
])('what %j wants is %j', (endpoint, events) => {
	expect(readSubscription(endpoint)).toEqual({ events });
});

it('only lists of a filter that are right leave events out', () => {
	const filter = { agentIds: ['a'], channels: [7], userIds: 'u', agentId: ['b'] };
	expect(readSubscription({ events: ['*'], filter })).toEqual({
		events: ['*'],
		filter: { agentIds: ['a'] },
	});
});

describe('findNear', () => {
	const KEYS = ['enabled', 'basePath'];

	it.each([
		[{ enabeld: false }, false],
		[{ enabled: true }, undefined],
		[{ somethingElse: 1 }, undefined],
		['enabeld', undefined],
		[undefined, undefined],
	])('finds what was probably meant in %j', (value, expected) => {
		expect(findNear(value, 'enabled', KEYS)).toBe(expected);
	});
});
