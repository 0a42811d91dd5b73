import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { EndpointConfig } from '../../../../openclaw-plugin/src/protocol';
import { capturedEvents } from '../../../../testbed/capturedEvents';
import { launchChromium } from '../../../../testbed/editor/browser';
import { storeDeliveries, type StoredDelivery } from '../../outbox/support/storedDelivery';
import { dashboardAssets } from './dashboardAssets';
import { startDashboardServer, TAB_COOKIE, type DashboardServer } from './dashboardServer';

const MINUTE_MS = 60_000;
const DELIVERIES = 400;
const ENDPOINTS: readonly EndpointConfig[] = [
	['main-webhook', 'https://n8n.example.com/webhook/1'],
	['slack-alert', 'https://hooks.slack.com/services/1'],
	['crm-integration', 'https://crm.example.com/api'],
	['audit-log', 'https://audit.example.com/api/logs'],
].map(([name = '', url = '']) => ({ name, url, secret: 'whsec_x', events: ['*'] }));

/** A day as it may be: events of a real gateway, an endpoint that is down, another one that is slow. */
function deliveriesOfADay(now: number): readonly StoredDelivery[] {
	const events = capturedEvents();
	return Array.from({ length: DELIVERIES }, (_, index): StoredDelivery => {
		const { type = '', data = {} } = events[index % events.length] ?? {};
		const createdAt = now - (DELIVERIES - index) * MINUTE_MS;
		const common = { endpoint: ENDPOINTS[index % 4]?.name ?? '', type, createdAt, data };
		if (index >= DELIVERIES - 2) return { ...common, state: 'pending' };
		if (index % 29 !== 0) return { ...common, status: 200, durationMs: 20 + ((index * 37) % 400) };
		if (index % 2 === 0) {
			const error = 'There was no answer within 15 s';
			return { ...common, state: 'failed', tries: 3, durationMs: 15_000, error };
		}
		return {
			...common,
			state: 'failed',
			tries: 3,
			status: 500,
			durationMs: 230,
			error: 'HTTP 500: the receiver failed',
			response: '{"message":"Error in workflow"}',
		};
	});
}

async function takePicture(
	browser: Browser,
	server: DashboardServer,
	picture: { readonly theme: 'light' | 'dark'; readonly width: number; readonly isOpen: boolean },
	file: string,
): Promise<void> {
	const { theme, width, isOpen } = picture;
	const viewport = { width, height: 860 };
	const context = await browser.newContext({ viewport, colorScheme: theme });
	const [name = '', value = ''] = TAB_COOKIE.split('=');
	await context.addCookies([{ name, value, url: server.url }]);
	const page = await context.newPage();
	await page.goto(`${server.url}${server.tab.path}`);
	await page.locator('.live-text[data-state="live"]').waitFor();
	if (isOpen) {
		await page.locator('.row[data-status="failed"] .link').first().click();
		await page.locator('#details pre').first().waitFor();
	}
	await page.screenshot({ path: file });
	await context.close();
}

/** Takes the pictures of the dashboard for the documentation: `tsx takePictures.ts docs/images`. */
async function main(folder: string): Promise<void> {
	const server = await startDashboardServer(dashboardAssets(), ENDPOINTS);
	const browser = await launchChromium(process.env.OPENCLAW_WEBHOOKS_CHROMIUM ?? 'chromium');
	try {
		const now = Date.now();
		storeDeliveries(server.database, deliveriesOfADay(now));
		server.database
			.prepare(
				`INSERT INTO endpoint_health
					(endpoint_id, last_success_at, last_failure_at, last_error, failures, open_until)
				SELECT id, ?, ?, ?, 7, ? FROM endpoints WHERE name = 'crm-integration'`,
			)
			.run(now - 30 * MINUTE_MS, now - MINUTE_MS, 'Nothing listens on this port', now + MINUTE_MS);
		const shown = { theme: 'light', width: 1280, isOpen: false } as const;
		const file = (name: string) => join(folder, `dashboard-${name}.png`);
		await takePicture(browser, server, shown, file('light'));
		await takePicture(browser, server, { ...shown, theme: 'dark' }, file('dark'));
		await takePicture(browser, server, { ...shown, isOpen: true }, file('details'));
		await takePicture(browser, server, { ...shown, width: 360 }, file('narrow'));
	} finally {
		await browser.close();
		await server.stop();
	}
}

main(process.argv[2] ?? '.').catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
