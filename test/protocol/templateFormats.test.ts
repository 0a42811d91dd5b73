import { parseTemplate, renderTemplate } from '../../protocol';
import { readWhole } from '../../protocol/template';
import { wellFormedJson } from '../../protocol/wellFormed';

const FAMILY = '👨‍👩‍👧';

function render(template: string, data: unknown): string {
	const rendered = renderTemplate(template, { data }, { hasFormats: true });
	return rendered.ok ? rendered.text : rendered.error.message;
}

it.each([
	['{{data|slack}}', '<@U1> & >', '&lt;@U1&gt; &amp; &gt;'],
	['{{ data | json }}', 'say "a"', '"say \\"a\\""'],
	['{{ data | json }}', undefined, 'null'],
	['{{ data | json }}', 7n, '7'],
	['{{ data | truncate:5 | json }}', 'abcdefg', '"abcd…"'],
	['{{ data | slack }}', undefined, ''],
	['{{ data | raw }}', '<', '<'],
	['{{ data | truncate:5 }}', 'abcde', 'abcde'],
	['{{ data | truncate:5 }}', 'abcdef', 'abcd…'],
	['{{ data | truncate:1 }}', 'abc', '…'],
	['{{ data | truncate:3 }}', 'a👍👍', 'a…'],
	['{{ data | truncate:4 }}', 'a👍👍', 'a👍…'],
	['{{ data | truncate:6 }}', `a${FAMILY}`, 'a…'],
	['{{ data | truncate:3 }}', 'ae\u0301e\u0301', 'a…'],
	['{{ data | truncate:100 }}', 'x'.repeat(1000), `${'x'.repeat(99)}…`],
	['{{ data | slack | truncate:4 }}', 'a<bcdef', 'a…'],
	['{{ data | truncate:4 | slack }}', 'a<bcdef', 'a&lt;b…'],
	['{{ data | truncate:7 }}', { a: [1, 2, 3] }, '{"a":[…'],
])('%s of %j is %j', (template, data, text) => {
	expect(render(template, data)).toBe(text);
});

it.each([
	['{{ data | slak }}', "Did you mean 'slack'?"],
	['{{ data | truncate }}', "Did you mean 'truncate:3000'?"],
	['{{ data | truncate:0 }}', "'truncate:0' is not one of"],
	['{{ data | truncate: }}', "'truncate:' is not one of"],
	['{{ data | json:2 }}', "'json:2' is not one of"],
	[
		'{{ data | upperFirst }}',
		"'upperFirst' is not one of 'slack', 'json', 'raw' and 'truncate:3000'",
	],
	['{{ data | }}', "Expected a format such as 'slack' after '|'"],
	['{{ data | slack', "ends without '}}' after 'data | slack'"],
	[`{{ data ${'| raw '.repeat(6)}}}`, "Expected '}}' after"],
])('%s is refused: %s', (template, message) => {
	expect(render(template, 'x')).toContain(message);
});

it('for Slack all is escaped that is not raw', () => {
	const template = '{{data}} {{data | json}} {{data | slack}} {{data | truncate:4}} {{data | raw}}';
	expect(
		renderTemplate(template, { data: '<a>' }, { hasFormats: true, isForSlack: true }),
	).toMatchObject({ text: '&lt;a&gt; "&lt;a&gt;" &lt;a&gt; … <a>' });
});

it('are not for templates of messages, where they count as logic', () => {
	expect(parseTemplate('{{body.x | json}}')).toMatchObject({
		ok: false,
		error: { code: 'invalid-path' },
	});
});

it.each([
	['{{data}}', { ok: true, value: { a: 1 } }],
	['{{ data.a }}', { ok: true, value: 1 }],
	['{{data.b}}', { ok: true, value: undefined }],
	[' {{data}}', undefined],
	['{{data}}{{data}}', undefined],
	['{{data | json}}', undefined],
	['text', undefined],
])('%s as a whole is %j', (template, whole) => {
	const parsed = parseTemplate(template, { hasFormats: true });
	if (!parsed.ok) throw new Error(parsed.error.message);
	expect(readWhole(parsed.template, { data: { a: 1 } })).toEqual(whole);
});

it('a value that throws is no value', () => {
	const parsed = parseTemplate('{{data.a}}');
	if (!parsed.ok) throw new Error(parsed.error.message);
	const data = {
		get a(): unknown {
			throw new Error('no');
		},
	};
	expect(readWhole(parsed.template, { data })).toEqual({ ok: false });
	expect(renderTemplate('{{data.a}}', { data }).ok).toBe(false);
});

it.each([
	['half \ud83d', 'half \ufffd'],
	['\udc4d half', '\ufffd half'],
	['👍', '👍'],
	['\\ud83d', '\\ud83d'],
	['\\\ud83d', '\\\ufffd'],
	['plain', 'plain'],
])('JSON of %j is well-formed', (text, sound) => {
	expect(JSON.parse(wellFormedJson(JSON.stringify(text)))).toBe(sound);
	expect(wellFormedJson(JSON.stringify(text)).isWellFormed()).toBe(true);
});
