import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askAgent } from '../../testbed/askAgent';
import { CommandError } from '../../testbed/command';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { at, listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { waitFor } from '../../testbed/waitFor';
import { startPluginGateway } from './support/pluginGateway';

/** A gateway takes its time on a busy machine. */
const START_TIMEOUT_MS = 480_000;
/** Each look may start a run of an agent. */
const RARELY = { everyMs: 2000, timeoutMs: 60_000 };

/** What people mistype, or cannot know: each on one endpoint beside the good one. */
const MISTAKES: Readonly<Record<string, JsonObject>> = {
	'a misspelt key': { events: undefined, eventz: ['message.sent'] },
	'a key of something else': { retry: { delay: 1 } },
	'a misspelt event': { events: ['message.sned'] },
	'a text for a list': { events: 'message.sent' },
	'a number for an object': { headers: 7 },
	'a list for a text': { url: [] },
	'a header with a line break': { headers: { 'X-Key': '${KEY_WITH_LINE_BREAK}' } },
	'a template with logic': { transform: { text: '{{#if data}}' } },
	'a variable that is not set': { secret: '${NOT_SET_ANYWHERE}' },
	'a reference that leads nowhere': {
		secret: { source: 'env', provider: 'default', id: 'NOT_SET_EITHER' },
	},
};

const INBOUND = {
	basePath: '/in/bound',
	endpoints: {
		good: { agentId: 'alert-handler', template: '{{body.text}}' },
		bad: { agentId: 'alert-handler', templte: '{{body.text}}' },
	},
};

let model: ScriptedModel & { stop(): Promise<void> };
let sink: HttpSink;
let other: HttpSink;
let gateway: Gateway;
/** Ends what was started, even if not all was. */
const cleanups: (() => Promise<unknown>)[] = [];

function endpoint(name: string, more: JsonObject = {}): JsonObject {
	const url = name === 'good' ? sink.url : other.url;
	return { name, url, events: ['message.sent'], allowPrivateHosts: true, ...more };
}

/** The webhooks with every mistake there is. */
function mistaken(): JsonObject {
	return {
		eventz: ['message.sent'],
		instanceId: 7,
		endpoints: [
			...Object.entries(MISTAKES).map(([name, more]) => endpoint(name, more)),
			'not even an object',
			endpoint('good'),
			endpoint('good', { url: other.url }),
		],
		inbound: INBOUND,
		outbox: { retentionDays: '90 days', maxMegabytes: 64 },
	};
}

async function takeTurn(text: string): Promise<void> {
	const { status } = await askAgent(gateway.url, { text: `[[reply:${text}]]` });
	expect(status).toBe(200);
}

async function arrives(text: string): Promise<void> {
	await sink.waitForRequest(({ json }) => textAt(json, 'data', 'message', 'content') === text);
}

async function call(path: string, token: string = GATEWAY_TOKENS.hooks): Promise<number> {
	const response = await fetch(`${gateway.url}${path}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ text: '[[reply:told]]' }),
	});
	return response.status;
}

/** What asking for the list of endpoints is answered; unlike a call, it keeps no agent busy. */
async function list(token: string = GATEWAY_TOKENS.hooks): Promise<Response> {
	return await fetch(`${gateway.url}/in/bound`, { headers: { authorization: `Bearer ${token}` } });
}

/** Changes the gateway's own configuration; it applies that by itself. */
async function configureGateway(change: (config: JsonObject) => JsonObject): Promise<void> {
	const file = join(gateway.folder, 'openclaw.json');
	const config = tryParseJson(await readFile(file, 'utf8')) as JsonObject;
	await writeFile(file, JSON.stringify(change(config), null, '\t'));
}

async function configureHooks(hooks: JsonObject): Promise<void> {
	await configureGateway((config) => ({
		...config,
		hooks: { ...(at(config, 'hooks') as JsonObject), ...hooks },
	}));
}

/** Faults that the command line tells of; it ends with 1 when there are some. */
async function faults(): Promise<readonly unknown[]> {
	const text = await gateway
		.openclaw(['event-webhooks', 'status', '--json'])
		.catch((error: unknown) => (error instanceof CommandError ? error.stdout : ''));
	return listAt(tryParseJson(text), 'faults');
}

beforeAll(async () => {
	[model, sink, other] = await Promise.all([
		startScriptedModel(),
		startHttpSink(),
		startHttpSink(),
	]);
	cleanups.push(
		async () => model.stop(),
		async () => sink.stop(),
		async () => other.stop(),
	);
	gateway = await startPluginGateway({
		modelUrl: model.url,
		env: { KEY_WITH_LINE_BREAK: 'key\n' },
		webhooks: mistaken(),
	});
	cleanups.push(async () => gateway.remove());
}, START_TIMEOUT_MS);

afterAll(async () => {
	for (const end of cleanups.reverse()) await end();
});

describe('a gateway that starts with mistakes in the settings', () => {
	it('sends to the endpoint that has none, and to no other', async () => {
		await takeTurn('from a good endpoint');
		await arrives('from a good endpoint');
		expect(other.requests).toEqual([]);
	});

	it('takes calls of the inbound endpoint that has none', async () => {
		expect(await call('/in/bound/good')).toBe(202);
		expect(await call('/in/bound/bad')).toBeGreaterThanOrEqual(400);
	});

	it('names the key, the nearest right word and what works meanwhile', async () => {
		const log = await gateway.log();
		const told = await faults();
		const messages = told
			.filter((fault) => textAt(fault, 'code') === 'config')
			.map((fault) => textAt(fault, 'message'));
		for (const sentence of [
			"'eventz' is not a known key. Possible here: endpoints, inbound, approvals, instanceId, outbox",
			"'instanceId' must be a text. Events name '",
			"'endpoints[0].eventz' is not a known key. Did you mean 'events'? Nothing is sent to 'a misspelt key'",
			"'endpoints[1].retry.delay' is not a known key. Did you mean 'delaysMs'?",
			"'endpoints[2].events[0]' is not an event. Did you mean 'message.sent'?",
			"'endpoints[3].events' must be a list",
			"'endpoints[4].headers' must be an object",
			"'endpoints[5].url' must be a text",
			`'endpoints[6].headers["X-Key"]' ends in a line break`,
			"'endpoints[7].transform.text' has a template that cannot be read (line 1, column 3)",
			"'endpoints[8].secret' refers to 'NOT_SET_ANYWHERE', which the gateway could not find",
			"'endpoints[9].secret' refers to 'NOT_SET_EITHER', which the gateway could not find",
			"'endpoints[10]' must be an object. Nothing is sent to 'endpoints[10]'",
			"'endpoints[12].name' is the name of another endpoint already",
			"'inbound.endpoints.bad.templte' is not a known key. Did you mean 'template'? Calls of '/in/bound/bad' are refused",
			"'outbox.retentionDays' must be a whole number from 1 to 365. 'outbox.retentionDays' stays 14",
		]) {
			expect(messages).toContainEqual(expect.stringContaining(sentence));
			expect(log).toContain(sentence);
		}
	});

	it('finds its own configuration in order, so that nothing is offered for deletion', async () => {
		expect(await gateway.openclaw(['config', 'validate'])).toContain('Config valid');
	});

	it('goes on when they are mended, under the same path', async () => {
		const { length } = await gateway.log();
		const { endpoints, outbox } = { endpoints: [endpoint('good'), endpoint('mended')], outbox: {} };
		await gateway.configurePlugin({ endpoints, inbound: INBOUND, outbox });
		await gateway.waitForLog(/endpoints: good, mended/, length);
		await takeTurn('after the repair');
		await arrives('after the repair');
		await other.waitForRequest(({ json }) => JSON.stringify(json).includes('after the repair'));
		expect(await call('/in/bound/good')).toBe(202);
	});

	it.each([
		['endpoints that are an object', { endpoints: { good: {} } }, /'endpoints' must be a list/],
		['a path that is none', { inbound: { basePath: 'in' } }, /'inbound.basePath' must be a path/],
		['settings that are a list for an object', { outbox: [] }, /'outbox' must be an object/],
	])('lives through %s at a reload', async (_, webhooks, pattern) => {
		const { length } = await gateway.log();
		await gateway.configurePlugin(webhooks);
		await gateway.waitForLog(pattern, length);
		await takeTurn('still alive');

		const { length: before } = await gateway.log();
		await gateway.configurePlugin({ endpoints: [endpoint('good')], inbound: INBOUND });
		await gateway.waitForLog(/endpoints: good\b/, before);
		sink.clear();
		await takeTurn('mended');
		await arrives('mended');
		await waitFor('the path of before to answer', async () => (await list()).status === 200);
		expect(await call('/in/bound/good')).toBe(202);
	});
});

describe("the gateway's own settings", () => {
	it('a rotated hook token counts at once, and the old one no more', async () => {
		await configureHooks({ token: 'rotated-hook-token' });
		await waitFor('the old token to be refused', async () => (await list()).status === 401);
		expect(await call('/in/bound/good', 'rotated-hook-token')).toBe(202);
	});

	it('the agents that requests may name follow', async () => {
		const direct = async () => {
			const response = await fetch(`${gateway.url}/in/bound`, {
				method: 'POST',
				headers: {
					authorization: 'Bearer rotated-hook-token',
					'content-type': 'application/json',
				},
				body: JSON.stringify({ agentId: 'support-bot', message: '[[reply:told]]' }),
			});
			return response.status;
		};
		expect(await direct()).toBe(202);
		await configureHooks({ allowedAgentIds: ['main'] });
		await waitFor('the agent to be refused', async () => (await direct()) !== 202, RARELY);
		await configureHooks({ allowedAgentIds: ['*'] });
		await waitFor('the agent to be allowed', async () => (await direct()) === 202, RARELY);
	});

	it('an agent that is added can be chosen', async () => {
		await configureGateway((config) => {
			const agents = at(config, 'agents') as JsonObject;
			const entries = { ...(at(agents, 'entries') as JsonObject), newcomer: {} };
			return { ...config, agents: { ...agents, entries } };
		});
		await waitFor('the agent to be listed', async () => {
			const response = await list('rotated-hook-token');
			return (await response.text()).includes('newcomer');
		});
	});

	it('hooks that are switched off close what their token opened', async () => {
		await configureHooks({ enabled: false });
		await waitFor(
			'the token to open nothing',
			async () => (await list('rotated-hook-token')).status === 401,
		);
		expect(await call('/in/bound/good', 'rotated-hook-token')).toBe(401);
	});
});
