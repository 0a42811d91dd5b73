import { setTimeout as delay } from 'node:timers/promises';
import { askAgent } from '../../testbed/askAgent';
import type { Gateway } from '../../testbed/gateway';
import { launchChromium } from '../../testbed/editor/browser';
import { Editor } from '../../testbed/editor/editor';
import { GATEWAY_AGENTS, GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { at, listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import { isQueueMode } from '../../testbed/n8n/anyInstance';
import { startN8n, type N8n } from '../../testbed/n8n/instance';
import type { Workflow } from '../../testbed/n8n/client';
import { CREDENTIAL_TYPE, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, noOp, type WorkflowDefinition } from '../../testbed/n8n/workflow';
import { readEventIds, readPluginDatabase } from '../../testbed/pluginDatabase';
import { sendEvent } from '../../testbed/sendEvent';
import { capturedEvent } from '../../testbed/capturedEvents';
import { silentProgress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { createToken } from './support/tokens';
import { startOwnN8n } from './support/environment';
import { startPluginGateway } from './support/pluginGateway';
import { readShared } from './support/shared';

const TRIGGER = 'OpenClaw Trigger';
const chromium = process.env.OPENCLAW_WEBHOOKS_CHROMIUM ?? 'chromium';
const itInOneProcess = isQueueMode() ? it.skip : it;
const itInBrowser = chromium === '' ? it.skip : it;
const API = '/plugins/event-webhooks/api/endpoints';

/** Set up, but not switched on: there is no Telegram here. */
const CHANNELS = { telegram: { enabled: false, botToken: '1:none' } };

let gateway: Gateway;
let n8n: N8n;
let token: string;

beforeAll(async () => {
	[gateway, n8n] = await Promise.all([
		startPluginGateway({
			modelUrl: readShared().modelUrl,
			webhooks: {},
			config: { channels: CHANNELS },
		}),
		startOwnN8n(),
	]);
	token = createToken(gateway);
});

afterAll(async () => {
	await Promise.all([gateway.remove(), n8n.remove()]);
});

async function api(method: string, path = ''): Promise<unknown> {
	const headers = { authorization: `Bearer ${token}` };
	const response = await fetch(gateway.url + API + path, { method, headers });
	return tryParseJson(await response.text());
}

async function endpoints(): Promise<readonly unknown[]> {
	return listAt(await api('GET'), 'endpoints');
}

async function create(parameters: JsonObject, accessToken = token): Promise<Workflow> {
	const data = credentialData(gateway.url, { accessToken });
	const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
	return await n8n.client.createWorkflow({
		name: 'Automatic',
		nodes: [
			triggerNode(credential, {
				events: ['tool.called'],
				endpointSetup: 'automatic',
				...parameters,
			}),
			// Beside the trigger, which is clicked on.
			{ ...noOp('After'), position: [300, 0] },
		],
		connections: chain(TRIGGER, 'After'),
	});
}

/** One turn of an agent with a tool call. */
async function takeTurn(agent: string): Promise<void> {
	const { status } = await askAgent(gateway.url, { agent, text: 'Look around [[tool]]' });
	expect(status).toBe(200);
}

describe('automatic endpoint setup', () => {
	it('registers on publishing, receives, survives restarts of n8n, and removes on unpublishing', async () => {
		const workflow = await create({ filters: { agentIds: 'main', userIds: 'a-*' } });
		await n8n.client.publish(workflow);
		const [registered] = await endpoints();
		expect(registered).toMatchObject({
			url: n8n.client.webhookUrl(workflow, TRIGGER),
			events: ['tool.called'],
			filter: { agentIds: ['main'], userIds: ['a-*'] },
			isSigned: true,
		});
		await n8n.client.deleteWorkflow(workflow);
		expect(await endpoints()).toEqual([]);

		const open = await create({});
		await n8n.client.publish(open);
		await takeTurn('main');
		const [first] = await n8n.client.waitForExecutions(open, 1);
		expect(first).toMatchObject({ status: 'success' });
		expect(first?.json('After')[0]).toMatchObject({
			type: 'tool.called',
			data: { agentId: 'main', tool: { name: 'ls' } },
		});

		const url = n8n.client.webhookUrl(open, TRIGGER);
		const forged = await sendEvent(url, {
			event: capturedEvent('tool.called'),
			secret: 'whsec_forged',
		});
		expect(forged.status).toBe(401);

		// The gateway is not needed for n8n to start.
		await gateway.stop();
		await n8n.stop();
		await n8n.start();
		await gateway.start();
		await takeTurn('support-bot');
		const executions = await n8n.client.waitForExecutions(open, 2);
		expect(executions).toHaveLength(2);
		await n8n.client.deleteWorkflow(open);
		expect(await endpoints()).toEqual([]);
	});

	it('registers what is typed and chosen as one filter, and leaves expressions to the node', async () => {
		const workflow = await create({
			filters: {
				agentIds: 'main',
				agentList: ['support-bot'],
				channels: '={{ "telegram" }}',
				channelList: ['slack'],
				userIds: 'a-*',
			},
		});
		await n8n.client.publish(workflow);
		expect(at((await endpoints())[0], 'filter')).toEqual({
			agentIds: ['main', 'support-bot'],
			userIds: ['a-*'],
		});
		await n8n.client.deleteWorkflow(workflow);
	});

	it('repairs what the gateway has lost at the next publication', async () => {
		const workflow = await create({});
		await n8n.client.publish(workflow);
		const name = textAt((await endpoints())[0], 'name');
		await api('DELETE', `/${name}`);
		expect(await endpoints()).toEqual([]);
		await n8n.client.unpublish(workflow);
		await n8n.client.publish(workflow);
		expect(textAt((await endpoints())[0], 'name')).toBe(name);
		await takeTurn('main');
		const [execution] = await n8n.client.waitForExecutions(workflow, 1);
		expect(execution).toMatchObject({ status: 'success' });
		await n8n.client.deleteWorkflow(workflow);
	});

	it('loses nothing and runs nothing twice while it is edited and published again and again', async () => {
		const data = credentialData(gateway.url, { accessToken: token });
		const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
		const version = (endpointSetup: string, number: number): WorkflowDefinition => ({
			name: endpointSetup,
			nodes: [
				{
					...triggerNode(credential, {
						events: ['tool.called', 'tool.completed'],
						endpointSetup,
						filters: { userIds: `!nobody-${String(number)}` },
					}),
					id: `edited-${endpointSetup}`,
				},
				noOp('After'),
			],
			connections: chain(TRIGGER, 'After'),
		});
		const setups = ['automatic', 'connection'];
		const workflows = new Map<string, Workflow>();
		for (const setup of setups) {
			const workflow = await n8n.client.createWorkflow(version(setup, 0));
			await n8n.client.publish(workflow);
			workflows.set(setup, workflow);
		}
		const known = new Set(readPluginDatabase(gateway.folder, readEventIds));
		const over = new AbortController();
		const agents = (async () => {
			while (!over.signal.aborted) {
				await takeTurn('main');
				// Some events a second.
				await delay(250, undefined, { signal: over.signal }).catch(() => undefined);
			}
		})();
		for (let edit = 1; edit <= 8; edit += 1) {
			for (const [setup, workflow] of workflows) {
				const changed = await n8n.client.changeWorkflow(workflow, version(setup, edit));
				await n8n.client.publish(changed);
				workflows.set(setup, changed);
			}
		}
		over.abort();
		await agents;
		await waitFor('all to be delivered', () =>
			readPluginDatabase(gateway.folder, (database) => {
				const pending = "SELECT count(*) AS count FROM deliveries WHERE state = 'pending'";
				return Number(database.prepare(pending).get()?.count) === 0;
			}),
		);
		const told = readPluginDatabase(gateway.folder, readEventIds).filter((id) => !known.has(id));
		expect(told.length).toBeGreaterThan(8);
		for (const workflow of workflows.values()) {
			const executions = await n8n.client.waitForExecutions(workflow, told.length);
			const run = executions.flatMap((execution) => execution.json('After'));
			expect(run.map(({ id }) => id).sort()).toEqual([...told].sort());
			await n8n.client.deleteWorkflow(workflow);
		}
		// Events wait for a connection that nobody fetches from.
		for (const left of await endpoints()) await api('DELETE', `/${textAt(left, 'name')}`);
		expect(await endpoints()).toEqual([]);
	}, 240_000);

	itInOneProcess(
		'stays with its n8n when another one starts on a copy of the database',
		async () => {
			const setups = ['automatic', 'connection'];
			const workflows: Workflow[] = [];
			for (const endpointSetup of setups) {
				const workflow = await create({ endpointSetup, filters: { agentIds: 'main' } });
				await n8n.client.publish(workflow);
				workflows.push(workflow);
			}
			const registered = async () =>
				(await endpoints()).map((endpoint) =>
					['name', 'kind', 'url', 'filter'].map((key) => at(endpoint, key)),
				);
			const before = await registered();
			expect(before).toHaveLength(setups.length);
			const runtimes = await ensureRuntimes(silentProgress);
			const copy = await startN8n({ runtimes, copyOf: n8n.folder });
			try {
				await waitFor('the copy to say so', async () => {
					const log = await copy.log();
					return (
						log.includes('Another n8n has registered the endpoint of this trigger') &&
						log.includes('Another n8n fetches the events of this trigger')
					);
				});
				for (const workflow of workflows) {
					// Somebody works on the copy without knowing that it is one.
					await copy.client.unpublish(workflow);
					await expect(copy.client.publish(workflow)).rejects.toThrow('Another n8n');
					await copy.client.unpublish(workflow);
				}
				expect(await registered()).toEqual(before);
				await takeTurn('main');
				for (const workflow of workflows) {
					const executions = await n8n.client.waitForExecutions(workflow, 1);
					expect(executions).toMatchObject([{ status: 'success' }]);
					expect(await copy.client.executions(workflow)).toEqual([]);
				}
			} finally {
				await copy.remove();
			}
			for (const workflow of workflows) await n8n.client.deleteWorkflow(workflow);
			for (const left of await endpoints()) await api('DELETE', `/${textAt(left, 'name')}`);
		},
	);

	it('says which token it needs', async () => {
		const workflow = await create({}, GATEWAY_TOKENS.hooks);
		await expect(n8n.client.publish(workflow)).rejects.toThrow(
			/event-webhooks token create --name n8n/s,
		);
		expect(await endpoints()).toEqual([]);
	});

	it('listens at the test URL for as long as the editor does', async () => {
		const workflow = await create({});
		await n8n.client.runManually(workflow, TRIGGER);
		const [registered] = await endpoints();
		expect(textAt(registered, 'url')).toContain('/webhook-test/');
		expect(at(registered, 'name')).toMatch(/-test$/);
		await takeTurn('main');
		const [execution] = await n8n.client.waitForExecutions(workflow, 1);
		expect(execution).toMatchObject({ status: 'success', mode: 'manual' });
		await waitFor('the test endpoint to be gone', async () => (await endpoints()).length === 0);
	});

	itInBrowser(
		"offers the gateway's agents and channels, and registers what is chosen",
		async () => {
			const workflow = await create({});
			const browser = await launchChromium(chromium);
			try {
				const editor = await Editor.open(browser, n8n.client);
				await editor.openWorkflow(workflow.id);
				const panel = await editor.openNode(TRIGGER);
				await panel.add('Add Filter', 'Agents From List');
				await panel.add('Add Filter', 'Channels From List');
				const names = async (list: string) => (await panel.choices(list)).map(([name]) => name);
				expect(await names('agentList')).toEqual([...GATEWAY_AGENTS].sort());
				expect(await names('channelList')).toEqual(['telegram']);
				await panel.choose('agentList', 'main');
				await panel.choose('agentList', 'support-bot');
				await panel.choose('channelList', 'telegram');
				await panel.close();
				await editor.page.keyboard.press('ControlOrMeta+S');
				const versionId = await waitFor('the editor to save what was chosen', async () => {
					const saved = await n8n.client.savedWorkflow(workflow.id);
					const chosen = at(saved.parameters[TRIGGER], 'filters', 'channelList', 0);
					return chosen === 'telegram' && saved.versionId;
				});
				await n8n.client.publish({ ...workflow, versionId });
				expect(at((await endpoints())[0], 'filter')).toEqual({
					agentIds: ['main', 'support-bot'],
					channels: ['telegram'],
				});
				expect(editor.complaints.take()).toEqual([]);
			} finally {
				await browser.close();
			}
			await n8n.client.deleteWorkflow(workflow);
		},
		240_000,
	);

	it('tells at publishing that the gateway is down', async () => {
		const workflow = await create({});
		await gateway.stop();
		await expect(n8n.client.publish(workflow)).rejects.toThrow(
			/gateway could not be reached.*publish again/s,
		);
	});
});
