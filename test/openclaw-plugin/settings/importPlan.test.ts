import {
	createMask,
	diffLines,
	mergeWebhooks,
	planImport,
	readWebhooks,
} from '../../../openclaw-plugin/src/settings/importPlan';

/** The forms in which people have webhooks. */
const ENDPOINT = "{ name: 'ops', url: 'https://a.example/x', events: ['*'] }";

describe('readWebhooks', () => {
	it.each([
		['a file with top-level webhooks', `{ webhooks: { endpoints: [${ENDPOINT}] } }`],
		[
			'a whole configuration with the plugin',
			`{ gateway: {}, plugins: { entries: { 'event-webhooks': { config: { endpoints: [${ENDPOINT}] } } } } }`,
		],
		['the webhooks alone', `{ endpoints: [${ENDPOINT}], }`],
	])('reads %s', (_form, text) => {
		expect(readWebhooks(text)).toMatchObject({
			ok: true,
			webhooks: { endpoints: [{ name: 'ops' }] },
		});
	});

	it('keeps references as they are written, and tells their names', () => {
		const read = readWebhooks(`{ webhooks: { endpoints: [{
			name: 'crm', url: 'https://crm.example', events: ['session.created'],
			secret: { source: 'env', provider: 'default', id: 'CRM_SECRET' },
			headers: { 'X-API-Key': '\${CRM_API_KEY}' },
		}] } }`);

		expect(read).toMatchObject({
			ok: true,
			webhooks: { endpoints: [{ headers: { 'X-API-Key': '${CRM_API_KEY}' } }] },
			environmentNames: ['CRM_API_KEY'],
		});
	});

	it.each([
		['{ gateway: { port: 1 } }', 'has no webhooks'],
		['{ plugins: { entries: { "event-webhooks": { enabled: true } } } }', 'has no webhooks'],
		['{ webhooks: { endpoints: [{ name: "x" }] } }', "'webhooks.endpoints[0].url' is missing"],
		['{ webhooks: ', 'cannot be read as JSON5'],
	])('says what is wrong with %s', (text, message) => {
		const read = readWebhooks(text);

		expect(read.ok ? [] : read.issues.map((issue) => issue.message).join()).toContain(message);
	});
});

describe('mergeWebhooks', () => {
	it('replaces endpoints of the same name in place, adds others, keeps the rest', () => {
		const present = {
			instanceId: 'node-1',
			endpoints: [
				{ name: 'a', url: 1 },
				{ name: 'b', url: 1 },
			],
			inbound: { basePath: '/in', endpoints: { alert: 1, deploy: 1 } },
			outbox: { retentionDays: 3, powerSafe: true },
		};

		expect(
			mergeWebhooks(present, {
				endpoints: [
					{ name: 'c', url: 2 },
					{ name: 'a', url: 2 },
				],
				inbound: { endpoints: { alert: 2 } },
				outbox: { retentionDays: 5 },
			}),
		).toEqual({
			instanceId: 'node-1',
			endpoints: [
				{ name: 'a', url: 2 },
				{ name: 'b', url: 1 },
				{ name: 'c', url: 2 },
			],
			inbound: { basePath: '/in', endpoints: { alert: 2, deploy: 1 } },
			outbox: { retentionDays: 5, powerSafe: true },
		});
	});

	it('does not change what it is given', () => {
		const present = { endpoints: [{ name: 'a' }] };
		mergeWebhooks(present, { endpoints: [{ name: 'b' }] });

		expect(present).toEqual({ endpoints: [{ name: 'a' }] });
	});
});

describe('createMask', () => {
	it('hides secrets, header values, passwords and queries; keeps references', () => {
		const masked = createMask()({
			config: {
				endpoints: [
					{
						name: 'a',
						url: 'https://user:pass@a.example/hook?token=abc',
						secret: 'whsec_1',
						headers: { 'X-API-Key': 'key', 'X-Ref': '${KEY}' },
					},
					{ name: 'b', url: 'https://b.example', secret: '${SECRET} ${OLD}' },
					{ name: 'c', url: 'https://c.example', secret: { source: 'env', id: 'C' } },
					{ name: 'd', url: 'https://d.example', secret: 'whsec_1' },
				],
				inbound: {
					endpoints: {
						a: { agentId: 'a', auth: { type: 'github', secret: 'whsec_1' } },
						b: { agentId: 'b', auth: { type: 'slack', secret: ['${SLACK}', 'new'] } },
						c: { agentId: 'c' },
						d: 'nonsense',
					},
				},
			},
		});
		expect(createMask()({ config: { inbound: {} } })).toEqual({ config: { inbound: {} } });

		expect(masked).toEqual({
			config: {
				endpoints: [
					{
						name: 'a',
						url: 'https://user:(hidden #2)@a.example/hook?(hidden #3)',
						secret: '(hidden #1)',
						headers: { 'X-API-Key': '(hidden #4)', 'X-Ref': '${KEY}' },
					},
					{ name: 'b', url: 'https://b.example', secret: '${SECRET} ${OLD}' },
					{ name: 'c', url: 'https://c.example', secret: { source: 'env', id: 'C' } },
					{ name: 'd', url: 'https://d.example', secret: '(hidden #1)' },
				],
				inbound: {
					endpoints: {
						a: { agentId: 'a', auth: { type: 'github', secret: '(hidden #1)' } },
						b: { agentId: 'b', auth: { type: 'slack', secret: ['${SLACK}', '(hidden #5)'] } },
						c: { agentId: 'c' },
						d: 'nonsense',
					},
				},
			},
		});
	});
});

describe('diffLines', () => {
	const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);

	it('shows a change with three lines around it', () => {
		const before = lines(20);
		const after = before.with(10, 'changed').toSpliced(0, 1);

		expect(
			diffLines(before.join('\n'), after.join('\n')).map(
				({ kind, text }) => `${kind[0] ?? ''} ${text}`,
			),
		).toEqual([
			'r line 0',
			's line 1',
			's line 2',
			's line 3',
			's line 7',
			's line 8',
			's line 9',
			'r line 10',
			'a changed',
			's line 11',
			's line 12',
			's line 13',
		]);
	});

	it('leads from one text to the other', () => {
		const before = 'a\nb\nc\na\nb';
		const after = 'b\nc\nx\nb\nb\na';
		const diff = diffLines(before, after);
		const keep = (kind: string) =>
			diff.filter((line) => line.kind === 'same' || line.kind === kind).map(({ text }) => text);

		expect(keep('removed').join('\n')).toBe(before);
		expect(keep('added').join('\n')).toBe(after);
	});

	it('has nothing to say about equal texts, and adds to nothing', () => {
		expect(diffLines('a\nb', 'a\nb')).toEqual([]);
		expect(diffLines('', 'a')).toEqual([{ kind: 'added', text: 'a' }]);
	});
});

describe('planImport', () => {
	const webhooks = { endpoints: [{ name: 'ops', url: 'https://a.example/x', events: ['*'] }] };

	it('makes the entry in an empty configuration, and lets it see conversations', () => {
		const file: Record<string, unknown> = {};
		planImport({}, webhooks).apply(file);

		expect(file).toEqual({
			plugins: {
				entries: {
					'event-webhooks': {
						enabled: true,
						hooks: { allowConversationAccess: true },
						config: webhooks,
					},
				},
			},
		});
		expect(planImport(file, webhooks).diff).toEqual([]);
	});

	it('leaves other settings of the gateway and of the entry alone', () => {
		const file = {
			gateway: { port: 1 },
			plugins: {
				allow: ['event-webhooks'],
				entries: { other: {}, 'event-webhooks': { hooks: { timeouts: 5 }, config: {} } },
			},
		};
		planImport(file, webhooks).apply(file);

		expect(file).toMatchObject({
			gateway: { port: 1 },
			plugins: {
				allow: ['event-webhooks'],
				entries: {
					other: {},
					'event-webhooks': { hooks: { timeouts: 5, allowConversationAccess: true } },
				},
			},
		});
	});

	it('shows that a secret changes without showing it', () => {
		const entry = (secret: string) => ({
			enabled: true,
			hooks: { allowConversationAccess: true },
			config: { endpoints: [{ name: 'ops', secret }] },
		});
		const file = { plugins: { entries: { 'event-webhooks': entry('whsec_before') } } };
		const { diff } = planImport(file, { endpoints: [{ name: 'ops', secret: 'whsec_after' }] });

		expect(diff.filter(({ kind }) => kind !== 'same')).toEqual([
			{ kind: 'removed', text: '        secret: "(hidden #1)",' },
			{ kind: 'added', text: '        secret: "(hidden #2)",' },
		]);
	});

	it('removes what the file does not have when it replaces', () => {
		const file = {
			plugins: {
				entries: {
					'event-webhooks': { config: { endpoints: [{ name: 'old' }], instanceId: 'x' } },
				},
			},
		};
		planImport(file, webhooks, { isReplacement: true }).apply(file);

		expect(file.plugins.entries['event-webhooks'].config).toEqual(webhooks);
	});
});
