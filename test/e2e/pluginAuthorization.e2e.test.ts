import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from '../../testbed/cleanup';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { tryParseJson } from '../../testbed/json';
import { startScriptedModel } from '../../testbed/scriptedModel';
import { TOKEN_SCOPES } from '../../openclaw-plugin/src/tokens/tokens';
import type { TokenScope } from '../../openclaw-plugin/src/tokens/tokens';
import { startPluginGateway } from './support/pluginGateway';
import { createToken, removeToken } from './support/tokens';

const API = '/plugins/event-webhooks/api';
const INBOUND = '/webhooks/inbound';
const PAGE_API = '/plugins/event-webhooks/live';
const PROTOCOL_PAGE = join(__dirname, '../../docs/protocol.md');

/**
 * What a route opens to. The gateway's hook token stands for the two scopes that it has; the page changes something
 * only where a person has opened it in the control UI, in a browser.
 */
type Key = TokenScope | 'page' | 'tab';

/** `METHOD path`, with example names in place of those in braces, and what it opens to. */
const ROUTES: ReadonlyArray<readonly [route: string, key: Key]> = [
	['GET {basePath}', 'inbound'],
	['POST {basePath}/{name}', 'inbound'],
	['GET {basePath}/runs/{runId}', 'inbound'],
	['POST {basePath}/runs/{runId}/cancel', 'inbound'],
	['POST {basePath}', 'agents'],
	['GET /endpoints', 'endpoints'],
	['POST /endpoints', 'endpoints'],
	['GET /endpoints/{name}', 'endpoints'],
	['PUT /endpoints/{name}', 'endpoints'],
	['PATCH /endpoints/{name}', 'endpoints'],
	['DELETE /endpoints/{name}', 'endpoints'],
	['POST /endpoints/{name}/test', 'endpoints'],
	['POST /endpoints/{name}/rotate', 'endpoints'],
	['POST /endpoints/{name}/enable', 'endpoints'],
	['POST /endpoints/{name}/disable', 'endpoints'],
	['POST /endpoints/{name}/pause', 'endpoints'],
	['POST /endpoints/{name}/resume', 'endpoints'],
	['POST /endpoints/{name}/purge', 'endpoints'],
	['POST /endpoints/{name}/fetch', 'events'],
	['POST /endpoints/{name}/settle', 'events'],
	['GET /events/{id}/attachments/{index}', 'events'],
	['GET /deliveries', 'endpoints'],
	['GET /deliveries/{id}', 'endpoints'],
	['GET /deliveries/export', 'endpoints'],
	['POST /deliveries/replay', 'endpoints'],
	['GET /metrics', 'endpoints'],
	['GET /approvals', 'approvals'],
	['GET /approvals/{id}', 'approvals'],
	['POST /approvals/{id}', 'approvals'],
	['POST /reviews', 'sessions'],
	['GET {page}/state', 'page'],
	['GET {page}/deliveries/{id}', 'page'],
	['POST {page}/replay', 'tab'],
	['POST {page}/endpoints/{name}/pause', 'tab'],
	['POST {page}/approvals/{id}', 'tab'],
];

/** Who calls: the headers, and what they open. */
interface Caller {
	readonly name: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly keys: readonly Key[];
	/** Whether the token is right, so that the answer may say what it is not for. */
	readonly isKnown: boolean;
	readonly query?: string;
}

const cleanup = new Cleanup();
let gateway: Gateway;
const callers: Caller[] = [];

beforeAll(async () => {
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	gateway = await startPluginGateway({
		modelUrl: model.url,
		webhooks: {
			endpoints: [],
			inbound: {
				enabled: true,
				// Calls without what it needs are let in, and start no run.
				endpoints: {
					deploy: { agentId: 'main', template: '{{body.text}}', required: ['body.text'] },
				},
			},
		},
	});
	cleanup.defer(async () => gateway.remove());
	callers.push(...makeCallers(), await openPage());
});

afterAll(async () => {
	await cleanup.run();
});

function bearer(token: string): Readonly<Record<string, string>> {
	return { authorization: `Bearer ${token}` };
}

/** The page that the gateway shows to its operator. */
async function openPage(): Promise<Caller> {
	const page = await fetch(`${gateway.url}/plugins/event-webhooks/dashboard`, {
		headers: bearer(GATEWAY_TOKENS.operator),
	});
	const [, token = ''] = /"token":"([^"]+)"/.exec(await page.text()) ?? [];
	const headers = { 'x-event-webhooks-page': token };
	return { name: 'the page of the operator', headers, keys: ['page'], isKnown: true };
}

function makeCallers(): readonly Caller[] {
	const revoked = createToken(gateway);
	removeToken(gateway, revoked);
	const expired = createToken(gateway, { expiresAt: Date.now() - 1000 });
	const right = createToken(gateway);
	const [, id = ''] = right.split('_');
	const unknown = { keys: [], isKnown: false };
	const hasOne = (scope: TokenScope): Caller => ({
		name: `a token of the scope ${scope}`,
		headers: bearer(createToken(gateway, { scopes: [scope] })),
		keys: [scope],
		isKnown: true,
	});
	return [
		{ name: 'nobody', headers: {}, ...unknown },
		{ name: 'an empty token', headers: { authorization: 'Bearer ' }, ...unknown },
		{ name: 'another scheme', headers: { authorization: `Basic ${right}` }, ...unknown },
		{ name: 'a token in the query', headers: {}, query: `token=${right}`, ...unknown },
		{ name: 'a token as a page’s', headers: { 'x-event-webhooks-page': right }, ...unknown },
		{ name: 'an id with a guess', headers: bearer(`ocw_${id}_${'A'.repeat(43)}`), ...unknown },
		{ name: 'a cut token', headers: bearer(right.slice(0, -1)), ...unknown },
		{ name: 'a revoked token', headers: bearer(revoked), ...unknown },
		{ name: 'an expired token', headers: bearer(expired), ...unknown },
		{ name: 'the operator’s token', headers: bearer(GATEWAY_TOKENS.operator), ...unknown },
		{
			name: 'the hook token',
			headers: bearer(GATEWAY_TOKENS.hooks),
			keys: ['inbound', 'agents'],
			isKnown: true,
		},
		{
			name: 'a token bound to the endpoint',
			headers: bearer(createToken(gateway, { scopes: ['inbound'], endpoints: ['deploy'] })),
			keys: ['inbound'],
			isKnown: true,
		},
		{
			name: 'a token bound to the endpoint, for any session',
			headers: bearer(
				createToken(gateway, { scopes: ['inbound', 'sessions'], endpoints: ['deploy'] }),
			),
			keys: ['inbound'],
			isKnown: true,
		},
		...TOKEN_SCOPES.map(hasOne),
		{ name: 'a token of all scopes', headers: bearer(right), keys: TOKEN_SCOPES, isKnown: true },
	];
}

/** A path with names of things that are not there, so that whoever is let in changes nothing. */
function pathOf(template: string): string {
	const filled = template
		.replace('{basePath}/{name}', `${INBOUND}/deploy`)
		.replace('{basePath}', INBOUND)
		.replace('{page}', PAGE_API)
		.replace('/approvals/{id}', '/approvals/apr_none')
		.replace('/events/{id}', '/events/evt_none')
		.replace('/deliveries/{id}', '/deliveries/dlv_999999')
		.replace('{name}', 'nothing-here')
		.replace('{runId}', 'run_none')
		.replace('{index}', '0');
	return template.startsWith('/') ? `${API}${filled}` : filled;
}

async function call(route: string, { headers, query = '' }: Caller) {
	const [method = '', template = ''] = route.split(' ');
	const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
	const response = await fetch(`${gateway.url}${pathOf(template)}?${query}`, {
		method,
		headers: { ...headers, ...(hasBody ? { 'content-type': 'application/json' } : {}) },
		...(hasBody ? { body: '{}' } : {}),
	});
	const text = await response.text();
	return { status: response.status, text, json: tryParseJson(text) };
}

/** 429 is the 401 of whoever has guessed too often. */
const REFUSED = [401, 403, 429];

describe('a route without the right token', () => {
	it.each(ROUTES)('%s opens to %s alone', async (route, key) => {
		const wrong: string[] = [];
		for (const caller of callers) {
			const { status, json } = await call(route, caller);
			const isIn = !REFUSED.includes(status);
			if (isIn !== caller.keys.includes(key)) wrong.push(`${caller.name}: ${String(status)}`);
			// Only whose token is right learns that it is not for this.
			if (!isIn && !caller.isKnown && status === 403) wrong.push(`${caller.name} is known`);
			if (isIn) continue;
			// Nothing but the refusal.
			expect(Object.keys(Object(json) as object).sort()).toEqual(['error', 'ok']);
		}
		expect(wrong).toEqual([]);
	});

	it('says of no path whether it is there', async () => {
		const [nobody] = callers;
		if (nobody === undefined) throw new Error('nobody calls');
		for (const template of [
			'/nothing',
			'/endpoints/nothing/nowhere',
			'{basePath}/nothing',
			'{page}/nothing',
		]) {
			for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'HEAD']) {
				const { status } = await call(`${method} ${template}`, nobody);
				expect([method, template, REFUSED.includes(status)]).toEqual([method, template, true]);
			}
		}
	});

	it('is one of these: all that the page about the protocol names', () => {
		const written = readFileSync(PROTOCOL_PAGE, 'utf8').matchAll(
			/`?(GET|POST|PUT|PATCH|DELETE) (?:\/plugins\/event-webhooks\/api)?((?:\{basePath\}|\/endpoints|\/events|\/deliveries|\/metrics|\/approvals)[^\s`?]*)/g,
		);
		const named = [...written].map(([, method = '', path = '']) => `${method} ${path}`);
		const known = new Set(ROUTES.map(([route]) => route));
		expect(named.length).toBeGreaterThan(25);
		expect(named.filter((route) => !known.has(route))).toEqual([]);
	});
});
