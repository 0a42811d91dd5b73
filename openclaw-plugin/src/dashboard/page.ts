import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerRefusal, methodNotAllowed } from '../http/answers';
import { readTarget } from '../http/request';
import { KNOWN_EVENT_TYPES } from '../protocol';
import { sharedOf } from '../shared';
import type { PageData } from './apiTypes';

/** The page; the gateway lets in who may see it. */
export const DASHBOARD_PATH = '/plugins/event-webhooks/dashboard';

/**
 * What the page asks for. It cannot be below the page: the gateway shows pages of plugins in a frame
 * without an origin, whose requests carry none of the gateway's credentials.
 */
export const DASHBOARD_API_PATH = '/plugins/event-webhooks/live';

/** Header that carries the page's token. */
export const PAGE_TOKEN_HEADER = 'x-event-webhooks-page';

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

/** Seconds that a browser may remember what it is allowed to send. */
const PREFLIGHT_SECONDS = 600;

/**
 * Headers by which a browser lets the page read the answer. In the gateway's frame the page has no
 * origin (`null`), as any frame on the web could: it is the page's token that counts, and no credentials
 * of the browser are asked for or accepted.
 */
export function originHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
	if (headers.origin !== 'null') return { Vary: 'Origin' };
	return {
		Vary: 'Origin',
		'Access-Control-Allow-Origin': 'null',
		'Access-Control-Allow-Methods': 'GET, POST',
		'Access-Control-Allow-Headers': `content-type, ${PAGE_TOKEN_HEADER}`,
		'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
	};
}

/** What the holder of a page's token may do: look, or change something as well. */
export type PageRight = 'view' | 'replay';

/** What a page proves with that the gateway has let its viewer in. */
export interface PageTokens {
	/** For a page that is being served. */
	issue(right: PageRight): string;
	/** What a token allows; undefined when it is none, or its time is over. */
	check(token: string): PageRight | undefined;
	/**
	 * The same for five minutes more. After an hour the token that is returned ends when the old one
	 * does: the page has to be loaded anew, and the gateway to decide anew.
	 */
	renew(token: string): string | undefined;
}

const LIFE_MS = 300_000;
const MAX_PAGE_AGE_MS = 3_600_000;
const KEY_BYTES = 32;
const TOKEN = /^(view|replay)\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([\w-]{43})$/;

/**
 * Makes and checks tokens `<right>.<page served at>.<ends at>.<MAC>`. They are worth nothing after the
 * end of the process.
 *
 * @param folder where the plugin keeps its data: one key for it, whichever instance serves the page
 * @param now milliseconds since 1970
 */
export function createPageTokens(folder: string, now: () => number = Date.now): PageTokens {
	const key = sharedOf(folder).slot('dashboard', () => ({ bytes: randomBytes(KEY_BYTES) }));
	const macOf = (content: string) =>
		createHmac('sha256', key.bytes).update(content).digest('base64url');
	const write = (right: PageRight, servedAt: number, endsAt: number): string => {
		const content = `${right}.${servedAt.toString(36)}.${endsAt.toString(36)}`;
		return `${content}.${macOf(content)}`;
	};
	const read = (token: string) => {
		const [, right, servedAt, endsAt, mac] = TOKEN.exec(token) ?? [];
		if (right === undefined || servedAt === undefined || endsAt === undefined) return undefined;
		const expected = Buffer.from(macOf(`${right}.${servedAt}.${endsAt}`));
		if (!timingSafeEqual(expected, Buffer.from(mac ?? ''))) return undefined;
		const end = Number.parseInt(endsAt, 36);
		if (end <= now()) return undefined;
		return { right: right as PageRight, servedAt: Number.parseInt(servedAt, 36) };
	};
	return {
		issue: (right) => write(right, now(), now() + LIFE_MS),
		check: (token) => read(token)?.right,
		renew: (token) => {
			const known = read(token);
			if (known === undefined) return undefined;
			const { right, servedAt } = known;
			return now() - servedAt >= MAX_PAGE_AGE_MS ? token : write(right, servedAt, now() + LIFE_MS);
		},
	};
}
