import fc from 'fast-check';
import {
	checkConfig,
	checkSignatureHeaders,
	formatEndpointConfig,
	parseConfig,
	parseEvent,
	parseGatewayDirectory,
	parseTemplate,
	renderTemplate,
	signEvent,
	verifyEvent,
	verifyStandardWebhook,
} from '../../protocol';
import type { EndpointConfig, VerifyInput, WebhooksConfig } from '../../protocol';

const NOW = 1_795_435_361;
const RUNS = { numRuns: 1000 };

const anything = fc.anything({ withBigInt: true, withNullPrototype: true, withTypedArray: true });
const secret = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '');
const body = fc.uint8Array({ maxLength: 300 });
const signed = fc.record({
	secret,
	body,
	timestamp: fc.integer({ min: NOW - 300, max: NOW + 300 }),
});

type Signed = typeof signed extends fc.Arbitrary<infer Value> ? Value : never;

function signRequest(request: Signed): VerifyInput {
	const secrets = [request.secret];
	const { body: bytes, timestamp } = request;
	const headers = signEvent({ id: 'evt_1', body: bytes, secret: secrets, timestamp });
	return { headers, body: bytes, secret: secrets, now: NOW };
}

const flip = (bytes: Uint8Array, bit: number): Uint8Array =>
	bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));

/** Texts that come close to the grammar of templates. */
const templateText = fc
	.array(
		fc.oneof(
			fc.constantFrom('{{', '}}', '{', '}', '\\', '.', '[', ']', '"', "'", 'body', 'a', '0', ' '),
			fc.constantFrom('{{body.a}}', '{{body["a"]}}', '{{now}}', '__proto__', '\n', '#'),
			fc.string({ unit: 'binary', maxLength: 4 }),
		),
		{ maxLength: 40 },
	)
	.map((parts) => parts.join(''));

const settings = fc.object({
	key: fc.oneof(
		fc.constantFrom('webhooks', 'endpoints', 'inbound', 'plugins', 'entries', 'event-webhooks'),
		fc.constantFrom('config', 'name', 'url', 'secret', 'events', 'retry', 'filter', 'transform'),
		fc.constantFrom(
			'headers',
			'agents',
			'list',
			'id',
			'agentId',
			'template',
			'__proto__',
			'enabled',
		),
		fc.string({ maxLength: 6 }),
	),
	values: [
		fc.string({ unit: 'binary' }),
		fc.constantFrom('*', 'https://x', '{{body}}', '${A}'),
		fc.double(),
		fc.boolean(),
		fc.constant(null),
	],
	maxDepth: 5,
});

describe('verification, whatever comes', () => {
	it('accepts what was signed', () => {
		fc.assert(
			fc.property(signed, (request) => {
				const input = signRequest(request);
				expect(verifyEvent(input)).toEqual({
					ok: true,
					keyIndex: 0,
					timestamp: request.timestamp,
				});
				expect(verifyStandardWebhook(input).ok).toBe(true);
			}),
			RUNS,
		);
	});

	it('never accepts a body with another bit', () => {
		fc.assert(
			fc.property(
				signed.filter((request) => request.body.length > 0),
				fc.nat(),
				(request, position) => {
					const input = signRequest(request);
					const changed = flip(input.body, position % (input.body.length * 8));
					expect(verifyEvent({ ...input, body: changed }).ok).toBe(false);
					expect(verifyStandardWebhook({ ...input, body: changed }).ok).toBe(false);
				},
			),
			RUNS,
		);
	});

	it('never accepts another body, secret or timestamp', () => {
		fc.assert(
			fc.property(signed, signed, (request, other) => {
				const input = signRequest(request);
				for (const key of ['body', 'secret', 'timestamp'] as const) {
					const changed = signRequest({ ...request, [key]: other[key] });
					const mixed = { ...input, headers: changed.headers };
					const same = JSON.stringify(changed.headers) === JSON.stringify(input.headers);
					expect(verifyEvent(mixed).ok).toBe(same || key === 'timestamp');
					const stale = {
						...input.headers,
						'X-OpenClaw-Timestamp': String(other.timestamp),
					};
					expect(verifyEvent({ ...input, headers: stale }).ok).toBe(
						other.timestamp === request.timestamp,
					);
				}
			}),
			RUNS,
		);
	});

	it('never accepts a header with another character', () => {
		fc.assert(
			fc.property(
				signed,
				fc.constantFrom('X-OpenClaw-Signature', 'X-OpenClaw-Timestamp'),
				fc.nat(),
				fc.string({ unit: 'binary', maxLength: 2 }),
				(request, name, position, text) => {
					const input = signRequest(request);
					const value = String(input.headers[name]);
					const at = position % value.length;
					const changed = value.slice(0, at) + text + value.slice(at + 1);
					const headers = { ...input.headers, [name]: changed };
					expect(verifyEvent({ ...input, headers }).ok).toBe(changed === value);
				},
			),
			RUNS,
		);
	});

	it('never throws and never accepts anything unsigned', () => {
		fc.assert(
			fc.property(anything, anything, anything, anything, anything, (...values) => {
				const [headers, bytes, secrets, now, toleranceSeconds] = values;
				const input = { headers, body: bytes, secret: secrets, now, toleranceSeconds };
				const fields = {
					'x-openclaw-signature': headers,
					'x-openclaw-timestamp': bytes,
					'webhook-id': secrets,
					'webhook-timestamp': now,
					'webhook-signature': toleranceSeconds,
				};
				for (const value of [headers, input, { ...input, headers: fields }]) {
					expect(verifyEvent(value as VerifyInput).ok).toBe(false);
					expect(verifyStandardWebhook(value as VerifyInput).ok).toBe(false);
				}
				expect(checkSignatureHeaders(fields as never, input as never).ok).toBe(false);
			}),
			RUNS,
		);
	});

	it('never throws and never accepts well-formed headers with anything else', () => {
		fc.assert(
			fc.property(anything, anything, anything, (...values) => {
				const [bytes, secrets, toleranceSeconds] = values;
				const headers = {
					'x-openclaw-signature': `sha256=${'0'.repeat(64)}`,
					'x-openclaw-timestamp': String(NOW),
					'webhook-id': 'evt_1',
					'webhook-timestamp': String(NOW),
					'webhook-signature': `v1,${'A'.repeat(43)}=`,
				};
				const input = { headers, body: bytes, secret: secrets, now: NOW };
				for (const value of [input, { ...input, toleranceSeconds }]) {
					expect(verifyEvent(value as VerifyInput).ok).toBe(false);
					expect(verifyStandardWebhook(value as VerifyInput).ok).toBe(false);
				}
			}),
			RUNS,
		);
	});
});

describe('templates, whatever comes', () => {
	it('are read and rendered without throwing', () => {
		fc.assert(
			fc.property(
				fc.oneof(templateText, fc.string({ unit: 'binary' })),
				anything,
				(source, value) => {
					const parsed = parseTemplate(source);
					const rendered = renderTemplate(source, { body: value });
					if (!parsed.ok) {
						expect(rendered).toEqual(parsed);
						const lines = source.split('\n');
						expect(parsed.error.line).toBeLessThanOrEqual(lines.length);
						expect(parsed.error.column).toBeLessThanOrEqual(
							(lines[parsed.error.line - 1] ?? '').length + 1,
						);
					}
				},
			),
			RUNS,
		);
	});

	it('never throw for values that are nothing of the kind', () => {
		fc.assert(
			fc.property(anything, anything, anything, (source, values, options) => {
				expect(typeof parseTemplate(source as string).ok).toBe('boolean');
				expect(typeof renderTemplate(source as string, values as never).ok).toBe('boolean');
				expect(typeof renderTemplate('{{a.b}}', values as never, { limits: {} }).ok).toBe(
					'boolean',
				);
				expect(options).toBe(options);
			}),
			RUNS,
		);
	});

	it('put any text in place unchanged', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), (text) => {
				const rendered = renderTemplate('<{{body.a}}>', { body: { a: text } });
				expect(rendered).toEqual({ ok: true, text: `<${text}>`, missingPaths: [] });
			}),
			RUNS,
		);
	});

	it('leave text without braces alone', () => {
		fc.assert(
			fc.property(
				fc.string({ unit: 'binary' }).filter((text) => !text.includes('{{')),
				(text) => {
					expect(renderTemplate(text, {})).toEqual({ ok: true, text, missingPaths: [] });
				},
			),
			RUNS,
		);
	});
});

describe('configurations, whatever comes', () => {
	it('are read without throwing', () => {
		fc.assert(
			fc.property(fc.oneof(settings, anything), (value) => {
				const checked = checkConfig(value);
				if (!checked.ok) expect(checked.issues[0].message).not.toBe('');
			}),
			RUNS,
		);
	});

	it('have the same issues as a text, with lines', () => {
		fc.assert(
			fc.property(settings, (value) => {
				const text = JSON.stringify(value, null, 1);
				const fromText = parseConfig(text);
				const fromValue = checkConfig(JSON.parse(text));
				expect(fromText.ok).toBe(fromValue.ok);
				if (fromText.ok || fromValue.ok) return;
				expect(fromText.issues.map(({ message }) => message)).toEqual(
					fromValue.issues.map(({ message }) => message),
				);
			}),
			{ numRuns: 200 },
		);
	});

	it('are refused without throwing when they are no JSON5', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), anything), (text) => {
				expect(typeof parseConfig(text as string).ok).toBe('boolean');
			}),
			RUNS,
		);
	});

	it('come back the same after they were written', () => {
		const name = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '');
		const endpoint: fc.Arbitrary<EndpointConfig> = fc.record(
			{
				name,
				url: fc.webUrl(),
				secret: name,
				events: fc.subarray(['message.sent', 'tool.called', '*'] as const, { minLength: 1 }),
				retry: fc.record({
					maxAttempts: fc.integer({ min: 1, max: 20 }),
					backoffMs: fc.nat(3_600_000),
				}),
				filter: fc.record({ agentIds: fc.array(name), channels: fc.array(name) }),
				allowPrivateHosts: fc.boolean(),
			},
			{ requiredKeys: ['name', 'url', 'events'] },
		);
		fc.assert(
			fc.property(endpoint, (value) => {
				const parsed = parseConfig(formatEndpointConfig(value));
				const config: WebhooksConfig | undefined = parsed.ok ? parsed.config : undefined;
				expect(config?.endpoints).toEqual([value]);
			}),
			{ numRuns: 300 },
		);
	});
});

describe('answers and events, whatever comes', () => {
	it('are read without throwing', () => {
		fc.assert(
			fc.property(anything, (value) => {
				expect(typeof parseEvent(value).ok).toBe('boolean');
				expect(typeof parseGatewayDirectory(value).ok).toBe('boolean');
				const answer = { ok: true, endpoints: [value], agents: [value] };
				expect(parseGatewayDirectory(answer).ok).toBe(true);
			}),
			RUNS,
		);
	});
});
