import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerRefusal, methodNotAllowed } from '../http/answers';
import { readTarget } from '../http/request';
import { KNOWN_EVENT_TYPES } from '../protocol';
import type { PageData } from './apiTypes';
import { DASHBOARD_API_PATH, DASHBOARD_PATH, PAGE_TOKEN_HEADER } from './pageAccess';
import type { PageTokens } from './pageAccess';

/** The parts of the page, as texts. */
export interface DashboardAssets {
	/** With the places `%NONCE%`, `%STYLE%`, `%DATA%` and `%SCRIPT%`. */
	readonly html: string;
	readonly css: string;
	/** A script for browsers, in one piece. */
	readonly script: string;
}

/** A page to send. */
export interface RenderedPage {
	readonly html: string;
	readonly headers: Readonly<Record<string, string>>;
}

const NONCE_BYTES = 16;

/**
 * Puts the page together. Nothing but its own style and script runs in it, it talks to this gateway
 * only, and no other site can put it into a frame.
 *
 * @param data becomes part of the page; it is not secret to who sees the page
 */
export function renderPage(assets: DashboardAssets, data: PageData): RenderedPage {
	const nonce = randomBytes(NONCE_BYTES).toString('base64url');
	const parts: Readonly<Record<string, string>> = {
		NONCE: nonce,
		STYLE: assets.css,
		// No text in it can end the element that it stands in.
		DATA: JSON.stringify(data).replace(/</g, '\\u003c'),
		SCRIPT: assets.script.replace(/<\/(?=script)/gi, '<\\/'),
	};
	return {
		html: assets.html.replace(/%([A-Z]+)%/g, (place, name: string) => parts[name] ?? place),
		headers: {
			'Content-Type': 'text/html; charset=utf-8',
			'Content-Security-Policy': policy(nonce),
			'Cross-Origin-Resource-Policy': 'same-origin',
			'Cache-Control': 'no-store',
			'Referrer-Policy': 'no-referrer',
			'X-Content-Type-Options': 'nosniff',
		},
	};
}

function policy(nonce: string): string {
	return [
		"default-src 'none'",
		`script-src 'nonce-${nonce}'`,
		`style-src 'nonce-${nonce}'`,
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'self'",
	].join('; ');
}

/** What the page is made with. */
export interface DashboardRouteParts {
	readonly assets: DashboardAssets;
	readonly tokens: PageTokens;
	/** Version of the plugin. */
	readonly version: string;
}

/** A handler of requests; says whether it has answered. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/**
 * Serves the page. To be registered under {@link DASHBOARD_PATH} with `auth: 'gateway'`: whoever gets
 * here has been let in.
 */
export function createDashboardRoute({ assets, tokens, version }: DashboardRouteParts): Handler {
	return async (request, response) => {
		await Promise.resolve();
		const target = readTarget(request, DASHBOARD_PATH);
		if (target === undefined) return false;
		if (target.segments.length > 0) {
			answerRefusal(response, { status: 404, code: 'not-found', message: 'There is no such page' });
			return true;
		}
		if (request.method !== 'GET' && request.method !== 'HEAD') {
			answerRefusal(response, methodNotAllowed(['GET', 'HEAD']));
			return true;
		}
		const mayReplay = isFromTab(request);
		const { html, headers } = renderPage(assets, {
			apiPath: DASHBOARD_API_PATH,
			tokenHeader: PAGE_TOKEN_HEADER,
			token: tokens.issue(mayReplay ? 'replay' : 'view'),
			mayReplay,
			eventTypes: KNOWN_EVENT_TYPES,
			version,
		});
		response.writeHead(200, { ...headers, 'Content-Length': String(Buffer.byteLength(html)) });
		response.end(request.method === 'HEAD' ? undefined : html);
		return true;
	};
}

/**
 * The gateway lets others in as well, who may be allowed to read only. The cookie of the tab is given to
 * those who may see the tab, which asks for `operator.write`; a bearer token beside it would count instead.
 */
function isFromTab({ headers }: IncomingMessage): boolean {
	return headers.authorization === undefined && TAB_COOKIE.test(headers.cookie ?? '');
}

const TAB_COOKIE = /(?:^|;\s*)__openclaw_plugin_tab_auth_/;
