import type { Page } from 'playwright-core';

/** What n8n's editor itself, or being offline, writes into the console. */
const FOREIGN = [
	// n8n asks who is logged in before anyone is.
	/\/rest\/login$/,
	// Details of the package, which n8n fetches from npm.
	/^https:\/\/(registry|api)\.npmjs\.org\//,
	/^https:\/\/[\w.]*n8n\.io\//,
];

/** What goes wrong on a page: errors and warnings in its console, exceptions that nothing caught. */
export class Complaints {
	private collected: string[] = [];

	constructor(page: Page) {
		page.on('pageerror', (error) => this.collected.push(`uncaught: ${error.message}`));
		page.on('console', (message) => {
			const { url } = message.location();
			const type = message.type();
			const isComplaint = type === 'error' || type === 'warning';
			if (!isComplaint || FOREIGN.some((known) => known.test(url))) return;
			this.collected.push(`${type}: ${message.text()} (${url})`);
		});
	}

	/** What came up since the last call; messages that n8n causes without us are left out. */
	take(): readonly string[] {
		const taken = this.collected;
		this.collected = [];
		return taken;
	}
}
