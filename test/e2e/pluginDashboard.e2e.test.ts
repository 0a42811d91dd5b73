import type { Browser, Frame, Page } from 'playwright-core';
import { askAgent } from '../../testbed/askAgent';
import { Complaints } from '../../testbed/editor/complaints';
import { launchChromium } from '../../testbed/editor/browser';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { tryParseJson } from '../../testbed/json';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { waitFor } from '../../testbed/waitFor';
import { findPoorContrast } from '../openclaw-plugin/dashboard/support/contrast';
import { startPluginGateway } from './support/pluginGateway';

const TEST_TIMEOUT_MS = 240_000;
jest.setTimeout(TEST_TIMEOUT_MS);

const PAGE = '/plugins/event-webhooks/dashboard';
const API = '/plugins/event-webhooks/live';
const chromium = process.env.OPENCLAW_WEBHOOKS_CHROMIUM ?? 'chromium';
const describeInBrowser = chromium === '' ? describe.skip : describe;
let model: ScriptedModel & { stop(): Promise<void> };
let sink: HttpSink;
let gateway: Gateway;
let browser: Browser;

/** One turn of an agent: some events. */
async function takeTurn(text: string): Promise<void> {
	await askAgent(gateway.url, { text });
}

/** Opens the control UI and, in it, our tab. */
async function openTab(
	theme: 'light' | 'dark' = 'light',
): Promise<{ page: Page; frame: Frame; complaints: Complaints }> {
	const viewport = { width: 1400, height: 900 };
	const context = await browser.newContext({ viewport, colorScheme: theme });
	const page = await context.newPage();
	const complaints = new Complaints(page);
	await page.goto(`${gateway.url}/#token=${GATEWAY_TOKENS.operator}`);
	await page.getByText('Webhooks', { exact: true }).first().click();
	// The control UI first tries in another frame, with a query, whether the page lets it in.
	const frame = await waitFor('the frame', () =>
		page.frames().find((known) => known.url() === `${gateway.url}${PAGE}`),
	);
	await frame.locator('.live-text[data-state="live"]').waitFor();
	return { page, frame, complaints };
}

describeInBrowser('the dashboard in the control UI', () => {
	beforeAll(async () => {
		model = await startScriptedModel();
		sink = await startHttpSink();
		gateway = await startPluginGateway({
			modelUrl: model.url,
			webhooks: {
				endpoints: [
					{
						name: '审计 audit',
						url: `${sink.url}/hook`,
						secret: 'whsec_canary-of-the-dashboard-tests',
						events: ['*'],
						retry: { maxAttempts: 1, backoffMs: 0 },
						allowPrivateHosts: true,
					},
				],
			},
		});
		browser = await launchChromium(chromium);
	});

	afterAll(async () => {
		await browser.close();
		await gateway.remove();
		await Promise.all([sink.stop(), model.stop()]);
	});

	it('lets nobody in who is not let in by the gateway', async () => {
		const get = async (path: string) => (await fetch(`${gateway.url}${path}`)).status;

		expect(await get(PAGE)).toBe(401);
		expect(await get(`${PAGE}/`)).toBe(401);
		expect(await get(`${API}/state`)).toBe(401);
		expect(await get(`${API}/deliveries/dlv_1`)).toBe(401);
	});

	it('shows what is delivered while it happens', async () => {
		const { frame, complaints } = await openTab();
		await takeTurn('你好 👋');
		const row = frame.locator('.row[data-status="delivered"]').first();
		await row.waitFor();
		await row.getByRole('button').first().click();
		await frame.locator('#details .attempts li').waitFor();
		const shown = tryParseJson(await frame.getByLabel('Event as JSON').innerText());

		expect(sink.requests.map(({ json }) => json)).toContainEqual(shown);
		expect(await frame.locator('body').innerText()).not.toContain('whsec_');
		expect(complaints.take().filter((text) => text.includes('event-webhooks'))).toEqual([]);
	});

	it('replays what failed', async () => {
		sink.answerBy(() => ({ status: 500, body: '坏了' }));
		await takeTurn('Now it breaks');
		const { frame } = await openTab('dark');
		const failed = frame.locator('.row[data-status="failed"]');
		await failed.first().waitFor();
		sink.clear();
		await failed
			.first()
			.getByRole('button', { name: /^Replay/ })
			.click();
		await frame.getByText('1 delivery is sent again.').waitFor();
		const again = await sink.waitForRequest(() => true);
		expect(again.headers['x-openclaw-attempt']).toBe('2');

		const rest = await failed.count();
		if (rest > 0) {
			await frame.getByRole('button', { name: /^Replay all failed/ }).click();
			await frame.getByRole('dialog').getByRole('button', { name: 'Replay', exact: true }).click();
		}
		await waitFor('all to be delivered', async () => (await failed.count()) === 0);
		const { poor } = await findPoorContrast(frame, 'body');
		expect(poor).toEqual([]);
	});

	it('comes back by itself when it has become too old for the gateway', async () => {
		const { frame } = await openTab();
		await frame.getByRole('combobox', { name: 'Status' }).selectOption('delivered');
		await frame.evaluate(() => {
			document.body.id = 'before';
			location.reload();
		});
		await frame.locator('body:not(#before) .live-text[data-state="live"]').waitFor();

		expect(await frame.getByRole('combobox', { name: 'Status' }).inputValue()).toBe('delivered');
	});

	it('does not let a bearer token replay, which may be for reading only', async () => {
		const headers = { authorization: `Bearer ${GATEWAY_TOKENS.operator}` };
		const page = await (await fetch(`${gateway.url}${PAGE}`, { headers })).text();
		const token = /"token":"([^"]+)"/.exec(page)?.[1] ?? '';
		const replay = await fetch(`${gateway.url}${API}/replay`, {
			method: 'POST',
			headers: { 'x-event-webhooks-page': token, 'content-type': 'application/json' },
			body: '{"status":"failed"}',
		});

		expect(token).toMatch(/^view\./);
		expect(replay.status).toBe(403);
	});

	it('cannot be put into a frame of another site', async () => {
		const { page } = await openTab();
		const other = await startHttpSink(() => ({
			headers: { 'content-type': 'text/html' },
			body: `<iframe src="${gateway.url}${PAGE}" sandbox="allow-scripts"></iframe>`,
		}));
		// Another port is another origin, but the cookie of the tab goes along.
		await page.goto(other.url);
		await waitFor('the frame to be refused', () =>
			page.frames().some((frame) => frame.url().startsWith('chrome-error://')),
		);
		await other.stop();
	});
});
