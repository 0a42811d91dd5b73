import type { Locator, Page } from 'playwright-core';
import { waitFor } from '../waitFor';

/** A node's open panel: its parameters. */
export class NodePanel {
	constructor(readonly page: Page) {}

	/** All parameters that are shown. */
	get parameters(): Locator {
		return this.part('node-parameters');
	}

	/** Input of a parameter, by the parameter's name. */
	input(name: string): Locator {
		return this.parameters.locator(`[data-test-id="parameter-input-${name}"]`);
	}

	/** Texts of the labels, from top to bottom. */
	async labels(): Promise<string[]> {
		const labels = await this.parameters.locator('label').allInnerTexts();
		// The buttons beside a label are part of it.
		return labels.map((label) => label.trim().split('\n')[0] ?? '');
	}

	/** Opens the choices of a parameter. Close them by choosing, or with `closeChoices()`. */
	async openChoices(name: string): Promise<Locator> {
		await this.input(name).click();
		const choices = this.page.locator('.el-select-dropdown__item:visible');
		await choices.first().waitFor();
		return choices;
	}

	async closeChoices(): Promise<void> {
		// Escape would close the panel with them.
		await this.part('node-title-container').click();
		const choices = this.page.locator('.el-select-dropdown__item:visible');
		await choices.first().waitFor({ state: 'hidden' });
	}

	/** Names and descriptions of a parameter's choices, one line each. */
	async choices(name: string): Promise<string[][]> {
		const texts = await (await this.openChoices(name)).allInnerTexts();
		await this.closeChoices();
		return texts.map((text) => text.split('\n').map((line) => line.trim()));
	}

	/** Chooses by a choice's name; of a list for several, it is added. */
	async choose(name: string, choice: string): Promise<void> {
		const choices = await this.openChoices(name);
		await choices.filter({ has: this.page.getByText(choice, { exact: true }) }).click();
		await this.closeChoices();
	}

	/**
	 * Names that a collection offers.
	 *
	 * @param button text of its button, such as 'Add Option'
	 */
	async offers(button: string): Promise<string[]> {
		const texts = await (await this.openOffers(button)).allInnerTexts();
		await this.closeOffers();
		return texts.map((text) => text.trim());
	}

	/** Adds a parameter of a collection. */
	async add(button: string, name: string): Promise<void> {
		const offers = await this.openOffers(button);
		await offers.filter({ has: this.page.getByText(name, { exact: true }) }).click();
		await offers.first().waitFor({ state: 'hidden' });
	}

	/** Switches a parameter on or off. */
	async toggle(name: string): Promise<void> {
		// n8n hides the checkbox itself.
		await this.input(name).locator('.el-switch__core').click();
	}

	/** Opens the list of a resource locator and returns its entries' texts. */
	async list(name: string): Promise<Locator> {
		await this.part(`resource-locator-${name}`).locator('[data-test-id="rlc-input"]').click();
		const entries = this.part('rlc-item');
		await entries.first().waitFor();
		return entries;
	}

	/** Selects a text with the mouse, copies it, and returns what the clipboard has then. */
	async copyShown(text: Locator): Promise<string> {
		await text.scrollIntoViewIfNeeded();
		const ends = await text.evaluate((element) => {
			const lines = Array.from(element.getClientRects());
			const middle = (rect?: DOMRect) => (rect?.top ?? 0) + (rect?.height ?? 0) / 2;
			const [first, last] = [lines[0], lines.at(-1)];
			return [
				{ x: (first?.left ?? 0) + 1, y: middle(first) },
				{ x: (last?.right ?? 0) + 20, y: middle(last) },
			] as const;
		});
		await this.page.mouse.move(ends[0].x, ends[0].y);
		await this.page.mouse.down();
		await this.page.mouse.move(ends[1].x, ends[1].y, { steps: 10 });
		await this.page.mouse.up();
		await this.page.keyboard.press('ControlOrMeta+C');
		return await this.page.evaluate(async () => navigator.clipboard.readText());
	}

	/** Asks for the fields of a resource mapper that has none yet. */
	async retryFields(expectedName: string): Promise<void> {
		const field = this.input(expectedName);
		await waitFor(`the field '${expectedName}'`, async () => {
			// n8n takes over a text some time after it was typed: a quick click is too early.
			const retry = this.parameters.getByText('Retry', { exact: true });
			if (await retry.isVisible()) await retry.click();
			return await field.isVisible();
		});
	}

	/** Asks for the fields of a resource mapper again. */
	async refreshFields(): Promise<void> {
		const mapper = this.part('mapping-fields-container');
		await mapper.locator('[data-test-id="action-toggle"]').first().click();
		await this.page.getByText('Refresh Field List', { exact: true }).click();
	}

	/** Puts a text into the focused field through the clipboard. */
	async paste(text: string): Promise<void> {
		await this.page.evaluate(async (copied) => {
			await navigator.clipboard.writeText(copied);
		}, text);
		await this.page.keyboard.press('ControlOrMeta+V');
	}

	async close(): Promise<void> {
		await this.part('ndv-close-button').click();
		await this.part('ndv').waitFor({ state: 'hidden' });
	}

	part(testId: string): Locator {
		return this.page.locator(`[data-test-id="${testId}"]`);
	}

	private async openOffers(button: string): Promise<Locator> {
		await this.parameters.getByPlaceholder(button).click();
		const offers = this.page.locator('[data-test-id="collection-parameter-option"]:visible');
		await offers.first().waitFor();
		return offers;
	}

	private async closeOffers(): Promise<void> {
		await this.part('node-title-container').click();
		await this.page
			.locator('[data-test-id="collection-parameter-option"]:visible')
			.first()
			.waitFor({ state: 'hidden' });
	}
}
