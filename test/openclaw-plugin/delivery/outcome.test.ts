import type { DeliveryResponse } from '../../../openclaw-plugin/src/delivery/httpClient';
import { createRedactor, readOutcome } from '../../../openclaw-plugin/src/delivery/outcome';
import type { Outcome } from '../../../openclaw-plugin/src/delivery/outcome';

const NOW = 1_800_000_000_000;
const WEBHOOK = { kind: 'webhook', name: 'crm' } as const;
const N8N = { ...WEBHOOK, registrant: 'n8n-1' } as const;
const CALLBACK = { ...WEBHOOK, kind: 'callback' } as const;
const PAGE = { contentType: 'text/html; charset=utf-8', body: '<html><title>Sign in</title>' };

function answered(status: number, more: object = {}): DeliveryResponse {
	return { kind: 'answered', status, durationMs: 5, body: '', ...more };
}

const read = (status: number, more: object = {}, receiver: object = WEBHOOK): Outcome =>
	readOutcome(answered(status, more), { ...WEBHOOK, ...receiver }, NOW);

describe('readOutcome', () => {
	it.each([200, 201, 202, 204, 299])('takes %d for a delivery', (status) => {
		expect(read(status)).toEqual({ kind: 'delivered' });
	});

	it("tries again what n8n's start page has answered", () => {
		const page = { body: 'n8n is starting up. Please wait' };
		expect(read(200, page)).toMatchObject({
			kind: 'failed',
			isEndpointFault: true,
			error: expect.stringContaining('n8n is starting up') as string,
		});
		expect(read(200, { body: '{"received":true}' })).toEqual({
			kind: 'delivered',
		});
	});

	it.each([301, 302, 307, 401, 403, 404, 405, 408, 421, 500, 502, 503, 504])(
		'takes %d for a fault of the endpoint',
		(status) => {
			expect(read(status)).toMatchObject({
				kind: 'failed',
				isEndpointFault: true,
			});
		},
	);

	it.each([400, 402, 406, 409, 411, 413, 415, 422])(
		'takes %d for a fault of the event',
		(status) => {
			expect(read(status)).toMatchObject({
				kind: 'failed',
				isEndpointFault: false,
			});
		},
	);

	it('takes 410 for the wish to get nothing any more', () => {
		expect(read(410)).toMatchObject({ kind: 'gone' });
	});

	it('of a callback says nothing about the endpoint', () => {
		expect(read(410, {}, CALLBACK)).toMatchObject({ kind: 'final' });
		const faults = [302, 401, 404, 409, 408, 503].map((status) => read(status, {}, CALLBACK));
		expect(
			faults.map((outcome) => 'isEndpointFault' in outcome && outcome.isEndpointFault),
		).toEqual([false, false, false, false, true, true]);
	});

	it('holds the endpoint for as long as it asks', () => {
		const error = 'HTTP 429: it got too many requests';
		expect(read(429)).toEqual({ kind: 'held', by: 'receiver', error, askedMs: undefined });
		expect(read(429, { retryAfter: '7' })).toMatchObject({ kind: 'held', askedMs: 7000 });
		expect(read(503, { retryAfter: '120' })).toMatchObject({ kind: 'held', askedMs: 120_000 });
		expect(read(503)).toMatchObject({ kind: 'failed', isEndpointFault: true });
	});

	it("reads a date by the receiver's own clock", () => {
		const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
		const retryAfter = 'Wed, 21 Oct 2026 07:28:30 GMT';
		expect(read(429, { date, retryAfter })).toMatchObject({ askedMs: 30_000 });
	});

	it.each([400, 413, 422])('takes %d with an answer for a refusal, and quotes it', (status) => {
		const body = '{"error":"no_text"}\n';
		expect(read(status, { body })).toEqual({
			kind: 'refused',
			error: expect.stringMatching(
				new RegExp(`^HTTP ${status}: .*: \\{"error":"no_text"\\}$`),
			) as string,
		});
	});

	it('quotes the beginning of a long answer, and the title of a page', () => {
		const { error } = read(400, { body: 'x'.repeat(5000) }) as { error: string };
		expect(error).toBe(`HTTP 400: the receiver refused the event: ${'x'.repeat(200)}…`);
		expect(read(413, { ...PAGE, body: '<title>413 Too Large</title>' })).toMatchObject({
			error: 'HTTP 413: the event is too large for it: 413 Too Large',
		});
	});

	it('takes a page for no delivery where n8n made the endpoint', () => {
		expect(read(200, PAGE, N8N)).toMatchObject({
			kind: 'failed',
			isEndpointFault: true,
			error: expect.stringContaining('with a web page (text/html)') as string,
		});
	});

	it('warns of a page elsewhere', () => {
		expect(read(200, PAGE)).toEqual({
			kind: 'delivered',
			warning: expect.stringContaining('web page (text/html)') as string,
		});
	});

	it.each(['proxy', 'settings'] as const)('holds the endpoint for a fault of the %s', (reason) => {
		const response = { kind: 'unanswered', reason, message: 'why', durationMs: 5 } as const;
		expect(readOutcome(response, WEBHOOK, NOW)).toEqual({
			kind: 'held',
			by: reason,
			error: 'why',
			askedMs: undefined,
		});
	});

	it("holds the endpoint for a proxy's own answer", () => {
		expect(read(407, { isFromProxy: true })).toMatchObject({ kind: 'held', by: 'proxy' });
		expect(read(407)).toMatchObject({ kind: 'failed' });
	});

	it.each([
		[
			401,
			{},
			'HTTP 401: it refused the signature or the credentials. Probably it has another secret',
		],
		[
			404,
			{},
			'HTTP 404: it has nothing at this URL (an n8n workflow that is not published answers so)',
		],
		[500, {}, 'HTTP 500: the receiver failed'],
		[422, {}, 'HTTP 422: the receiver refused the event'],
		[
			302,
			{ location: 'https://login.example/secret?token=1' },
			"HTTP 302: the receiver redirects to https://login.example; set the endpoint's url to where it is",
		],
		[
			301,
			{ location: '/there' },
			"HTTP 301: the receiver redirects; set the endpoint's url to where it is",
		],
	])('explains %d', (status, more, error) => {
		expect(read(status, more)).toMatchObject({ error });
	});

	it.each([
		['timeout', true],
		['network', false],
		['blocked', false],
	] as const)('takes %s for a fault of the endpoint', (reason, rotatesProbe) => {
		const response = { kind: 'unanswered', reason, message: 'why', durationMs: 5 } as const;
		expect(readOutcome(response, WEBHOOK, NOW)).toEqual({
			kind: 'failed',
			error: 'why',
			isEndpointFault: true,
			rotatesProbe,
			retryAfterMs: undefined,
		});
	});
});

describe('createRedactor', () => {
	const ENDPOINT = {
		secrets: ['whsec_c2VjcmV0IG9uZQ', 'an older secret'],
		headers: { Authorization: 'Bearer abc.def.ghi', 'X-Short': 'on', 'X-API-Key': 'key-$&-1' },
	};
	const redact = createRedactor(
		ENDPOINT,
		new URL('https://user:p%40ssword@crm.example/hook?token=q%20secret&v=2'),
	);

	it.each([
		['secrets', 'got whsec_c2VjcmV0IG9uZQ and an older secret', 'got [redacted] and [redacted]'],
		['a secret without its prefix', 'c2VjcmV0IG9uZQ', '[redacted]'],
		[
			'values of headers',
			'{"authorization":"Bearer abc.def.ghi"}',
			'{"authorization":"[redacted]"}',
		],
		['tokens of headers', 'token abc.def.ghi is bad', 'token [redacted] is bad'],
		['values with special characters', 'key-$&-1!', '[redacted]!'],
		['the password of the URL', 'p@ssword p%40ssword', '[redacted] [redacted]'],
		['the query of the URL', 'q secret, q%20secret, 2', '[redacted], [redacted], 2'],
		['signatures', `sha256=${'a'.repeat(64)},v1,${'B'.repeat(43)}=`, '[redacted],[redacted]'],
		['nothing else', 'The value on is fine', 'The value on is fine'],
	])('takes out %s', (_, text, expected) => {
		expect(redact(text)).toBe(expected);
	});

	it('copes with URLs that are not well written', () => {
		const url = new URL('https://user:100%secret@crm.example/?q=%E0%A4%A');
		expect(createRedactor(ENDPOINT, url)('100%secret')).toBe('[redacted]');
	});

	it('keeps 2 KB', () => {
		expect(redact(`${'x'.repeat(2047)}👍`)).toBe('x'.repeat(2047));
		expect(redact('y'.repeat(5000))).toHaveLength(2048);
		expect(redact(' \n')).toBeUndefined();
	});

	it('leaves no part of a secret at the cut', () => {
		expect(redact(`${'x'.repeat(2040)}an older secret`)).toBe(`${'x'.repeat(2040)}[redacte`);
	});
});
