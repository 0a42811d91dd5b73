import { randomBytes } from 'node:crypto';
import type { PageData } from './apiTypes';

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
