import { checkConfig, formatEndpointConfig, parseConfig } from '../../protocol';
import type { ConfigIssue, EndpointConfig, WebhooksConfig } from '../../protocol';

const ENDPOINT = { name: 'main', url: 'https://n8n.example/webhook/1', events: ['*'] };

const HOST_FAULT =
	"'allowPrivateHosts[0]' must be a host, an address or a subnet such as '10.0.0.0/8', without port";

function issuesOf(text: string): readonly ConfigIssue[] {
	const result = parseConfig(text);
	return result.ok ? [] : result.issues;
}

function configOf(value: unknown): WebhooksConfig {
	const result = checkConfig(value);
	if (!result.ok) throw new Error(result.issues[0].message);
	return result.config;
}

/** Issues of one endpoint with some settings changed, as `key: message` without the common start. */
function endpointIssues(changes: Readonly<Record<string, unknown>>): readonly string[] {
	const result = checkConfig({ endpoints: [{ ...ENDPOINT, ...changes }] });
	return result.ok ? [] : result.issues.map(({ message }) => message.replace('endpoints[0].', ''));
}

function inboundIssues(inbound: unknown): readonly string[] {
	const result = checkConfig({ inbound });
	return result.ok ? [] : result.issues.map(({ message }) => message);
}

describe('where the webhooks are', () => {
	const webhooks = { endpoints: [ENDPOINT] };

	it.each([
		['a top-level webhooks object', { webhooks }],
		['the webhooks object alone', webhooks],
		[
			"the plugin's settings in a whole file",
			{
				gateway: {},
				plugins: { entries: { 'event-webhooks': { enabled: true, config: webhooks } } },
			},
		],
		[
			"the plugin's settings before a webhooks object",
			{ webhooks: {}, plugins: { entries: { 'event-webhooks': { config: webhooks } } } },
		],
		['a webhooks object beside other plugins', { webhooks, plugins: { entries: { other: {} } } }],
	])('are found: %s', (_, file) => {
		expect(configOf(file).endpoints).toEqual([ENDPOINT]);
	});

	it.each([
		['an empty object', {}],
		['a whole file without the plugin', { gateway: { port: 18789 }, channels: {} }],
		[
			'a plugin without settings',
			{ plugins: { entries: { 'event-webhooks': { enabled: true } } } },
		],
	])('may be nowhere: %s', (_, file) => {
		expect(configOf(file)).toEqual({
			endpoints: [],
			inbound: undefined,
			instanceId: undefined,
			outbox: undefined,
			agentIds: [],
			environmentNames: [],
		});
	});

	it.each([
		['a text', '"webhooks"', 'The configuration must be an object'],
		['a list', '[]', 'The configuration must be an object'],
		['null', 'null', 'The configuration must be an object'],
		['webhooks that are a list', '{webhooks: []}', "'webhooks' must be an object"],
		[
			'settings that are a text',
			'{plugins: {entries: {"event-webhooks": {config: "x"}}}}',
			`'plugins.entries["event-webhooks"].config' must be an object`,
		],
		['endpoints that are an object', '{endpoints: {}}', "'endpoints' must be a list"],
		['endpoints of null', '{endpoints: null}', "'endpoints' must be a list"],
		['an endpoint that is a text', '{endpoints: ["x"]}', "'endpoints[0]' must be an object"],
		['inbound that is a list', '{inbound: []}', "'inbound' must be an object"],
	])('cannot be %s', (_, text, message) => {
		expect(issuesOf(text).map((issue) => issue.message)).toEqual([message]);
	});
});

describe('agents', () => {
	it('come from the file, from inbound endpoints and from filters, each once', () => {
		expect(
			configOf({
				agents: {
					entries: { main: {}, ops: {} },
					list: [{ id: 'legacy' }, { id: '' }, { name: 'none' }, 'text', null],
				},
				webhooks: {
					endpoints: [
						{ ...ENDPOINT, filter: { agentIds: ['ops', 'audit'] } },
						{ ...ENDPOINT, name: 'other' },
					],
					inbound: { endpoints: { alert: { agentId: 'alerts', template: 'x' } } },
				},
			}).agentIds,
		).toEqual(['main', 'ops', 'legacy', 'alerts', 'audit']);
	});
});

describe('environment names', () => {
	it('are collected from all texts, each once, in order', () => {
		expect(
			configOf({
				endpoints: [
					{
						...ENDPOINT,
						url: '${BASE_URL}/hook',
						secret: '${SECRET}',
						headers: { Authorization: 'Bearer ${TOKEN} ${SECRET}', 'X-Plain': '$TOKEN {{x}} ${}' },
					},
				],
				inbound: { endpoints: { a: { agentId: '${AGENT}', template: 'x' } } },
			}).environmentNames,
		).toEqual(['BASE_URL', 'SECRET', 'TOKEN', 'AGENT']);
	});
});

describe('an endpoint', () => {
	it('keeps every setting', () => {
		const endpoint = {
			...ENDPOINT,
			secret: { source: 'env', provider: 'default', id: 'WEBHOOK_SECRET' },
			retry: { maxAttempts: 20, backoffMs: 0 },
			filter: {
				agentIds: ['a'],
				channels: ['b'],
				userIds: ['c'],
				sessionIds: [],
				instanceIds: ['e'],
			},
			transform: { text: '{{event.id}}', nested: [{ n: 1, b: true, z: null, t: '{{now}}' }] },
			headers: { 'X-API-Key': 'k', Accept: '' },
			enabled: false,
			timeoutMs: 600_000,
			concurrency: 100,
			allowPrivateHosts: ['n8n.lan', '*.internal', '10.0.0.0/8', 'fd00::/8', '::1', '${HOST}'],
			rateLimit: { requests: 5, perSeconds: 2 },
			caFile: '/etc/ca.pem',
			kind: 'webhook',
		};
		expect(configOf({ endpoints: [endpoint] }).endpoints).toEqual([endpoint]);
	});

	it('may say its waits one by one, and a rate by the second', () => {
		const [endpoint] = configOf({
			endpoints: [{ ...ENDPOINT, retry: { delaysMs: [0, 5] }, rateLimit: { requests: 1 } }],
		}).endpoints;
		expect(endpoint).toMatchObject({
			retry: { delaysMs: [0, 5] },
			rateLimit: { requests: 1, perSeconds: 1 },
		});
	});

	it('may be a connection without a URL', () => {
		const connection = { name: 'n8n', kind: 'connection', events: ['*'], holdHours: 24 };
		expect(configOf({ endpoints: [connection] }).endpoints).toEqual([connection]);
	});

	it('fills in what retry leaves out', () => {
		const retries = [{ maxAttempts: 5 }, { backoffMs: 7 }, {}].map(
			(retry) => configOf({ endpoints: [{ ...ENDPOINT, retry }] }).endpoints[0]?.retry,
		);
		expect(retries).toEqual([
			{ maxAttempts: 5, backoffMs: 1000 },
			{ maxAttempts: 3, backoffMs: 7 },
			{ maxAttempts: 3, backoffMs: 1000 },
		]);
	});

	it.each([
		['no name', { name: undefined }, "'name' is missing"],
		['an empty name', { name: ' ' }, "'name' must not be empty"],
		['a number for a name', { name: 7 }, "'name' must be a text"],
		['no URL', { url: undefined }, "'url' is missing"],
		['another scheme', { url: 'ftp://x' }, "'url' must start with 'http://' or 'https://'"],
		['no scheme', { url: 'n8n.example/x' }, "'url' must start with 'http://' or 'https://'"],
		['no host', { url: 'https://' }, "'url' must start with 'http://' or 'https://'"],
		['no events', { events: undefined }, "'events' is missing"],
		['events that are a text', { events: '*' }, "'events' must be a list"],
		['an empty list of events', { events: [] }, "'events' must name at least one event"],
		[
			'an unknown event',
			{ events: ['*', 'message.*'] },
			expect.stringContaining(
				"'events[1]' is not an event. Possible here: *, message.received, ",
			) as string,
		],
		['an empty secret', { secret: '' }, "'secret' must not be empty"],
		[
			'a secret that is no Base64',
			{ secret: 'whsec_!!!!' },
			"'secret' has characters after 'whsec_' that are not Base64. Copy it again, or make a new one",
		],
		['a port in a private host', { allowPrivateHosts: ['n8n:5678'] }, HOST_FAULT],
		['a subnet of IPv6 that is too long', { allowPrivateHosts: ['fd00::/129'] }, HOST_FAULT],
		[
			'an empty private host',
			{ allowPrivateHosts: [''] },
			"'allowPrivateHosts[0]' must not be empty",
		],
		[
			'an event that is no text',
			{ events: [7] },
			expect.stringContaining('is not an event') as string,
		],
		[
			'waits of which one is a text',
			{ retry: { delaysMs: ['1'] } },
			expect.stringContaining('whole number') as string,
		],
		['a secret reference without an id', { secret: { source: 'env' } }, "'secret.id' is missing"],
		[
			'a secret reference with another key',
			{ secret: { source: 'env', id: 'X', ids: 'Y' } },
			"'secret.ids' is not a known key. Did you mean 'id'?",
		],
		['a list for retry', { retry: [] }, "'retry' must be an object"],
		[
			'waits of two kinds',
			{ retry: { delaysMs: [1], maxAttempts: 2 } },
			"'retry.delaysMs' already says how often: remove 'maxAttempts' and 'backoffMs'",
		],
		[
			'too many waits',
			{ retry: { delaysMs: Array(20).fill(1) } },
			"'retry.delaysMs' must have at most 19 waits",
		],
		['waits that are none', { retry: { delaysMs: 7 } }, "'retry.delaysMs' must be a list"],
		['a rate that is none', { rateLimit: 7 }, "'rateLimit' must be an object"],
		[
			'a rate without requests',
			{ rateLimit: {} },
			"'rateLimit.requests' must be a whole number from 1 to 10000",
		],
		['another kind', { kind: 'mail' }, "'kind' must be 'webhook' or 'connection'"],
		[
			'a URL for a connection',
			{ kind: 'connection' },
			"'url' is for a webhook: a connection has no URL",
		],
		['hours to hold', { holdHours: 7 }, "'holdHours' is for a connection"],
		[
			'private hosts of another kind',
			{ allowPrivateHosts: 'all' },
			"'allowPrivateHosts' must be true, false or a list of hosts and subnets",
		],
		[
			'a subnet that is none',
			{ allowPrivateHosts: ['10.0.0.0/33'] },
			"'allowPrivateHosts[0]' must be a host, an address or a subnet such as '10.0.0.0/8', without port",
		],
		[
			'no attempts',
			{ retry: { maxAttempts: 0 } },
			"'retry.maxAttempts' must be a whole number from 1 to 20",
		],
		[
			'a fraction of a millisecond',
			{ retry: { backoffMs: 0.5 } },
			"'retry.backoffMs' must be a whole number from 0 to 3600000",
		],
		[
			'a text for a number',
			{ timeoutMs: '15' },
			"'timeoutMs' must be a whole number from 1 to 600000",
		],
		['a text for a boolean', { enabled: 'yes' }, "'enabled' must be true or false"],
		['a filter that is a list', { filter: ['a'] }, "'filter' must be an object"],
		[
			'a filter of a text',
			{ filter: { channels: 'telegram' } },
			"'filter.channels' must be a list",
		],
		[
			'an empty id in a filter',
			{ filter: { userIds: [''] } },
			"'filter.userIds[0]' must not be empty",
		],
		['a text for a transform', { transform: '{{id}}' }, "'transform' must be an object"],
		['headers that are a text', { headers: 'X-A: b' }, "'headers' must be an object"],
		[
			'a blank in a header name',
			{ headers: { 'a b': 'x' } },
			`'headers["a b"]' is not a possible header name`,
		],
		['a number for a header', { headers: { 'X-A': 1 } }, `'headers["X-A"]' must be a text`],
		[
			'a line feed in a header',
			{ headers: { 'X-A': 'a\nb' } },
			`'headers["X-A"]' has a character that a header cannot hold`,
		],
		[
			'a key that is almost right',
			{ evnets: ['*'] },
			"'evnets' is not a known key. Did you mean 'events'?",
		],
		['a key in other letters', { URL: 'x' }, "'URL' is not a known key. Did you mean 'url'?"],
		[
			'a key that is too long by two',
			{ filterss: {} },
			"'filterss' is not a known key. Did you mean 'filter'?",
		],
		[
			'a key of another world',
			{ frequency: 7 },
			"'frequency' is not a known key. Possible here: name, kind, url, secret, events, retry, rateLimit, filter, privacy, transform, headers, enabled, timeoutMs, concurrency, allowPrivateHosts, caFile, holdHours",
		],
	])('cannot have %s', (_, changes, message) => {
		expect(endpointIssues(changes)).toEqual([message]);
	});

	it('cannot share its name', () => {
		const result = checkConfig({ endpoints: [ENDPOINT, ENDPOINT] });
		expect(result).toMatchObject({
			ok: false,
			issues: [
				{ path: 'endpoints[1].name', message: expect.stringContaining('another') as string },
			],
		});
	});

	it('cannot have templates that do not work, wherever they are', () => {
		const transform = { a: [{ b: '{{body.x}}' }], ['c d']: '{{#if}}', ok: '{{data.x}}' };
		expect(endpointIssues({ transform })).toEqual([
			"'transform.a[0].b' has a template that cannot be read (line 1, column 3): 'body' is not one of 'id', 'type', 'timestamp', 'instanceId', 'data', 'event', 'now'",
			`'transform["c d"]' has a template that cannot be read (line 1, column 3): Expected a name such as 'id' but found '#'. Conditions, loops and helpers are not supported`,
		]);
	});

	it('cannot nest a transform without end', () => {
		let transform: unknown = 'x';
		for (let depth = 0; depth < 40; depth += 1) transform = { a: transform };
		expect(endpointIssues({ transform })).toEqual([
			expect.stringMatching(/is nested deeper than 32 levels$/),
		]);
	});

	it('cannot have names of the language itself', () => {
		const text = '{endpoints: [{headers: {"__proto__": "x"}, transform: {constructor: "y"}}]}';
		expect(issuesOf(text).map(({ path }) => path)).toEqual(
			expect.arrayContaining([
				'endpoints[0].headers.__proto__',
				'endpoints[0].transform.constructor',
			]),
		);
	});
});

describe('inbound', () => {
	it.each([
		['title', "must be a path such as 'body.title'"],
		['body..x', "must be a path such as 'body.title'"],
		['body.a}}{{body.b', "must be a path such as 'body.title'"],
		['{{body.a}}', "must be a path such as 'body.title'"],
		[' ', 'must not be empty'],
	])('has no required path %j', (path, message) => {
		const endpoint = { agentId: 'main', template: 'x', required: ['body.ok', path] };
		expect(inboundIssues({ endpoints: { a: endpoint } })).toEqual([
			`'inbound.endpoints.a.required[1]' ${message}`,
		]);
	});

	it('names the paths without which a call is refused', () => {
		const endpoint = { agentId: 'main', template: 'x', required: ['body.a["b c"][0]', 'now'] };
		expect(configOf({ inbound: { endpoints: { a: endpoint } } }).inbound).toMatchObject({
			endpoints: { a: endpoint },
		});
	});

	it('is on and under the default path unless it says otherwise', () => {
		expect(configOf({ inbound: {} }).inbound).toEqual({
			enabled: true,
			basePath: '/webhooks/inbound',
			callbackOrigins: [],
			endpoints: {},
			sessionKeys: [],
		});
		expect(configOf({ inbound: { enabled: false, basePath: '/in/' } }).inbound).toEqual({
			enabled: false,
			basePath: '/in',
			callbackOrigins: [],
			endpoints: {},
			sessionKeys: [],
		});
	});

	it.each([
		[
			'another key',
			{ enable: true },
			"'inbound.enable' is not a known key. Did you mean 'enabled'?",
		],
		['a text for enabled', { enabled: 1 }, "'inbound.enabled' must be true or false"],
		[
			'a path of two slashes',
			{ basePath: '//' },
			"'inbound.basePath' must be a path such as '/webhooks/inbound'",
		],
		[
			'a relative path',
			{ basePath: 'in' },
			"'inbound.basePath' must be a path such as '/webhooks/inbound'",
		],
		['an empty path', { basePath: '' }, "'inbound.basePath' must not be empty"],
		['a list of endpoints', { endpoints: [] }, "'inbound.endpoints' must be an object"],
		[
			'an endpoint that is a text',
			{ endpoints: { a: 'x' } },
			"'inbound.endpoints.a' must be an object",
		],
		[
			'a slash in a name',
			{ endpoints: { 'a/b': {} } },
			`'inbound.endpoints["a/b"]' cannot be part of a URL`,
		],
		[
			'two dots for a name',
			{ endpoints: { '..': {} } },
			`'inbound.endpoints[".."]' cannot be part of a URL`,
		],
		[
			'an endpoint without settings',
			{ endpoints: { a: undefined } },
			"'inbound.endpoints.a' is missing",
		],
		[
			'no agent',
			{ endpoints: { a: { template: 'x' } } },
			"'inbound.endpoints.a.agentId' is missing",
		],
		[
			'no template',
			{ endpoints: { a: { agentId: 'x' } } },
			"'inbound.endpoints.a.template' is missing",
		],
		[
			'a root that inbound messages do not have',
			{ endpoints: { a: { agentId: 'x', template: '{{data.x}}' } } },
			"'inbound.endpoints.a.template' has a template that cannot be read (line 1, column 3): 'data' is not one of 'body', 'headers', 'query', 'now'",
		],
	])('cannot have %s', (_, inbound, message) => {
		expect(inboundIssues(inbound)).toEqual([message]);
	});
});

describe('formatEndpointConfig', () => {
	const endpoint: EndpointConfig = {
		events: ['message.sent', 'error.occurred'],
		url: 'https://n8n.example/webhook/1?a="b"',
		name: "n8n's",
		filter: { agentIds: ['ops'] },
		secret: 'whsec_${SECRET}',
		retry: { maxAttempts: 3, backoffMs: 1000 },
		headers: { 'X-API-Key': '${KEY}' },
	};

	it('writes a block that reads back the same', () => {
		const parsed = parseConfig(formatEndpointConfig(endpoint));
		expect(parsed).toMatchObject({ ok: true, config: { endpoints: [endpoint] } });
	});

	it('writes the keys in the order of the documentation, as a file to merge', () => {
		expect(formatEndpointConfig({ events: ['*'], url: 'https://x', name: 'n8n' })).toBe(`{
  plugins: {
    entries: {
      "event-webhooks": {
        enabled: true,
        config: {
          endpoints: [
            {
              name: "n8n",
              url: "https://x",
              events: [
                "*",
              ],
            },
          ],
        },
      },
    },
  },
}`);
	});
});

describe('session keys', () => {
	it('are kept as they are', () => {
		expect(
			configOf({ inbound: { sessionKeys: ['agent:a:webhook:'] } }).inbound?.sessionKeys,
		).toEqual(['agent:a:webhook:']);
		expect(inboundIssues({ sessionKeys: [''] })).toEqual([
			"'inbound.sessionKeys[0]' must not be empty",
		]);
	});
});

describe('callback origins', () => {
	it('are kept as origins, whatever path they were written with', () => {
		const { inbound } = configOf({
			inbound: { callbackOrigins: ['https://n8n.example/rest', 'http://127.0.0.1:5678'] },
		});
		expect(inbound?.callbackOrigins).toEqual(['https://n8n.example', 'http://127.0.0.1:5678']);
	});

	it.each(['n8n.example', 'ftp://n8n.example', '', 5])('refuse %p', (origin) => {
		expect(inboundIssues({ callbackOrigins: [origin] })).toHaveLength(1);
	});
});

describe('outbox', () => {
	it('has defaults for what is left out', () => {
		expect(configOf({ outbox: { retentionDays: 30 } }).outbox).toEqual({
			retentionDays: 30,
			maxMegabytes: 1024,
			powerSafe: false,
		});
	});

	it('names the gateway', () => {
		expect(configOf({ instanceId: 'node-1' }).instanceId).toBe('node-1');
	});

	it.each([
		[{ retentionDays: 0 }, "'outbox.retentionDays' must be a whole number from 1 to 365"],
		[{ maxMegabytes: '1' }, "'outbox.maxMegabytes' must be a whole number from 1 to 1000000"],
		[{ powerSafe: 'yes' }, "'outbox.powerSafe' must be true or false"],
		[{ powersafe: true }, "'outbox.powersafe' is not a known key. Did you mean 'powerSafe'?"],
		[[], "'outbox' must be an object"],
	])('refuses %j', (outbox, message) => {
		const result = checkConfig({ outbox });
		expect(result.ok ? [] : result.issues.map((issue) => issue.message)).toEqual([message]);
	});
});
