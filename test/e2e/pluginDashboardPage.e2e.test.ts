import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Frame, Page } from 'playwright-core';
import { reportFault } from '../../openclaw-plugin/src/health/health';
import { createRefusalStore } from '../../openclaw-plugin/src/inbound/refusalStore';
import { listDeliveries } from '../../openclaw-plugin/src/outbox/deliveryLog';
import { launchChromium } from '../../testbed/editor/browser';
import { waitFor } from '../../testbed/waitFor';
import { findPoorContrast } from '../openclaw-plugin/dashboard/support/contrast';
import { dashboardAssets } from '../openclaw-plugin/dashboard/support/dashboardAssets';
import {
	startDashboardServer,
	TAB_COOKIE,
	type DashboardServer,
} from '../openclaw-plugin/dashboard/support/dashboardServer';
import {
	storeDeliveries,
	type StoredDelivery,
} from '../openclaw-plugin/outbox/support/storedDelivery';

const TEST_TIMEOUT_MS = 60_000;
jest.setTimeout(TEST_TIMEOUT_MS);

const chromium = process.env.OPENCLAW_WEBHOOKS_CHROMIUM ?? 'chromium';
const describeInBrowser = chromium === '' ? describe.skip : describe;
const assets = dashboardAssets();
const endpoint = (name: string) => ({
	name,
	url: `https://${encodeURIComponent(name)}.example/hook`,
	secret: 'whsec_x',
	events: ['*' as const],
});
let browser: Browser;
let server: DashboardServer;
/** What the browser complained about: errors, and what the page's own policy forbids. */
let complaints: string[];

interface OpenOptions {
	readonly width?: number;
	readonly height?: number;
	readonly theme?: 'light' | 'dark';
}

/** Opens the page in a frame without an origin, as the gateway shows it. */
async function open(options: OpenOptions = {}): Promise<{ page: Page; frame: Frame }> {
	const { width = 1280, height = 900, theme = 'light' } = options;
	const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
	const [name = '', value = ''] = TAB_COOKIE.split('=');
	await context.addCookies([{ name, value, url: server.url }]);
	const page = await context.newPage();
	page.on('pageerror', (error) => complaints.push(error.message));
	page.on('console', (message) => {
		if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
	});
	await page.goto(server.url);
	const frame = await waitFor('the frame', () =>
		page.frames().find((known) => known.url().includes('/dashboard')),
	);
	await frame.locator('.live-text[data-state="live"]').waitFor();
	return { page, frame };
}

const rows = (frame: Frame) => frame.locator('.row');
const statusOf = (id: string) =>
	listDeliveries(server.database, { recent: 500 }).deliveries.find((known) => known.id === id)
		?.status;

describeInBrowser('the dashboard in a browser', () => {
	beforeAll(async () => {
		browser = await launchChromium(chromium);
	});

	afterAll(async () => {
		await browser.close();
	});

	beforeEach(async () => {
		complaints = [];
		server = await startDashboardServer(assets, [endpoint('ops'), endpoint('审计 🚨')]);
	});

	afterEach(async () => {
		await Promise.all(browser.contexts().map(async (context) => context.close()));
		await server.stop();
		expect(complaints).toEqual([]);
	});

	it('says that there is nothing yet', async () => {
		const { frame } = await open();

		expect(await frame.locator('#empty').innerText()).toContain('No deliveries yet.');
		expect(await frame.getByRole('table').count()).toBe(0);
		expect(await frame.getByText('Last 24 hours', { exact: true }).isVisible()).toBe(false);
	});

	it('shows what was delivered, what waits, and why something failed', async () => {
		storeDeliveries(server.database, [
			{ status: 200, durationMs: 31 },
			{
				endpoint: '审计 🚨',
				type: 'error.occurred',
				state: 'failed',
				tries: 3,
				status: 500,
				durationMs: 1200,
				error: '内部错误 💥',
				createdAt: Date.now() - 90 * 60_000,
			},
			{ state: 'pending' },
		]);
		const { frame } = await open();
		const cells = await frame
			.getByRole('row')
			.filter({ hasText: 'error.occurred' })
			.getByRole('cell')
			.allInnerTexts();

		expect(await rows(frame).count()).toBe(3);
		expect(cells.map((text) => text.trim())).toEqual([
			'failed',
			'error.occurred',
			'审计 🚨',
			'500, 1.2 s',
			'3',
			'内部错误 💥',
			'1h ago',
			'Replay',
		]);
		expect(await frame.locator('#totals').innerText()).toBe(
			'Last 24 hours: 1 delivered, 1 failed. Now: 1 waiting.',
		);
	});

	it('shows texts of others as texts', async () => {
		const evil = '<img src=x onerror="parent.postMessage(1,\'*\')"></script><b>';
		storeDeliveries(server.database, [
			{ endpoint: evil, state: 'failed', error: evil, response: evil, data: { evil } },
		]);
		const { frame } = await open();
		await rows(frame).getByRole('button').first().click();
		await frame.locator('#details pre').first().waitFor();

		expect(await frame.locator('img, b').count()).toBe(0);
		expect(await frame.locator('#details').innerText()).toContain(evil);
	});

	it('shows news by itself, unless it is paused', async () => {
		const { frame } = await open();
		storeDeliveries(server.database, [{}]);
		await rows(frame).first().waitFor();

		const pause = frame.getByRole('button', { name: 'Pause', exact: true });
		await pause.click();
		await frame.locator('.live-text[data-state="paused"]').waitFor();
		expect(
			await frame.getByRole('button', { name: 'Resume', exact: true }).getAttribute('aria-pressed'),
		).toBe('true');
		storeDeliveries(server.database, [{ type: 'tool.called' }]);
		// Longer than it takes to see news otherwise.
		await delay(3000);
		expect(await rows(frame).count()).toBe(1);

		await frame.getByRole('button', { name: 'Resume', exact: true }).click();
		await rows(frame).nth(1).waitFor();
	});

	it('filters by status, endpoint, event and text, and forgets it all at once', async () => {
		storeDeliveries(server.database, [
			{ state: 'failed' },
			{ endpoint: '审计 🚨' },
			{ type: 'tool.called' },
			{ data: { message: { content: '订单 #4711' } } },
		]);
		const { frame } = await open();
		const shown = async (count: number) =>
			await waitFor(`${String(count)} rows`, async () => (await rows(frame).count()) === count);

		await frame.getByRole('combobox', { name: 'Status' }).selectOption('failed');
		await shown(1);
		await frame.getByRole('button', { name: 'Clear' }).click();
		await shown(4);
		await frame.getByRole('combobox', { name: 'Endpoint' }).selectOption('审计 🚨');
		await shown(1);
		await frame.getByRole('combobox', { name: 'Endpoint' }).selectOption('');
		await frame.getByRole('combobox', { name: 'Event' }).selectOption('tool.called');
		await shown(1);
		await frame.getByRole('combobox', { name: 'Event' }).selectOption('');
		await frame.getByRole('searchbox', { name: 'Text' }).fill('订单');
		await shown(1);
		await frame.getByRole('searchbox', { name: 'Text' }).fill('nothing like it');
		await frame.getByText('No delivery matches.').waitFor();
	});

	it('keeps what was chosen when it is loaded anew', async () => {
		storeDeliveries(server.database, [{ state: 'failed' }, {}]);
		const { frame } = await open();
		await frame.getByRole('combobox', { name: 'Status' }).selectOption('failed');
		await waitFor('one row', async () => (await rows(frame).count()) === 1);
		await frame.evaluate(() => {
			document.body.id = 'before';
			location.reload();
		});
		await frame.locator('body:not(#before) .live-text[data-state="live"]').waitFor();

		expect(await rows(frame).count()).toBe(1);
		expect(await frame.getByRole('combobox', { name: 'Status' }).inputValue()).toBe('failed');
	});

	it('shows the deliveries of an endpoint at a press on it', async () => {
		storeDeliveries(server.database, [{}, { endpoint: '审计 🚨' }]);
		const { frame } = await open();
		const card = frame.getByRole('button', { name: '审计 🚨', exact: true });
		await card.click();
		await waitFor('one row', async () => (await rows(frame).count()) === 1);

		expect(await frame.getByRole('combobox', { name: 'Endpoint' }).inputValue()).toBe('审计 🚨');
		await waitFor('the focus to stay', async () =>
			frame.evaluate(() => document.activeElement?.textContent === '审计 🚨'),
		);
		await card.click();
		await waitFor('both rows', async () => (await rows(frame).count()) === 2);
	});

	it('pauses and resumes an endpoint', async () => {
		const { page, frame } = await open();
		const card = frame.locator('.card').filter({ hasText: 'ops' });
		await card.getByRole('button', { name: 'Pause ops' }).focus();
		await page.keyboard.press('Enter');
		await card.locator('.pill[data-status="paused"]').waitFor();
		await frame.getByText("Nothing is sent until you resume 'ops'.").waitFor();
		await waitFor('the focus to stay', async () =>
			frame.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'Resume ops'),
		);
		await page.keyboard.press('Enter');
		await card.locator('.pill[data-status="active"]').waitFor();
	});

	it('draws the last 24 hours, for eyes and for readers', async () => {
		const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000;
		storeDeliveries(server.database, [
			{ createdAt: hour - 5 * 3_600_000 + 1 },
			{ createdAt: hour - 5 * 3_600_000 + 2, state: 'failed' },
			{ createdAt: hour },
		]);
		const { frame } = await open();
		await frame.locator('.hour-part').first().waitFor();

		expect(await frame.locator('.hour').count()).toBe(24);
		expect(await frame.locator('.hour-part').count()).toBe(3);
		const cells = frame.getByRole('table', { name: 'Deliveries of each hour' }).getByRole('cell');
		expect(await cells.allInnerTexts()).toEqual(['1', '1', '0', '1', '0', '0']);
	});

	it('shows the calls to agents, refused ones with the reason', async () => {
		const log = createRefusalStore(server.database);
		const refusal = { status: 401, code: 'unauthorized', message: 'No token was given' };
		log.note('deploy', '192.0.2.7', refusal);
		log.note('deploy', '192.0.2.7', refusal);
		log.close();
		server.database.exec(
			`INSERT INTO inbound_messages (run_id, endpoint, agent_id, session_key, message, prompt,
				missing_paths, state, result, created_at, ended_at, next_at)
			VALUES ('run_1', 'alert', 'main', 'agent:main:webhook', 'Disk <b>full</b>', '', '[]', 'done',
				'{"ok":true,"reply":"On it"}', ${Date.now() - 60_000}, 0, 0)`,
		);
		const { frame } = await open();
		const calls = frame.getByRole('region', { name: 'Calls to agents' }).getByRole('listitem');
		await calls.first().waitFor();
		const texts = (await calls.allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));

		expect(texts).toEqual([
			expect.stringMatching(
				/^refused deploy, from 192\.0\.2\.7 401: No token was given \(2 calls\)/,
			),
			expect.stringMatching(/^done alert → main Disk <b>full<\/b> → On it/),
		]);
	});

	it('opens and closes a delivery by keyboard', async () => {
		storeDeliveries(server.database, [
			{
				state: 'failed',
				tries: 2,
				status: 500,
				error: 'HTTP 500',
				response: 'No space left',
				data: { text: '你好 👋' },
			},
		]);
		const { page, frame } = await open();
		await rows(frame).getByRole('button').first().focus();
		await page.keyboard.press('Enter');
		const details = frame.getByRole('dialog');
		await details.locator('pre').first().waitFor();

		expect(await details.innerText()).toContain('"text": "你好 👋"');
		expect(await details.innerText()).toContain('No space left');
		expect(await details.getByRole('listitem').count()).toBe(2);
		await page.keyboard.press('Escape');
		await details.waitFor({ state: 'hidden' });
		expect(await frame.evaluate(() => document.activeElement?.textContent)).toBe(
			'message.received',
		);
		await page.keyboard.press('/');
		expect(await frame.evaluate(() => document.activeElement?.id)).toBe('filter-text');
	});

	it('keeps an open delivery up to date', async () => {
		const [number = 0] = storeDeliveries(server.database, [{ state: 'failed', error: 'HTTP 500' }]);
		const { frame } = await open();
		await rows(frame).getByRole('button').first().click();
		await frame.locator('#details .pill[data-status="failed"]').waitFor();
		server.database
			.prepare("UPDATE deliveries SET state = 'delivered', last_error = NULL WHERE id = ?")
			.run(number);

		await frame.locator('#details .pill[data-status="delivered"]').waitFor();
	});

	it('replays one delivery', async () => {
		storeDeliveries(server.database, [{ state: 'failed' }, { state: 'failed' }]);
		const { frame } = await open();
		await rows(frame)
			.nth(1)
			.getByRole('button', { name: /^Replay/ })
			.click();
		await frame.getByRole('status').getByText('1 delivery is sent again.').waitFor();
		await rows(frame).nth(1).locator('.pill[data-status="pending"]').waitFor();

		expect(statusOf('dlv_1')).toBe('pending');
		expect(statusOf('dlv_2')).toBe('failed');
	});

	it('replays all that failed, when asked twice', async () => {
		storeDeliveries(server.database, [
			{ state: 'failed' },
			{ state: 'failed', endpoint: '审计 🚨' },
			{},
		]);
		const { frame } = await open();
		const question = frame.getByRole('dialog');
		await frame.getByRole('button', { name: 'Replay all failed' }).click();
		await question.getByText('Replay all failed deliveries?').waitFor();
		await question.getByRole('button', { name: 'Cancel' }).click();
		expect(statusOf('dlv_1')).toBe('failed');

		await frame.getByRole('button', { name: 'Replay all failed' }).click();
		await question.getByRole('button', { name: 'Replay', exact: true }).click();
		await frame.getByText('2 deliveries are sent again.').waitFor();
		expect([statusOf('dlv_1'), statusOf('dlv_2'), statusOf('dlv_3')]).toEqual([
			'pending',
			'pending',
			'delivered',
		]);
	});

	it('shows faults at once, above all else', async () => {
		const { frame } = await open();
		reportFault(server.folder, {
			code: 'disk-full',
			severity: 'fault',
			message: 'The disk is full: 磁盘已满',
		});

		await frame.getByRole('alert').getByText('The disk is full: 磁盘已满').waitFor();
	});

	it('leads through ten thousand deliveries page by page', async () => {
		storeDeliveries(
			server.database,
			Array.from({ length: 10_000 }, (): StoredDelivery => ({ createdAt: Date.now() })),
		);
		const { frame } = await open();
		const first = async (id: string) => {
			await frame.locator(`.row[data-id="${id}"]`).waitFor();
			expect(await rows(frame).count()).toBe(50);
		};

		await first('dlv_10000');
		await frame.getByRole('button', { name: 'Older' }).click();
		await first('dlv_9950');
		await frame.getByRole('button', { name: 'Older' }).click();
		await first('dlv_9900');
		await frame.getByRole('button', { name: 'Newer' }).click();
		await first('dlv_9950');
		await frame.getByRole('button', { name: 'Older' }).click();
		await frame.getByRole('button', { name: 'Newest' }).click();
		await first('dlv_10000');
	});

	it.each(['light', 'dark'] as const)('can be read when it is %s', async (theme) => {
		storeDeliveries(server.database, [
			{ state: 'failed', status: 500, error: 'HTTP 500', response: 'oops' },
			{ state: 'pending', tries: 1, error: 'no answer' },
			{ status: 200, durationMs: 20 },
		]);
		const state = `INSERT INTO endpoint_health (endpoint_id, last_failure_at, last_error, failures)
			SELECT id, 1, 'HTTP 500', 3 FROM endpoints WHERE name = 'ops'`;
		server.database.exec(state);
		reportFault(server.folder, { code: 'config', severity: 'notice', message: 'A notice' });
		reportFault(server.folder, { code: 'internal', severity: 'fault', message: 'A fault' });
		const { frame } = await open({ theme });
		const whole = await findPoorContrast(frame, 'body');
		await rows(frame).last().getByRole('button').first().click();
		await frame.locator('#details pre').first().waitFor();
		const details = await findPoorContrast(frame, '#details');

		expect(whole.checked).toBeGreaterThan(40);
		expect(details.checked).toBeGreaterThan(15);
		expect([...whole.poor, ...details.poor]).toEqual([]);
	});

	it('follows the looks of the control UI around it', async () => {
		const { page, frame } = await open({ theme: 'light' });
		const ground = async () =>
			frame.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
		const light = await ground();
		await page.evaluate(() => {
			const message = { type: 'openclaw:widget-theme', mode: 'dark' };
			document.querySelector('iframe')?.contentWindow?.postMessage(message, '*');
		});

		await waitFor('the dark looks', async () => (await ground()) !== light);
	});

	it('fits a narrow screen', async () => {
		storeDeliveries(server.database, [
			{
				endpoint: 'an-endpoint-with-a-name-that-is-longer-than-any-narrow-screen',
				state: 'failed',
				error: `ENOTFOUND ${'receiver.'.repeat(20)}`,
				data: { long: 'x'.repeat(500) },
			},
		]);
		const { frame } = await open({ width: 360, height: 740 });
		const overflow = async () =>
			frame.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

		expect(await overflow()).toBe(0);
		await rows(frame).getByRole('button').first().click();
		await frame.locator('#details pre').first().waitFor();
		expect(await overflow()).toBe(0);
		expect(
			await frame.locator('.details-body').evaluate((body) => body.scrollWidth - body.clientWidth),
		).toBe(0);
	});

	it('says when the gateway is gone, and finds it again', async () => {
		storeDeliveries(server.database, [{}]);
		const { page, frame } = await open();
		await page.route('**/live/**', async (route) => route.abort());
		await frame.getByText('No connection to the gateway; trying again').waitFor();
		expect(await rows(frame).count()).toBe(1);
		await page.unroute('**/live/**');
		await frame.locator('.live-text[data-state="live"]').waitFor();

		expect(complaints.splice(0).join()).toContain('ERR_FAILED');
	});

	it('says when the gateway lets it in no more', async () => {
		const { page, frame } = await open();
		const headers = { 'access-control-allow-origin': 'null' };
		await page.route('**/live/**', async (route) =>
			route.fulfill({ status: 401, headers, body: '{}' }),
		);
		await frame.getByText('does not let this page in any more').waitFor();

		expect(complaints.splice(0).join()).toContain('401');
	});
});
