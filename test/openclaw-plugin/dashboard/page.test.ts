import { createPageTokens } from '../../../openclaw-plugin/src/dashboard/page';
import { renderPage } from '../../../openclaw-plugin/src/dashboard/page';
import type { PageData } from '../../../openclaw-plugin/src/dashboard/apiTypes';

const MINUTE_MS = 60_000;

describe('createPageTokens', () => {
	let now = Date.UTC(2026, 2, 14);
	const tokens = createPageTokens('/folder', () => now);

	it('lets the holder do what the token says, for five minutes', () => {
		const [view, replay] = [tokens.issue('view'), tokens.issue('replay')];

		expect(tokens.check(view)).toBe('view');
		expect(tokens.check(replay)).toBe('replay');
		now += 5 * MINUTE_MS - 1;
		expect(tokens.check(replay)).toBe('replay');
		now += 1;
		expect(tokens.check(replay)).toBeUndefined();
		expect(tokens.renew(replay)).toBeUndefined();
	});

	it('renews for an hour after the page was loaded, and not further', () => {
		let token = tokens.issue('replay');
		for (let minutes = 0; minutes < 60; minutes += 4) {
			token = tokens.renew(token) ?? '';
			expect(tokens.check(token)).toBe('replay');
			now += 4 * MINUTE_MS;
		}

		expect(tokens.renew(token)).toBe(token);
		now += 5 * MINUTE_MS;
		expect(tokens.check(token)).toBeUndefined();
	});

	it('refuses everything that was changed', () => {
		const token = tokens.issue('view');
		const [right = '', served = '', ends = '', mac = ''] = token.split('.');
		const forged = [
			['replay', served, ends, mac],
			[right, ends, ends, mac],
			[right, served, `${ends}z`, mac],
			[right, served, ends, mac.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))],
			[right, served, ends, mac.slice(1)],
			[right, served, ends, ''],
		].map((parts) => parts.join('.'));

		for (const text of [...forged, '', 'view', `${token} `, token.toUpperCase()]) {
			expect(tokens.check(text)).toBeUndefined();
		}
		expect(tokens.check(token)).toBe('view');
	});
});

describe('renderPage', () => {
	const data: PageData = {
		apiPath: '/api',
		tokenHeader: 'x-page',
		token: '</script><script>alert(1)</script>',
		mayReplay: false,
		eventTypes: ['$& %NONCE%'],
		version: '1.0.0',
	};
	const assets = {
		html: '<style nonce="%NONCE%">%STYLE%</style><script type="application/json">%DATA%</script><script nonce="%NONCE%">%SCRIPT%</script>',
		css: '.a{width:50%}',
		script: 'x = "</script>"',
	};

	it('puts texts in that cannot end what they stand in', () => {
		const { html } = renderPage(assets, data);

		expect(html).toContain('.a{width:50%}');
		expect(html).toContain('x = "<\\/script>"');
		expect(html.match(/<\/script>/g)).toHaveLength(2);
		const json = /json">(.*?)<\/script>/.exec(html)?.[1] ?? '';
		expect(JSON.parse(json)).toEqual(data);
	});

	it('allows its own script alone, with a nonce of its own each time', () => {
		const [first, second] = [renderPage(assets, data), renderPage(assets, data)];
		const nonce = /nonce="([\w-]{22})"/.exec(first.html)?.[1] ?? '';

		expect(first.headers['Content-Security-Policy']).toBe(
			[
				"default-src 'none'",
				`script-src 'nonce-${nonce}'`,
				`style-src 'nonce-${nonce}'`,
				"connect-src 'self'",
				"base-uri 'none'",
				"form-action 'none'",
				"frame-ancestors 'self'",
			].join('; '),
		);
		expect(second.html).not.toContain(nonce);
	});
});
