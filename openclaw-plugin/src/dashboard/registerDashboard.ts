import type { Approvals } from '../approvals/approvals';
import type { EndpointManager } from '../endpoints/manage';
import type { ControlUiTab, HttpRoute, Logger } from '../gatewayApi';
import { listFaults } from '../health/health';
import type { Settings } from '../settings/settings';
import type { Database } from '../store/databaseAccess';
import { createDashboardApi } from './dashboardApi';
import { createDashboardRoute, createPageTokens, DASHBOARD_API_PATH, DASHBOARD_PATH } from './page';
import type { DashboardAssets } from './page';

/*
 * The tab *Webhooks* in the gateway's control UI:
 *
 *   registerDashboard  the tab, the page, and what it asks for
 *   page               the page as it is served, and the token that it gets; assets: its parts, as they are built in
 *   dashboardApi       answers what the page asks; apiTypes: the form of it
 *   client/            the page's script, for the browser; main tells its story
 */

/** What is used of the gateway's API. */
export interface DashboardApi {
	readonly session: {
		readonly controls: { registerControlUiDescriptor(tab: ControlUiTab): void };
	};
	registerHttpRoute(route: HttpRoute): void;
}

/** What the dashboard shows and changes. */
export interface DashboardParts {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly database: Database;
	/** By the settings as they are now. */
	readonly manager: () => EndpointManager;
	/** The same. */
	readonly approvals: () => Approvals;
	/** As they are now. */
	readonly settings: () => Pick<Settings, 'outbox' | 'approvals'>;
	readonly logger: Pick<Logger, 'error' | 'info'>;
	readonly assets: DashboardAssets;
	/** Version of the plugin. */
	readonly version: string;
}

/**
 * Registers the tab *Webhooks*, its page, and what the page asks for. To be called in the `full`
 * registration.
 */
export function registerDashboard(api: DashboardApi, parts: DashboardParts): void {
	const { assets, version, folder } = parts;
	const tokens = createPageTokens(folder);
	api.session.controls.registerControlUiDescriptor({
		id: 'deliveries',
		surface: 'tab',
		label: 'Webhooks',
		description:
			'Deliveries of events, and tool calls that wait to be allowed: what was sent, how long it took, and why it failed',
		icon: 'webhook',
		group: 'control',
		path: DASHBOARD_PATH,
		slug: 'webhook-deliveries',
		// Who sees the tab can send deliveries again, and decide on tool calls.
		requiredScopes: ['operator.write'],
	});
	api.registerHttpRoute({
		path: DASHBOARD_PATH,
		auth: 'gateway',
		match: 'prefix',
		handler: createDashboardRoute({ assets, tokens, version }),
	});
	api.registerHttpRoute({
		path: DASHBOARD_API_PATH,
		auth: 'plugin',
		match: 'prefix',
		handler: createDashboardApi({ ...parts, tokens, faults: () => listFaults(folder) }),
	});
}
