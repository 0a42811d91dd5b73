import { chromium, type Browser, type Page } from 'playwright-core';
import { run } from '../../../testbed/command';
import { childEnvironment } from '../../../testbed/childEnvironment';
import type { N8nClient, Workflow } from '../../../testbed/n8n/client';

/** The editor in a headless Chromium. */
export interface Editor {
	readonly page: Page;
	close(): Promise<void>;
}

/** How the editor is opened. */
export interface EditorOptions {
	/** Opens this workflow; a new one by default. */
	readonly workflow?: Workflow;
	readonly colorScheme?: 'light' | 'dark';
	/** Size of the page in CSS pixels. */
	readonly viewport?: { readonly width: number; readonly height: number };
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

async function programPath(): Promise<string> {
	const given = process.env.OPENCLAW_WEBHOOKS_CHROMIUM ?? '';
	for (const name of given === '' ? NAMES : [given]) {
		const env = childEnvironment();
		try {
			return (await run({ command: 'which', args: [name], cwd: '/', env })).trim();
		} catch {
			// The next name.
		}
	}
	throw new Error('There is no Chromium on this machine');
}

async function openPage(browser: Browser, n8n: N8nClient, options: EditorOptions): Promise<Page> {
	const context = await browser.newContext({
		colorScheme: options.colorScheme ?? 'light',
		viewport: options.viewport ?? { width: 1440, height: 900 },
		deviceScaleFactor: 1,
		locale: 'en-US',
	});
	const { cookie, browserId } = n8n.login;
	await context.addCookies([
		{ name: 'n8n-auth', value: cookie.replace('n8n-auth=', ''), url: n8n.url },
	]);
	// n8n binds a login to the browser by an id that its editor keeps there.
	await context.addInitScript((id) => {
		localStorage.setItem('n8n-browserId', id);
	}, browserId);
	const page = await context.newPage();
	await page.goto(`${n8n.url}/workflow/${options.workflow?.id ?? 'new'}`);
	return page;
}

/**
 * Opens n8n's editor as the logged-in owner.
 *
 * @example
 * const editor = await openEditor(n8n, { workflow });
 * await editor.page.getByText('OpenClaw Trigger').dblclick();
 * await editor.close();
 */
export async function openEditor(n8n: N8nClient, options: EditorOptions = {}): Promise<Editor> {
	const browser = await chromium.launch({
		executablePath: await programPath(),
		// Chromium's own sandbox does not work for root, which build servers often are.
		chromiumSandbox: process.getuid?.() !== 0,
	});
	return {
		page: await openPage(browser, n8n, options),
		close: async () => browser.close(),
	};
}
