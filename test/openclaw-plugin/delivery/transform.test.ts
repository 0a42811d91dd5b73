import { compileTransform } from '../../../openclaw-plugin/src/delivery/transform';

const EVENT = {
	id: 'evt_1',
	type: 'error.occurred',
	timestamp: '2026-03-14T10:30:00Z',
	instanceId: 'node-1',
	data: { agentId: 'main', error: { message: 'It "broke"\n{{id}}' }, usage: { inputTokens: 2 } },
};
const NOW = Date.parse('2026-03-14T10:31:00Z');

function transform(
	template: Record<string, unknown>,
	options: { readonly maxBytes?: number; readonly url?: string } = {},
	data: object = EVENT.data,
): unknown {
	const { maxBytes = 1_048_576, url } = options;
	const event = JSON.stringify({ ...EVENT, data });
	const transformed = compileTransform(template, { maxBytes, url })(event, NOW);
	return transformed.ok ? (JSON.parse(transformed.body) as unknown) : transformed.message;
}

it('fills in the texts, and leaves all else as it is', () => {
	const rendered = transform({
		text: '🚨 {{data.error.message}} at {{timestamp}}',
		blocks: [{ type: 'section', text: 'Agent: {{data.agentId}}' }, 7, null, true],
		usage: '{{data.usage}}',
		'{{id}}': '{{event.id}} {{id}} {{type}} {{instanceId}}',
		now: '{{now}}',
		missing: '[{{data.nothing}}]',
	});
	expect(rendered).toEqual({
		text: '🚨 It "broke"\n{{id}} at 2026-03-14T10:30:00Z',
		blocks: [{ type: 'section', text: 'Agent: main' }, 7, null, true],
		usage: { inputTokens: 2 },
		'{{id}}': 'evt_1 evt_1 error.occurred node-1',
		now: '2026-03-14T10:31:00.000Z',
		missing: '[]',
	});
});

it.each([
	[{ text: '{{body.x}}' }, "'transform.text' cannot be read: 'body' is not one of"],
	[{ list: ['a', { b: '{{' }] }, "'transform.list[1].b' cannot be read"],
	[deep(40), 'is nested too deep'],
])('says where %j cannot be read', (template, message) => {
	expect(transform(template)).toContain(message);
});

it('keeps within the size of a body', () => {
	expect(transform({ text: '{{data.error.message}}' }, { maxBytes: 10 })).toContain(
		'more than 10 bytes',
	);
	expect(transform({ text: 'at {{data.error.message}}' }, { maxBytes: 12 })).toContain(
		'more than 12 bytes',
	);
	expect(transform({ a: '1234567', b: '1234567' }, { maxBytes: 20 })).toBe(
		'The transformed event has more than 20 bytes',
	);
});

it('is given up early where a small transform repeats a large event', () => {
	const body = JSON.stringify({ ...EVENT, data: { text: 'x'.repeat(500_000) } });
	const repeated = Object.fromEntries(
		[...Array(200).keys()].map((index) => [`k${String(index)}`, 'event: {{event}}']),
	);
	const render = compileTransform(repeated, { maxBytes: 1_048_576 });
	const startedAt = performance.now();
	const before = process.memoryUsage().rss;
	const transformed = render(body, NOW);
	expect(transformed).toMatchObject({ ok: false });
	// All of it would be 100 MB and a second.
	expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
	expect(performance.now() - startedAt).toBeLessThan(300);
});

describe('a text that is one placeholder', () => {
	const data = { amount: 12.5, isPaid: true, tags: ['a', '{{id}}'], none: null, name: 'Ada' };

	it('becomes the value, of its type', () => {
		expect(
			transform(
				{
					amount: '{{ data.amount }}',
					isPaid: '{{data.isPaid}}',
					tags: '{{data.tags}}',
					none: '{{data.none}}',
					absent: '{{data.absent}}',
					name: '{{data.name}}',
					list: ['{{data.amount}}'],
				},
				{},
				data,
			),
		).toEqual({ ...data, absent: null, list: [12.5] });
	});

	it('stays a text beside anything else', () => {
		expect(
			transform({ a: '{{data.amount}} ', b: '{{data.amount}}{{data.isPaid}}' }, {}, data),
		).toEqual({ a: '12.5 ', b: '12.5true' });
	});
});

describe('formats', () => {
	it('write values as they are asked to', () => {
		const data = { text: '<!channel> "a" & b', usage: { inputTokens: 2 }, long: 'x'.repeat(5000) };
		const rendered = transform(
			{
				slack: '{{ data.text | slack }}',
				json: '{"text":{{data.text|json}},"none":{{data.none | json}},"n":{{data.usage | json}}}',
				long: '{{data.long | truncate:3000}}',
				short: '{{data.text | truncate:3000}}',
			},
			{},
			data,
		);
		expect(rendered).toEqual({
			slack: '&lt;!channel&gt; "a" &amp; b',
			json: '{"text":"<!channel> \\"a\\" & b","none":null,"n":{"inputTokens":2}}',
			long: `${'x'.repeat(2999)}…`,
			short: data.text,
		});
	});

	it('that are none are found before anything is sent', () => {
		expect(transform({ text: '{{data.text | slak}}' })).toContain("Did you mean 'slack'?");
	});
});

describe('to Slack', () => {
	const url = 'https://hooks.slack.com/services/T/B/x';
	const data = { error: { message: '<!channel> a & b <https://evil.example|x>' } };
	const escaped = '&lt;!channel&gt; a &amp; b &lt;https://evil.example|x&gt;';

	it('texts are escaped, as in the example of the documentation', () => {
		expect(transform({ text: '🚨 {{data.error.message}}' }, { url }, data)).toEqual({
			text: `🚨 ${escaped}`,
		});
		expect(transform({ text: '{{data.error.message}}' }, { url }, data)).toEqual({ text: escaped });
	});

	it('texts in blocks and cut ones are, URLs and other keys are not', () => {
		const rendered = transform(
			{
				blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'E: {{data.error.message}}' } }],
				attachments: [
					{ fallback: '{{data.error.message | truncate:12}}', title: 'Usage {{data.n}}' },
				],
				url: '{{data.error.message}}',
			},
			{ url },
			{ ...data, n: 1 },
		);
		expect(rendered).toEqual({
			blocks: [{ type: 'section', text: { type: 'mrkdwn', text: `E: ${escaped}` } }],
			attachments: [{ fallback: '&lt;!channe…', title: 'Usage 1' }],
			url: data.error.message,
		});
	});

	it('what is raw or already escaped stays as it is', () => {
		expect(
			transform(
				{ text: '{{data.error.message | raw}} {{data.error.message | slack}}' },
				{ url },
				data,
			),
		).toEqual({ text: `${data.error.message} ${escaped}` });
	});

	it.each(['https://hooks.slack.com.evil.example/', 'https://example.com/hooks.slack.com', 'x'])(
		'is not to %s',
		(other) => {
			expect(transform({ text: '{{data.error.message}}' }, { url: other }, data)).toEqual({
				text: data.error.message,
			});
		},
	);
});

it('lets no half of a character leave', () => {
	const body = JSON.stringify({ ...EVENT, data: { a: 'half \ud83d', b: '\\ud83d', c: '👍' } });
	const render = compileTransform(
		{ a: '{{data.a}}', b: '{{data.b}}', c: '{{data.c | truncate:2}}', d: 'x \udc00' },
		{ maxBytes: 1000 },
	);
	expect(render(body, NOW)).toEqual({
		ok: true,
		body: '{"a":"half \ufffd","b":"\\\\ud83d","c":"👍","d":"x \ufffd"}',
	});
});

it('renders texts of the size of the largest event', () => {
	const text = 'x'.repeat(500_000);
	const body = JSON.stringify({ ...EVENT, data: { text } });
	const transformed = compileTransform({ text: '{{data.text}}' }, { maxBytes: 1_048_576 })(
		body,
		NOW,
	);
	expect(transformed).toEqual({ ok: true, body: JSON.stringify({ text }) });
});

it('does not throw over an event that is none', () => {
	const transformed = compileTransform({ text: '{{id}}' }, { maxBytes: 100 })('{', NOW);
	expect(transformed).toEqual({ ok: false, message: 'The event to transform cannot be read' });
});

function deep(levels: number): Record<string, unknown> {
	return levels === 0 ? {} : { inner: deep(levels - 1) };
}
