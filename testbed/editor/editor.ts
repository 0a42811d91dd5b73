import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { N8nClient } from '../n8n/client';
import { Complaints } from './complaints';
import { CredentialForm } from './credentialForm';
import { NodePanel } from './nodePanel';

/** How the editor is shown. */
export interface EditorOptions {
	readonly theme?: 'light' | 'dark';
	readonly width?: number;
	readonly height?: number;
}

const TIMEOUT_MS = 60_000;

/** n8n's workflow editor in a browser, logged in. */
export class Editor {
	private constructor(
		private readonly context: BrowserContext,
		readonly page: Page,
		private readonly url: string,
		readonly complaints: Complaints,
	) {}

	/**
	 * Opens the editor with the login of a client.
	 *
	 * @example
	 * const editor = await Editor.open(browser, n8n, { theme: 'dark' });
	 */
	static async open(
		browser: Browser,
		n8n: N8nClient,
		options: EditorOptions = {},
	): Promise<Editor> {
		const { theme = 'light', width = 1400, height = 1000 } = options;
		const { cookie, browserId } = n8n.login;
		const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme });
		const [name = '', value = ''] = cookie.split('=');
		await context.addCookies([{ name, value, url: n8n.url }]);
		await context.grantPermissions(['clipboard-read', 'clipboard-write']);
		// n8n takes the cookie from the browser that logged in only.
		await context.addInitScript((id) => {
			localStorage.setItem('n8n-browserId', id);
		}, browserId);
		context.setDefaultTimeout(TIMEOUT_MS);
		const page = await context.newPage();
		return new Editor(context, page, n8n.url, new Complaints(page));
	}

	/** Element with one of n8n's test ids. */
	part(testId: string): Locator {
		return this.page.locator(`[data-test-id="${testId}"]`);
	}

	async newWorkflow(): Promise<void> {
		await this.page.goto(`${this.url}/workflow/new`);
		await this.part('canvas-add-button').waitFor();
	}

	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.part('canvas-node').first().waitFor();
	}

	/** Opens the panel that offers nodes, ready to be typed into. */
	async openNodeSearch(): Promise<void> {
		await this.part('canvas-add-button').or(this.part('node-creator-plus-button')).first().click();
		await this.part('node-creator-search-bar').click();
	}

	/**
	 * Opens the panel that offers nodes and types into its search.
	 *
	 * @returns the offers
	 */
	async searchNodes(text: string): Promise<Locator> {
		await this.openNodeSearch();
		await this.page.keyboard.type(text);
		const offers = this.part('node-creator-item-name');
		await offers
			.filter({ hasText: new RegExp(text, 'i') })
			.first()
			.waitFor();
		return offers;
	}

	/**
	 * Searches a node, chooses it and one of its actions, and opens it, all by clicks.
	 *
	 * @param action such as 'On message received'
	 */
	async addNode(search: string, offer: RegExp, action: string): Promise<NodePanel> {
		const offers = await this.searchNodes(search);
		await offers.filter({ hasText: offer }).first().click();
		await this.part('node-creator-item-name').getByText(action, { exact: true }).click();
		return await this.nodePanel();
	}

	/** A node on the canvas. */
	node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	/** Opens a node of the canvas. */
	async openNode(name: string): Promise<NodePanel> {
		await this.node(name).dblclick();
		return await this.nodePanel();
	}

	/** Opens the form for a new credential from an open node. */
	async newCredential(): Promise<CredentialForm> {
		const noneYet = this.part('node-credentials-empty-state').getByText('Connect');
		const select = this.part('node-credentials-select');
		await noneYet.or(select).first().click();
		// With a credential at hand n8n shows a list instead.
		if (await select.isVisible()) await this.part('node-credentials-select-item-new').click();
		await this.part('credential-edit-dialog').waitFor();
		return new CredentialForm(this.page);
	}

	/** Waits until nothing moves or loads any more, for pictures. */
	async settle(): Promise<void> {
		await this.page.waitForLoadState('networkidle');
		// Collections of parameters are components of their own, which come later.
		await this.page.getByText('Loading fields').first().waitFor({ state: 'hidden' });
		await this.page.evaluate(async () => {
			await document.fonts.ready;
			await Promise.all(
				document.getAnimations().map(async (animation) => {
					const { iterations } = animation.effect?.getTiming() ?? {};
					if (iterations !== Infinity) await animation.finished.catch(() => undefined);
				}),
			);
		});
	}

	async close(): Promise<void> {
		await this.context.close();
	}

	/** The panel of the node that is open. */
	async nodePanel(): Promise<NodePanel> {
		await this.part('ndv').waitFor();
		return new NodePanel(this.page);
	}
}
