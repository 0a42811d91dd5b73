import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderTemplate } from '../../protocol';

interface MustacheCase {
	readonly name: string;
	readonly data: unknown;
	readonly template: string;
	readonly expected: string;
}

const { tests } = JSON.parse(
	readFileSync(join(__dirname, '../fixtures/mustache/interpolation.json'), 'utf8'),
) as { readonly tests: readonly MustacheCase[] };

const isLogic = ({ template }: MustacheCase): boolean =>
	template.includes('{{#') || /\{\{[{&]?\s*\./.test(template);
const isEscaping = ({ name }: MustacheCase): boolean => name.endsWith('HTML Escaping');

/** Mustache writes a value as it is with `{{{x}}}` or `{{&x}}`; here `{{x}}` does. */
function toPlain(template: string): string {
	return template.replaceAll('{{{', '{{').replaceAll('}}}', '}}').replaceAll('{{&', '{{');
}

describe('the interpolation cases of the Mustache specification', () => {
	const plain = tests.filter((test) => !isLogic(test) && !isEscaping(test));
	const logic = tests.filter(isLogic);

	it('are as many as they were', () => {
		expect([plain.length, logic.length, tests.length]).toEqual([31, 10, 42]);
	});

	it.each(plain)('hold without escaping: $name', ({ data, template, expected }) => {
		const rendered = renderTemplate(toPlain(template), data as Record<string, unknown>);
		expect(rendered).toMatchObject({ ok: true, text: expected });
	});

	it.each(logic)('are refused where they are logic: $name', ({ data, template }) => {
		const rendered = renderTemplate(toPlain(template), data as Record<string, unknown>);
		expect(rendered).toMatchObject({ ok: false, error: { code: 'invalid-path' } });
	});
});
