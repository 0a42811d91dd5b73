import { openApprovalTable } from '../../../openclaw-plugin/src/approvals/approvalTable';
import { describeHealth } from '../../../openclaw-plugin/src/endpoints/endpointHealth';
import { clearFault, reportFault } from '../../../openclaw-plugin/src/health/health';
import { createRefusalStore } from '../../../openclaw-plugin/src/inbound/refusalStore';
import { listDeliveries } from '../../../openclaw-plugin/src/outbox/deliveryLog';
import { at, listAt, objectAt, textAt, tryParseJson } from '../../../testbed/json';
import { sendRaw, type RawAnswer, type RawRequest } from '../../../testbed/sendEvent';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { startDashboardServer, TAB_COOKIE, type DashboardServer } from './support/dashboardServer';

const PAGE = '/plugins/event-webhooks/dashboard';
const API = '/plugins/event-webhooks/live';
const ASSETS = { html: '<script>%DATA%</script>', css: '', script: '' };
const ENDPOINT = {
	name: 'ops',
	url: 'https://ops.example/hook/secret-path',
	secret: 'whsec_secret',
	events: ['*' as const],
};
let server: DashboardServer;

beforeEach(async () => {
	server = await startDashboardServer(ASSETS, [ENDPOINT]);
});

afterEach(async () => {
	await server.stop();
});

const send = async (path: string, request: RawRequest = {}): Promise<RawAnswer> =>
	await sendRaw(`${server.url}${path}`, { method: 'GET', ...request });

/** Loads the page and takes its token. */
const load = async (headers: Readonly<Record<string, string>> = { cookie: TAB_COOKIE }) => {
	const { text } = await send(PAGE, { headers });
	return tryParseJson(/<script>(.*)<\/script>/s.exec(text)?.[1] ?? '');
};

const ask = async (path: string, request: RawRequest = {}): Promise<RawAnswer> => {
	const token = textAt(await load(), 'token');
	return await send(`${API}/${path}`, {
		...request,
		headers: { 'x-event-webhooks-page': token, origin: 'null', ...request.headers },
	});
};

const replay = async (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
	await ask('replay', {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify(body),
	});

describe('the tab', () => {
	it('is for those who may change things, as they can replay', () => {
		expect(server.tab).toMatchObject({
			surface: 'tab',
			path: PAGE,
			requiredScopes: ['operator.write'],
		});
		expect(server.routes.map(({ path, auth, match }) => [path, auth, match])).toEqual([
			[PAGE, 'gateway', 'prefix'],
			[API, 'plugin', 'prefix'],
		]);
	});
});

describe('the page', () => {
	it('comes with headers that keep others out', async () => {
		const { status, headers } = await send(PAGE);

		expect(status).toBe(200);
		expect(headers).toMatchObject({
			'content-type': 'text/html; charset=utf-8',
			'cache-control': 'no-store',
			'cross-origin-resource-policy': 'same-origin',
			'x-content-type-options': 'nosniff',
			'content-security-policy': expect.stringContaining("frame-ancestors 'self'") as string,
		});
		expect(headers).not.toHaveProperty('access-control-allow-origin');
	});

	it('may replay in the tab only', async () => {
		expect(await load()).toMatchObject({ mayReplay: true, apiPath: API });
		expect(await load({})).toMatchObject({ mayReplay: false });
		expect(
			await load({ cookie: TAB_COOKIE, authorization: 'Bearer of-someone-who-may-read' }),
		).toMatchObject({ mayReplay: false });
	});

	it.each([
		['HEAD', PAGE, 200],
		['POST', PAGE, 405],
		['GET', `${PAGE}/other`, 404],
	])('answers %s %s with %d', async (method, path, status) => {
		expect((await send(path, { method })).status).toBe(status);
	});
});

describe('what the page asks for', () => {
	it.each([
		['no token', {}],
		['a wrong token', { 'x-event-webhooks-page': 'replay.1.zzzzzzzz.AAAA' }],
		['the cookie alone', { cookie: TAB_COOKIE }],
	])('is refused with %s', async (_what, headers) => {
		storeDeliveries(server.database, [{ state: 'failed' }]);
		for (const [method, path] of [
			['GET', 'state'],
			['GET', 'deliveries/dlv_1'],
			['POST', 'replay'],
		] as const) {
			const { status, text } = await send(`${API}/${path}`, { method, headers });
			expect(status).toBe(401);
			expect(text).not.toContain('dlv_1');
		}
		expect(listDeliveries(server.database, { status: 'pending' }).deliveries).toEqual([]);
	});

	it('can be read by a page without an origin, and by no other site', async () => {
		const framed = await ask('state');
		const other = await ask('state', { headers: { origin: 'https://evil.example' } });

		expect(framed.headers['access-control-allow-origin']).toBe('null');
		expect(framed.headers).not.toHaveProperty('access-control-allow-credentials');
		expect(other.headers).not.toHaveProperty('access-control-allow-origin');
	});

	it('may be asked for by a page without an origin', async () => {
		const { status, headers } = await send(`${API}/replay`, {
			method: 'OPTIONS',
			headers: { origin: 'null', 'access-control-request-method': 'POST' },
		});

		expect(status).toBe(204);
		expect(headers).toMatchObject({
			'access-control-allow-origin': 'null',
			'access-control-allow-methods': 'GET, POST',
			'access-control-allow-headers': 'content-type, x-event-webhooks-page',
		});
	});

	it('tells deliveries, health, faults and the next token', async () => {
		storeDeliveries(server.database, [{ state: 'failed' }, {}]);
		const message = 'The disk is full';
		reportFault(server.folder, { code: 'disk-full', severity: 'fault', message });
		const { status, json, text } = await ask('state?status=failed');
		clearFault(server.folder, 'disk-full');

		expect(status).toBe(200);
		expect(json).toMatchObject({
			token: expect.stringMatching(/^replay\./) as string,
			faults: expect.arrayContaining([
				expect.objectContaining({ code: 'disk-full', message }),
				expect.objectContaining({ code: 'deliveries-failed', subject: 'ep_1', count: 1 }),
			]) as unknown,
			data: {
				page: { deliveries: [{ id: 'dlv_1', status: 'failed' }] },
				overview: {
					lastDay: { delivered: 1, failed: 1, pending: 0 },
					endpoints: [{ name: 'ops', isSigned: true, url: 'https://ops.example/…' }],
				},
				inbound: { calls: [], refusals: [] },
			},
		});
		expect(text).not.toMatch(/whsec|secret-path/);
	});

	it('counts the deliveries of each of the last 24 hours', async () => {
		const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
		storeDeliveries(server.database, [
			{ state: 'failed', createdAt: hour - 30 * 3_600_000 },
			{ state: 'failed', createdAt: hour - 2 * 3_600_000 + 1 },
			{ createdAt: hour + 1 },
			{ state: 'pending', createdAt: hour + 2 },
		]);
		const { json } = await ask('state');
		const hours = listAt(json, 'data', 'hours');

		expect(hours).toHaveLength(24);
		expect(hours.filter((hour) => at(hour, 'failed') !== 0)).toEqual([
			{ from: hour - 2 * 3_600_000, delivered: 0, failed: 1, pending: 0 },
		]);
		expect(hours.at(-1)).toEqual({ from: hour, delivered: 1, failed: 0, pending: 1 });
	});

	it('says what a lowered limit will delete', async () => {
		await server.stop();
		server = await startDashboardServer(ASSETS, [ENDPOINT], { outbox: { maxMegabytes: 1 } });
		const data = { text: 'x'.repeat(20_000) };
		storeDeliveries(
			server.database,
			Array.from({ length: 200 }, () => ({ data })),
		);

		expect((await ask('state')).json).toMatchObject({
			faults: [
				{
					code: 'outbox-shrinks',
					severity: 'notice',
					message: expect.stringMatching(/some 1\d\d delivered of the oldest/) as string,
				},
			],
		});
	});

	it('tells which calls were accepted, and which were refused and why', async () => {
		const log = createRefusalStore(server.database);
		log.note('orders', '192.0.2.7', { status: 401, code: 'unauthorized', message: 'No token' });
		log.close();
		const { json } = await ask('state');

		expect(json).toMatchObject({ faults: [{ code: 'inbound-refused', count: 1 }] });
		expect(objectAt(json, 'data')).toMatchObject({
			inbound: { refusals: [{ endpoint: 'orders', status: 401, reason: 'No token', count: 1 }] },
		});
	});

	it.each(['status=broken', 'before=evt_1', `text=${'x'.repeat(501)}`])(
		'has to be meant (%s)',
		async (query) => {
			expect((await ask(`state?${query}`)).status).toBe(400);
		},
	);

	it('tells one delivery', async () => {
		storeDeliveries(server.database, [{ data: { message: { content: '你好' } } }]);

		expect((await ask('deliveries/dlv_1')).json).toMatchObject({
			id: 'dlv_1',
			event: { data: { message: { content: '你好' } } },
			attemptLog: [{ number: 1 }],
		});
		expect((await ask('deliveries/dlv_2')).status).toBe(404);
		expect((await ask('deliveries/%00')).status).toBe(404);
		expect((await ask('nothing')).status).toBe(404);
		expect((await ask('state', { method: 'POST' })).status).toBe(405);
	});

	it('says so when the database cannot be read', async () => {
		const token = textAt(await load(), 'token');
		server.database.exec('DROP TABLE attempts; DROP TABLE deliveries');
		const { status, json } = await send(`${API}/state`, {
			headers: { 'x-event-webhooks-page': token },
		});

		expect(status).toBe(503);
		expect(json).toMatchObject({ token, faults: [{ code: 'database-unavailable' }] });
		expect(server.errors.join()).toContain('no such table');
	});
});

describe('replay', () => {
	const pending = () =>
		listDeliveries(server.database, { status: 'pending', recent: 500 }).deliveries.map(
			({ id }) => id,
		);

	beforeEach(() => {
		storeDeliveries(server.database, [
			{ state: 'failed' },
			{ state: 'failed', endpoint: 'crm' },
			{ state: 'delivered' },
		]);
	});

	it.each<[unknown, string[]]>([
		[{ deliveryIds: ['dlv_1'] }, ['dlv_1']],
		// What was delivered becomes a new delivery of a new event.
		[{ deliveryIds: ['dlv_1', 'dlv_3'] }, ['dlv_4', 'dlv_1']],
		[{ status: 'failed' }, ['dlv_2', 'dlv_1']],
		[{ status: 'failed', endpoint: 'crm' }, ['dlv_2']],
		[{ status: 'delivered' }, ['dlv_4']],
		[{ deliveryIds: ['dlv_9'] }, []],
	])('sends %j again', async (body, expected) => {
		const { status, json } = await replay(body);

		expect(status).toBe(200);
		expect(json).toEqual({ count: expected.length });
		expect(pending()).toEqual(expected);
	});

	it('sends thousands again without holding others up', async () => {
		storeDeliveries(
			server.database,
			Array.from({ length: 3000 }, () => ({ state: 'failed' as const })),
		);
		let turns = 0;
		const counting = setInterval(() => (turns += 1), 0);
		const { json } = await replay({ status: 'failed' });
		clearInterval(counting);

		expect(json).toEqual({ count: 3002 });
		expect(turns).toBeGreaterThan(3);
	});

	it.each<[unknown]>([
		[{}],
		[null],
		[{ status: 'pending' }],
		[{ status: 'failed', endpoint: 7 }],
		[{ deliveryIds: [] }],
		[{ deliveryIds: ['evt_1'] }],
		[{ deliveryIds: [1] }],
		[{ deliveryIds: Array.from({ length: 501 }, () => 'dlv_1') }],
	])('refuses %j', async (body) => {
		expect((await replay(body)).status).toBe(400);
		expect(pending()).toEqual([]);
	});

	it('takes nothing that a form of another site could send', async () => {
		const answer = await replay({ status: 'failed' }, { 'content-type': 'text/plain' });

		expect(answer.status).toBe(415);
		expect(pending()).toEqual([]);
	});

	it('changes nothing for a GET', async () => {
		expect((await ask('replay?status=failed')).status).toBe(405);
		expect(pending()).toEqual([]);
	});

	it('is not for a page that was not loaded in the tab', async () => {
		const token = textAt(await load({}), 'token');
		const { status } = await send(`${API}/replay`, {
			method: 'POST',
			headers: { 'x-event-webhooks-page': token, 'content-type': 'application/json' },
			body: '{"status":"failed"}',
		});

		expect(status).toBe(403);
		expect(pending()).toEqual([]);
	});
});

describe('an endpoint', () => {
	const stateOf = () => {
		const [first] = describeHealth(server.database, Date.now()).endpoints;
		return { id: first?.id ?? '', state: first?.state.state };
	};
	const change = async (path: string, options: RawRequest = {}) =>
		await ask(`endpoints/${path}`, { method: 'POST', ...options });

	it('is paused and resumed', async () => {
		const { id } = stateOf();
		expect((await change(`${id}/pause`)).status).toBe(200);
		expect(stateOf().state).toBe('paused');
		expect((await change(`${id}/resume`)).status).toBe(200);
		expect(stateOf().state).toBe('active');
		expect(server.infos.join()).toContain("'ops' was changed from the dashboard: pause");
	});

	it.each([
		['ep_1/remove', 'POST', 404],
		['ep_999/pause', 'POST', 404],
		['ep_1/pause', 'GET', 405],
	])('answers endpoints/%s over %s with %d', async (path, method, status) => {
		expect((await change(path, { method })).status).toBe(status);
		expect(stateOf().state).toBe('active');
	});

	it('is left alone by a page that was not loaded in the tab', async () => {
		const token = textAt(await load({}), 'token');
		const { status } = await send(`${API}/endpoints/${stateOf().id}/pause`, {
			method: 'POST',
			headers: { 'x-event-webhooks-page': token },
		});

		expect(status).toBe(403);
		expect(stateOf().state).toBe('active');
	});
});

describe('tool calls that need approval', () => {
	const decide = async (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
		await ask('approvals/apr_1', {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: JSON.stringify(body),
		});

	beforeEach(() => {
		const approval = {
			id: 'apr_1',
			rule: 'payments',
			tool: { name: 'pay', params: { amount: 200 } },
			paramsHash: 'sha256:0',
			expiresAt: '2026-03-14T10:34:00.000Z',
		};
		const now = Date.now();
		openApprovalTable(server.database).insert({ agentId: 'finance', approval }, now, now + 60_000);
	});

	it('are shown, and decided on once', async () => {
		expect((await ask('state')).json).toMatchObject({
			data: { approvals: [{ id: 'apr_1', state: 'waiting', tool: { params: { amount: 200 } } }] },
		});
		const body = { decision: 'deny', paramsHash: 'sha256:0' };
		expect(await decide(body)).toMatchObject({
			status: 200,
			json: { approval: { state: 'denied', via: 'dashboard' } },
		});
		expect(server.infos).toEqual(["a call of 'pay' was denied (apr_1) from the dashboard"]);
		expect(await decide(body)).toMatchObject({ status: 409 });
	});

	it('are decided on by who may change things alone, and as it was shown', async () => {
		const viewer = textAt(await load({}), 'token');
		const allow = { decision: 'allow', paramsHash: 'sha256:0' };
		expect(await decide(allow, { 'x-event-webhooks-page': viewer })).toMatchObject({ status: 403 });
		expect(await decide(allow, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
		expect(await decide({ ...allow, paramsHash: 'sha256:1' })).toMatchObject({ status: 409 });
		expect((await ask('approvals/apr_1')).status).toBe(405);
		expect((await ask('state')).json).toMatchObject({
			data: { approvals: [{ state: 'waiting' }] },
		});
	});
});
