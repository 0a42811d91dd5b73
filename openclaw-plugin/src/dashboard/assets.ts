import html from './page.html';
import approvals from './styles/approvals.css';
import base from './styles/base.css';
import deliveries from './styles/deliveries.css';
import dialogs from './styles/dialogs.css';
import endpoints from './styles/endpoints.css';
import head from './styles/head.css';
import narrow from './styles/narrow.css';
import type { DashboardAssets } from './page';

/** The page as it is built into the plugin. */
export const DASHBOARD_ASSETS: DashboardAssets = {
	html,
	// What comes later wins over what comes before.
	css: [base, head, approvals, endpoints, deliveries, dialogs, narrow].join('\n'),
	script: DASHBOARD_SCRIPT,
};
