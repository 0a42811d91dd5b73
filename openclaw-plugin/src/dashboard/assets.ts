import css from './page.css';
import html from './page.html';
import type { DashboardAssets } from './page';

/** The page as it is built into the plugin. */
export const DASHBOARD_ASSETS: DashboardAssets = { html, css, script: DASHBOARD_SCRIPT };
