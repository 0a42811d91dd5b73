import type { Locator, Page } from 'playwright-core';

/** The form of a credential. */
export class CredentialForm {
	constructor(readonly page: Page) {}

	get dialog(): Locator {
		return this.page.locator('[data-test-id="credential-edit-dialog"]');
	}

	/** The whole form with its head. */
	get window(): Locator {
		return this.page.locator('.el-dialog').filter({ has: this.dialog });
	}

	/** Input of a field, by the field's name. */
	input(name: string): Locator {
		return this.dialog.locator(`[data-test-id="parameter-input-${name}"]`);
	}

	async fill(name: string, value: string): Promise<void> {
		await this.input(name).locator('input').fill(value);
	}

	/** Texts of the labels, from top to bottom. */
	async labels(): Promise<string[]> {
		const labels = await this.dialog.locator('label').allInnerTexts();
		// The buttons beside a label are part of it.
		return labels.map((label) => label.trim().split('\n')[0] ?? '');
	}

	/** Saves, which makes n8n test the credential. */
	async save(): Promise<void> {
		// The form's head isn't inside the dialog's own element.
		await this.page.locator('[data-test-id="credential-save-button"]').click();
	}
}
