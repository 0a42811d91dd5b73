import { compileTransform } from '../../../openclaw-plugin/src/transform/transform';

const EVENT = {
	id: 'evt_1',
	type: 'error.occurred',
	timestamp: '2026-03-14T10:30:00Z',
	instanceId: 'node-1',
	data: { agentId: 'main', error: { message: 'It "broke"\n{{id}}' }, usage: { inputTokens: 2 } },
};
const NOW = Date.parse('2026-03-14T10:31:00Z');

function transform(template: Record<string, unknown>, maxBytes = 1_048_576): unknown {
	const transformed = compileTransform(template, { maxBytes })(JSON.stringify(EVENT), NOW);
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
		usage: '{"inputTokens":2}',
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
	expect(transform({ text: '{{data.error.message}}' }, 10)).toContain('more than 10 bytes');
	expect(transform({ a: '1234567', b: '1234567' }, 20)).toBe(
		'The transformed event has more than 20 bytes',
	);
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
