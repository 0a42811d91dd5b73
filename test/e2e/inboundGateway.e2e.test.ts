import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { at } from '../../testbed/json';
import {
	AUTO_MAPPED_FIELDS,
	byId,
	CREDENTIAL_TYPE,
	INBOUND_TYPE,
	mappedFields,
} from '../../testbed/n8n/openclawNodes';
import { freePorts } from '../../testbed/ports';
import type { ModelRequest } from '../../testbed/scriptedModel';
import { credentialData } from '../../testbed/stack';
import { environment, startOwnGateway } from './support/environment';
import { createInbound, INBOUND, runInbound, toAgent } from './support/inboundWorkflow';

const { n8n, gatewayUrl, model } = environment();

/** Turns of agents about a text so far. */
async function turnsAbout(text: string): Promise<ModelRequest[]> {
	const requests = await model.requests();
	return requests.filter(({ message }) => message.includes(text));
}

describe('a message to an agent of a stock gateway', () => {
	it('is exactly the rendered template', async () => {
		const execution = await runInbound(n8n, {
			gatewayUrl,
			parameters: {
				...toAgent(
					'alert-handler',
					'告警 {{body.title}}\n\n"{{body.user.name}}" <b>&amp;</b> \\{{x}} {{body["a b"]}} {{body.none}}|',
				),
				fields: mappedFields({
					title: '={{ $json.title }}',
					'user.name': '={{ $json.who.toUpperCase() }}',
					'["a b"]': '={{ $json.list }}',
				}),
			},
			items: [{ title: '磁盘 🔥 {{body.secret}}', who: 'ada', list: [1, { b: true }] }],
		});

		expect(execution.errorMessage).toBe('');
		const message = '告警 磁盘 🔥 {{body.secret}}\n\n"ADA" <b>&amp;</b> {{x}} [1,{"b":true}] |';
		const [item] = execution.items(INBOUND);
		expect(item).toMatchObject({
			json: { ok: true, agentId: 'alert-handler', message, attempts: 1 },
			pairedItem: { item: 0 },
		});
		expect(at(item, 'json', 'missingPaths')).toEqual(['body.none']);
		expect(at(item, 'json', 'runId')).toMatch(/^[0-9a-f-]{36}$/);
		const turn = await model.waitForRequest((request) => request.message.includes('告警 磁盘'));
		expect(turn).toMatchObject({ agentId: 'alert-handler', message });
	});

	it('goes through a hook mapping when the inbound path is the hooks path', async () => {
		const execution = await runInbound(n8n, {
			gatewayUrl,
			credential: { inboundPath: '/hooks' },
			parameters: { source: 'endpoint', endpoint: byId('alert'), fields: AUTO_MAPPED_FIELDS },
			items: [{ title: 'mapped disk', severity: 'high' }],
		});

		expect(execution.json(INBOUND)).toEqual([expect.objectContaining({ ok: true })]);
		const turn = await model.waitForRequest(({ message }) => message.includes('mapped disk'));
		expect(turn).toMatchObject({
			agentId: 'alert-handler',
			message: 'Alert: mapped disk (high)',
		});
	});

	it('leaves the other nine alone when one of ten cannot be sent', async () => {
		const items = Array.from({ length: 10 }, (_, n) => ({
			n,
			agent: n === 4 ? 'nobody' : 'support-bot',
		}));
		const execution = await runInbound(n8n, {
			gatewayUrl,
			parameters: {
				...toAgent('', 'Ten of them: number {{body.n}}.'),
				agent: byId('={{ $json.agent }}'),
			},
			items,
			node: { onError: 'continueRegularOutput' },
		});

		expect(execution.status).toBe('success');
		const output = execution.items(INBOUND);
		expect(output.map(({ pairedItem }) => at(pairedItem, 'item'))).toEqual(items.map(({ n }) => n));
		expect(output[4]?.json).toEqual({
			error: "The agent 'nobody' could not be found [item 4]",
		});
		const sent = output.filter((_, n) => n !== 4).map(({ json }) => json.message);
		expect(sent).toEqual(
			items.filter(({ n }) => n !== 4).map(({ n }) => `Ten of them: number ${String(n)}.`),
		);
		for (const message of sent) {
			await model.waitForRequest((request) => request.message === message);
		}
	});

	it.each([
		[
			'the token is wrong',
			{ hookToken: 'not-the-token' },
			'main',
			'The gateway did not accept the hook token [item 0]',
		],
		['the agent is unknown', {}, 'nobody', "The agent 'nobody' could not be found [item 0]"],
		[
			'the hooks are elsewhere',
			{ hooksPath: '/elsewhere' },
			'main',
			'The gateway has no hooks under /elsewhere [item 0]',
		],
	])('says that %s', async (_, credential, agent, message) => {
		const parameters = toAgent(agent, 'Never sent');
		const execution = await runInbound(n8n, { gatewayUrl, credential, parameters });
		expect(execution.status).toBe('error');
		expect(execution.errorMessage).toBe(message);
		const stored = JSON.stringify(execution.resultData);
		expect(stored).not.toContain('not-the-token');
		expect(stored).not.toContain(GATEWAY_TOKENS.hooks);
		expect(await turnsAbout('Never sent')).toEqual([]);
	});

	it('is run once when the answer got lost and it was sent again', async () => {
		const proxy: HttpSink = await startHttpSink(async ({ index, path, headers, body }) => {
			const answer = await fetch(gatewayUrl + path, {
				method: 'POST',
				headers: {
					authorization: String(headers.authorization),
					'content-type': 'application/json',
					'idempotency-key': String(headers['idempotency-key']),
				},
				body: body.toString('utf8'),
			});
			const json: unknown = await answer.json();
			return index === 0 ? { cut: 'before-response' } : { status: answer.status, body: json };
		});
		try {
			const execution = await runInbound(n8n, {
				gatewayUrl: proxy.url,
				parameters: toAgent('main', 'The answer got lost', { backoffMs: 10 }),
			});
			expect(execution.json(INBOUND)).toEqual([expect.objectContaining({ ok: true, attempts: 2 })]);
			expect(proxy.requests).toHaveLength(2);
			await model.waitForRequest(({ message }) => message === 'The answer got lost');
			// A later message of the same agent has been through: a second run would have been, too.
			await runInbound(n8n, { gatewayUrl, parameters: toAgent('main', 'Came after it') });
			await model.waitForRequest(({ message }) => message === 'Came after it');
			expect(await turnsAbout('The answer got lost')).toHaveLength(1);
		} finally {
			await proxy.stop();
		}
	});
});

describe('waking an agent', () => {
	it('hands the fixed text to the agent', async () => {
		const execution = await runInbound(n8n, {
			gatewayUrl,
			parameters: {
				operation: 'wake',
				agent: byId('main'),
				text: 'Look after the queue',
				wakeMode: 'now',
			},
		});
		expect(execution.json(INBOUND)).toEqual([
			expect.objectContaining({
				ok: true,
				agentId: 'main',
				message: 'Look after the queue',
				mode: 'now',
			}),
		]);
		await model.waitForRequest(({ gatewayTexts, userTexts }) =>
			[...gatewayTexts, ...userTexts].some((text) => text.includes('Look after the queue')),
		);
	});

	it('refuses placeholders', async () => {
		const parameters = { operation: 'wake', text: 'Hi {{body.name}}', wakeMode: 'now' };
		const execution = await runInbound(n8n, { gatewayUrl, parameters });
		expect(execution.errorMessage).toBe(
			"'Text' of Wake Agent must be fixed text without placeholders [item 0]",
		);
	});
});

describe('a gateway that is down for a while', () => {
	let gateway: Gateway | undefined;

	afterAll(async () => {
		await gateway?.remove();
	});

	it('gets the message once it is up again, one time', async () => {
		gateway = await startOwnGateway();
		await gateway.stop();
		const workflow = await createInbound(n8n, {
			gatewayUrl: gateway.url,
			parameters: toAgent('main', 'Sent while it was down', { maxAttempts: 20, backoffMs: 500 }),
		});
		const id = await n8n.runManually(workflow, 'Start');
		await gateway.start();
		const execution = await n8n.waitForExecution(id ?? '', { timeoutMs: 120_000 });

		const [item] = execution.json(INBOUND);
		expect(item).toMatchObject({ ok: true });
		expect(Number(item?.attempts)).toBeGreaterThan(1);
		await model.waitForRequest(({ message }) => message === 'Sent while it was down');
		expect(await turnsAbout('Sent while it was down')).toHaveLength(1);
	});
});

describe('the credential test', () => {
	const testWith = async (changes: Record<string, string>, url = gatewayUrl) =>
		await n8n.testCredential(CREDENTIAL_TYPE, credentialData(url, changes));

	it('is content with a stock gateway and says that the plugin is missing', async () => {
		const { status, message } = await testWith({});
		expect(status).toBe('OK');
		expect(message).toContain('The plugin event-webhooks is not installed there');
	});

	it.each([{ hookToken: 'wrong' }, { hookToken: GATEWAY_TOKENS.operator }])(
		'says that the token was refused: %j',
		async (changes) => {
			const { status, message } = await testWith(changes);
			expect(status).toBe('Error');
			expect(message).toContain('The gateway did not accept the hook token');
		},
	);

	it('says that the gateway cannot be reached', async () => {
		const [port = 0] = await freePorts(1);
		const { status, message } = await testWith({}, `http://127.0.0.1:${String(port)}`);
		expect(status).toBe('Error');
		expect(message).toContain('The gateway could not be reached');
	});

	it('is content with a signing secret alone', async () => {
		const { status, message } = await testWith({ hookToken: '', signingSecret: 'whsec_a' });
		expect(status).toBe('OK');
		expect(message).toContain('Events: the signing secret is usable');
	});

	it('starts no agent run', async () => {
		await model.clear();
		await testWith({});
		expect(await model.requests()).toEqual([]);
	});
});

describe('the lists in the editor', () => {
	const config = `{ webhooks: { inbound: { endpoints: {
		alert: { agentId: 'ops', template: 'Alert: {{body.title}} {{body.user.name}}' },
	} } } }`;
	const ask = async (accessToken: string) => ({
		type: INBOUND_TYPE,
		path: 'parameters.agent',
		credentials: {
			[CREDENTIAL_TYPE]: await n8n.createCredential(
				CREDENTIAL_TYPE,
				credentialData(gatewayUrl, { accessToken }),
			),
		},
	});

	it('come from a pasted file, without a credential', async () => {
		const parameters = { operation: 'send', source: 'endpoint', options: { config } };
		const request = { type: INBOUND_TYPE, path: 'parameters.endpoint', parameters };
		expect(await n8n.searchList({ ...request, methodName: 'searchEndpoints' })).toEqual([
			{ name: 'alert (ops)', value: 'alert' },
		]);
		expect(await n8n.searchList({ ...request, methodName: 'searchAgents' })).toEqual([
			{ name: 'ops', value: 'ops' },
		]);
		const fields = await n8n.mapperFields({
			...request,
			path: 'parameters.fields',
			methodName: 'getTemplateFields',
			parameters: { ...parameters, endpoint: byId('alert') },
		});
		expect(fields.map(({ id }) => id)).toEqual(['title', 'user.name']);
	});

	it("come from the gateway's models when its token allows that", async () => {
		const request = await ask(GATEWAY_TOKENS.operator);
		const parameters = { operation: 'send', source: 'define', options: {} };
		const agents = await n8n.searchList({ ...request, parameters, methodName: 'searchAgents' });
		expect(agents.map(({ value }) => value)).toEqual(['alert-handler', 'main', 'support-bot']);
	});

	it('say how to go on when it does not', async () => {
		const request = await ask(GATEWAY_TOKENS.hooks);
		const parameters = { operation: 'send', source: 'define', options: {} };
		await expect(
			n8n.searchList({ ...request, parameters, methodName: 'searchAgents' }),
		).rejects.toThrow('The gateway does not tell its agents with this access token');
	});
});
