import type { DatabaseSync } from 'node:sqlite';
import { createApprovals } from '../../../../openclaw-plugin/src/approvals/approvals';
import { registerDashboard } from '../../../../openclaw-plugin/src/dashboard/registerDashboard';
import type { DashboardAssets } from '../../../../openclaw-plugin/src/dashboard/page';
import { createEndpointRegistry } from '../../../../openclaw-plugin/src/endpoints/registry';
import type { ControlUiTab, HttpRoute } from '../../../../openclaw-plugin/src/gatewayApi';
import type { EndpointConfig } from '../../../../openclaw-plugin/src/protocol';
import { startLocalServer } from '../../../../testbed/localServer';
import { openManager } from '../../endpoints/support/manager';
import { temporaryDatabase } from '../../outbox/support/temporaryDatabase';
import { readSettings } from '../../../../openclaw-plugin/src/settings/settings';

/** The dashboard's routes behind a stand-in for the gateway. */
export interface DashboardServer {
	readonly url: string;
	readonly database: DatabaseSync;
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly tab: ControlUiTab;
	readonly routes: readonly HttpRoute[];
	/** What the plugin's log got. */
	readonly errors: readonly string[];
	readonly infos: readonly string[];
	stop(): Promise<void>;
}

/** Cookie that the gateway gives to those who see the tab. */
export const TAB_COOKIE = '__openclaw_plugin_tab_auth_0123_4567=v1.test';

/** Shows the page in a frame as the gateway's control UI does. */
const CONTROL_UI = `<!doctype html><title>Control UI</title><link rel="icon" href="data:,">
<style>body{margin:0}iframe{border:0;width:100vw;height:100vh;display:block}</style>
<iframe src="/plugins/event-webhooks/dashboard" title="Webhooks" sandbox="allow-scripts"></iframe>`;

/** Starts the dashboard over a database of its own. `stop()` it afterwards. */
export async function startDashboardServer(
	assets: DashboardAssets,
	endpoints: readonly EndpointConfig[] = [],
	more: Readonly<Record<string, unknown>> = {},
): Promise<DashboardServer> {
	const store = await temporaryDatabase();
	const { database, folder } = store;
	const routes: HttpRoute[] = [];
	const tabs: ControlUiTab[] = [];
	const errors: string[] = [];
	const infos: string[] = [];
	const { manager, outbox } = openManager(database, folder);
	const approvals = createApprovals({
		folder,
		database,
		outbox,
		instanceId: 'node-1',
		logger: { error: (message) => void errors.push(message) },
		isGateway: false,
	});
	const settings = readSettings({ endpoints, ...more });
	const { endpoints: configured } = settings;
	const parts = { folder, database, configured, isComplete: true, instanceId: 'node-1' };
	createEndpointRegistry(parts).list();
	registerDashboard(
		{
			session: {
				controls: { registerControlUiDescriptor: (descriptor) => void tabs.push(descriptor) },
			},
			registerHttpRoute: (route) => void routes.push(route),
		},
		{
			folder,
			database,
			manager: () => manager,
			approvals: () => approvals,
			settings: () => settings,
			logger: {
				error: (message) => void errors.push(message),
				info: (message) => void infos.push(message),
			},
			assets,
			version: '0.0.0-test',
		},
	);
	const server = await startLocalServer((request, response) => {
		const handle = async () => {
			const path = (request.url ?? '').split('?')[0] ?? '';
			if (path === '/') {
				response.setHeader('content-type', 'text/html').end(CONTROL_UI);
				return;
			}
			const route = routes.find(
				(known) => path === known.path || path.startsWith(`${known.path}/`),
			);
			if (route !== undefined && (await route.handler(request, response))) return;
			response.writeHead(404).end();
		};
		handle().catch((error: unknown) => {
			response.destroy(error instanceof Error ? error : undefined);
		});
	});
	const [tab] = tabs;
	if (tab === undefined) throw new Error('No tab was registered');
	return {
		url: server.url,
		database,
		folder,
		tab,
		routes,
		errors,
		infos,
		stop: async () => {
			await server.close();
			await store.remove();
		},
	};
}
