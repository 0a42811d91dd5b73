import type { INodeProperties } from 'n8n-workflow';
import type { Browser } from 'playwright-core';
import { OpenClawApi } from '../../credentials/OpenClawApi.credentials';
import { OpenClawInbound } from '../../nodes/OpenClawInbound/OpenClawInbound.node';
import { OpenClawTrigger } from '../../nodes/OpenClawTrigger/OpenClawTrigger.node';
import { parseConfig } from '../../protocol/config';
import { launchChromium } from '../../testbed/editor/browser';
import { Editor } from '../../testbed/editor/editor';
import { environment } from './support/environment';
import {
	buttonOf,
	expectCollectionShown,
	expectShown,
	innerProperties,
	property,
	shown,
} from './support/editorParameters';

const { n8n } = environment();
const chromium = process.env.OPENCLAW_WEBHOOKS_CHROMIUM ?? 'chromium';
const describeInBrowser = chromium === '' ? describe.skip : describe;

// n8n leaves "Trigger" out of the names of triggers here.
const TRIGGER_OFFER = /^OpenClaw\s*$/;
const INBOUND_OFFER = /^OpenClaw Inbound$/;
const TEMPLATE = "{{body.title}} and {{body.severity}}, don't <b> {{ body.title }}";

const TRIGGER = new OpenClawTrigger().description.properties;
const INBOUND = new OpenClawInbound().description.properties;

const CONFIG = `{
	// As in the gateway's folder
	agents: { entries: { ops: {} } },
	webhooks: {
		inbound: {
			enabled: true,
			endpoints: {
				alert: { agentId: 'alert-handler', template: 'Alert: {{body.title}} ({{body.severity}})' },
				ticket: { agentId: 'support-bot', template: 'Ticket {{body.id}}', },
			},
		},
	},
}`;

const shownWith = (parameters: Parameters<typeof shown>[1]) =>
	shown(INBOUND, parameters).filter(({ type }) => type !== 'resourceMapper');
const innerShownWith = (collection: INodeProperties, parameters: Parameters<typeof shown>[1]) =>
	shown(innerProperties(collection), parameters);

describeInBrowser('the editor', () => {
	let browser: Browser;
	let editor: Editor;

	beforeAll(async () => {
		browser = await launchChromium(chromium);
		editor = await Editor.open(browser, n8n, { height: 1600 });
	});
	afterAll(async () => {
		await browser.close();
	});
	beforeEach(async () => {
		await editor.newWorkflow();
	});
	afterEach(() => {
		expect(editor.complaints.take()).toEqual([]);
	});

	describe('finding the nodes', () => {
		it('offers both nodes to someone who types "openclaw"', async () => {
			const offers = await (await editor.searchNodes('openclaw')).allInnerTexts();

			expect(offers.map((offer) => offer.trim()).sort()).toEqual(['OpenClaw', 'OpenClaw Inbound']);
		});

		// Under other names people have known OpenClaw, too.
		it.each(['agent', 'webhook', 'approval', 'clawdbot', 'moltbot'])(
			'offers both nodes to someone who types "%s"',
			async (text) => {
				await editor.openNodeSearch();
				await editor.page.keyboard.type(text);
				const offers = editor.part('node-creator-item-name');
				await offers.filter({ hasText: TRIGGER_OFFER }).waitFor();
				await offers.filter({ hasText: INBOUND_OFFER }).waitFor();
			},
		);

		it('takes a node from somebody who has a keyboard and no mouse', async () => {
			const { keyboard } = editor.page;
			await keyboard.press('n');
			await editor.part('node-creator-search-bar').waitFor();
			await keyboard.type('openclaw inbound');
			const offers = editor.part('node-creator-item-name');
			await offers.filter({ hasText: INBOUND_OFFER }).waitFor();
			await keyboard.press('Enter');
			const action = offers.filter({ hasText: 'Wake agent' });
			// Until the list of actions has come to its place.
			await action.click({ trial: true });
			const active = editor.page.locator('[data-keyboard-nav-type][class*="active"]');
			const isChosen = async () => (await active.allInnerTexts()).join().includes('Wake agent');
			for (let press = 0; press < 12 && !(await isChosen()); press += 1)
				await keyboard.press('ArrowDown');
			await keyboard.press('Enter');
			await editor.nodePanel();
			await keyboard.press('Escape');
			await editor.part('ndv').waitFor({ state: 'hidden' });
			await editor.part('canvas-node').last().waitFor();
			// The node is chosen: Enter opens it again, and Tab goes to a field in which something is typed.
			await keyboard.press('Enter');
			await editor.nodePanel();
			const focused = async () =>
				editor.page.evaluate(
					() => document.activeElement?.closest('[data-test-id^="parameter-input"]') !== null,
				);
			for (let press = 0; press < 40 && !(await focused()); press += 1) await keyboard.press('Tab');
			expect(await focused()).toBe(true);
			await keyboard.press('Escape');
		});

		it('takes a node that is dragged onto the canvas', async () => {
			const offers = await editor.searchNodes('openclaw');
			await offers.filter({ hasText: TRIGGER_OFFER }).click();
			const action = editor.part('node-creator-item-name').filter({ hasText: 'On tool called' });
			await action.dragTo(editor.part('canvas'), { targetPosition: { x: 400, y: 300 } });

			await editor.node('OpenClaw Trigger').waitFor();
		});
	});

	describe('OpenClaw Trigger', () => {
		it('shows every parameter of the trigger', async () => {
			const panel = await editor.addNode('openclaw', TRIGGER_OFFER, 'On message received');

			const isPlain = ({ type }: INodeProperties) => type !== 'collection';
			const options = property(TRIGGER, 'options');
			const offered = innerShownWith(options, { endpointSetup: 'connection' });
			await expectShown(panel, shown(TRIGGER, { endpointSetup: 'connection' }).filter(isPlain));
			expect(await panel.offers(buttonOf(options))).toEqual(
				offered.map(({ displayName }) => displayName),
			);
			await panel.choose('endpointSetup', 'Webhook, Automatic');
			await expectShown(panel, shown(TRIGGER, { endpointSetup: 'automatic' }).filter(isPlain));
			await panel.choose('endpointSetup', 'Webhook, Manual');
			await expectShown(panel, shown(TRIGGER, { endpointSetup: 'manual' }).filter(isPlain));
			await expectCollectionShown(panel, property(TRIGGER, 'filters'));
			const manual = innerShownWith(options, { endpointSetup: 'manual' });
			await expectCollectionShown(panel, options, manual);
			// n8n answers so when a list cannot be had: there is no credential yet.
			const isList = (complaint: string) => complaint.includes('/dynamic-node-parameters/options');
			expect(editor.complaints.take().filter((complaint) => !isList(complaint))).toEqual([]);
			const filters = property(TRIGGER, 'filters');
			const conditions = property(innerProperties(filters), 'conditions');
			await panel.add(buttonOf(filters), conditions.displayName);
			await panel.parameters.getByText(buttonOf(conditions)).click();
			const [condition] = conditions.options ?? [];
			if (condition === undefined || !('values' in condition)) throw new Error('No condition');
			await expectShown(panel, condition.values);
			await panel.choose('operator', 'Exists');
			await panel.input('value').waitFor({ state: 'hidden' });
		});

		it('gives each chosen event an output with its name', async () => {
			const panel = await editor.addNode('openclaw', TRIGGER_OFFER, 'On message received');
			await panel.choose('events', 'Tool Called');
			await panel.choose('events', 'Error Occurred');
			await panel.choose('outputMode', 'One Output per Event');
			await panel.close();

			const names = editor
				.node('OpenClaw Trigger')
				.locator('[data-test-id="canvas-node-output-handle"]');
			await names.nth(2).waitFor();
			expect((await names.allInnerTexts()).map((name) => name.trim())).toEqual([
				'Message Received',
				'Tool Called',
				'Error Occurred',
			]);
		});

		it('shows the block for openclaw.json5, ready to be copied', async () => {
			const panel = await editor.addNode('openclaw', TRIGGER_OFFER, 'On message received');
			await panel.choose('events', 'Tool Called');
			await panel.choose('endpointSetup', 'Webhook, Manual');
			await panel.add('Add Filter', 'Agent IDs');
			await panel.input('agentIds').locator('input').fill('support-bot, sales');
			await panel.parameters.getByText('Webhook URLs').click();
			await panel.parameters.getByRole('radio', { name: 'Production URL' }).click();
			const url = await panel.parameters.getByText(/\/webhook\//).innerText();
			await panel.toggle('showGatewayConfig');

			const notice = panel.parameters.locator('[data-test-id="empty-fields-notice"]');
			// The first is a command line for the gateway's host.
			const block = await panel.copyShown(notice.locator('code').last());

			const parsed = parseConfig(block);
			expect(parsed).toMatchObject({
				ok: true,
				config: {
					endpoints: [
						{
							events: ['message.received', 'tool.called'],
							filter: { agentIds: ['support-bot', 'sales'] },
						},
					],
				},
			});
			expect(parsed.ok && parsed.config.endpoints[0]?.url).toBe(url.trim());
			await panel.choose('events', 'Error Occurred');
			await notice.getByText('error.occurred').last().waitFor();
		});
	});

	describe('OpenClaw Inbound', () => {
		it('shows every parameter of each operation and source', async () => {
			const panel = await editor.addNode('openclaw', INBOUND_OFFER, 'Send message to agent');

			await expectShown(panel, shownWith({ operation: 'send', source: 'endpoint' }));
			await panel.choose('source', 'Define Below');
			const defined = { operation: 'send', source: 'define' };
			await expectShown(panel, shownWith(defined));
			const options = property(INBOUND, 'options');
			await expectCollectionShown(panel, options, innerShownWith(options, defined));
			await panel.choose('operation', 'Wake Agent');
			const waking = { operation: 'wake' };
			await expectShown(panel, [...shownWith(waking), ...innerShownWith(options, waking)]);
			for (const name of ['model', 'sessionKey', 'idempotencyKey']) {
				expect(await panel.input(name).count()).toBe(0);
			}
			await panel.choose('operation', 'Send Message and Wait for Response');
			await expectShown(panel, shownWith({ operation: 'sendAndWait', source: 'endpoint' }));
			const offers = await panel.offers(buttonOf(options));
			expect(offers).toContain('Limit Wait Time');
			expect(offers).not.toContain('Wait for Reply');
		});

		it('keeps a template as it is typed, and shows a field for each of its values', async () => {
			const panel = await editor.addNode('openclaw', INBOUND_OFFER, 'Send message to agent');
			await panel.choose('source', 'Define Below');
			const template = panel.input('template').locator('textarea');
			await template.pressSequentially(TEMPLATE);

			expect(await template.inputValue()).toBe(TEMPLATE);
			expect(await panel.input('template').innerText()).not.toContain('fx');
			for (const name of ['title', 'severity']) await panel.retryFields(name);
			await panel.close();
			const reopened = await editor.openNode('OpenClaw Inbound');
			expect(await reopened.input('template').locator('textarea').inputValue()).toBe(TEMPLATE);
		});

		it('keeps a template as it is pasted, and adds a field after it has changed', async () => {
			const panel = await editor.addNode('openclaw', INBOUND_OFFER, 'Send message to agent');
			await panel.choose('source', 'Define Below');
			const template = panel.input('template').locator('textarea');
			await template.click();
			await panel.paste('{{body.title}}');

			expect(await template.inputValue()).toBe('{{body.title}}');
			await panel.retryFields('title');
			await panel.input('title').locator('input').fill('Kept');
			await template.fill('{{body.title}} {{body.owner.name}}');
			await panel.refreshFields();
			await panel.input('owner.name').waitFor();
			expect(await panel.input('title').locator('input').inputValue()).toBe('Kept');
		});

		it('lists endpoints, agents and fields of a pasted openclaw.json5', async () => {
			const panel = await editor.addNode('openclaw', INBOUND_OFFER, 'Send message to agent');
			await panel.add('Add Option', 'Config (JSON5)');
			await panel.input('config').locator('.cm-content').click();
			await panel.paste(CONFIG);

			const endpoints = await panel.list('endpoint');
			expect(await endpoints.allInnerTexts()).toEqual([
				'alert (alert-handler)',
				'ticket (support-bot)',
			]);
			await endpoints.first().click();
			for (const name of ['title', 'severity']) await panel.input(name).waitFor();
			await panel.choose('source', 'Define Below');
			const agents = await panel.list('agent');
			expect(await agents.allInnerTexts()).toEqual(['alert-handler', 'ops', 'support-bot']);
			await agents.first().click();
			await panel.close();
			await editor.node('OpenClaw Inbound').getByText('Send: alert-handler').waitFor();
		});
	});

	describe('the credential', () => {
		it('has a label for each field, and says that a gateway cannot be reached', async () => {
			await editor.addNode('openclaw', INBOUND_OFFER, 'Send message to agent');
			const form = await editor.newCredential();

			const fields = new OpenClawApi().properties.map(({ displayName }) => displayName);
			expect((await form.labels()).slice(0, fields.length)).toEqual(fields);
			await form.fill('gatewayUrl', 'http://127.0.0.1:9');
			await form.fill('accessToken', 'no-such-token');
			await form.save();
			await form.dialog.getByText('More details').click();
			await form.dialog.getByText('The gateway could not be reached').waitFor();
			expect(await form.dialog.innerText()).not.toContain('no-such-token');
		});
	});
});
