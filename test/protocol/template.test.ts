import { INBOUND_ROOTS, parseTemplate, renderTemplate, TEMPLATE_LIMITS } from '../../protocol';
import type { Template, TemplateError, TemplateOptions } from '../../protocol';

function read(source: string, options?: TemplateOptions): Template {
	const parsed = parseTemplate(source, options);
	if (!parsed.ok) throw new Error(parsed.error.message);
	return parsed.template;
}

function errorOf(source: unknown, options?: TemplateOptions): TemplateError | undefined {
	const parsed = parseTemplate(source as string, options);
	return parsed.ok ? undefined : parsed.error;
}

function render(source: string, body: unknown, options?: TemplateOptions): unknown {
	const rendered = renderTemplate(source, { body }, options);
	return rendered.ok ? rendered.text : rendered.error;
}

describe('parseTemplate', () => {
	it('lists the placeholders in order', () => {
		const { placeholders } = read('{{body.repo}} {{ body["a b"][0].c }} {{now}}');
		expect(placeholders.map(({ path, root, segments }) => ({ path, root, segments }))).toEqual([
			{ path: 'body.repo', root: 'body', segments: ['repo'] },
			{ path: 'body["a b"][0].c', root: 'body', segments: ['a b', 0, 'c'] },
			{ path: 'now', root: 'now', segments: [] },
		]);
	});

	it.each([
		['letters of any script', '{{body.标题.größe.नाम}}', ['标题', 'größe', 'नाम']],
		['digits, underscores, dashes and dollars', '{{body.0.a-b._c.$d}}', ['0', 'a-b', '_c', '$d']],
		['white space around the path', '{{\t\r\n body.a \n}}', ['a']],
		['either quote', `{{body['a']["b"]}}`, ['a', 'b']],
		['the other quote inside', `{{body['"']["'"]}}`, ['"', "'"]],
		['braces in a quoted name', '{{body["}}"].a}}', ['}}', 'a']],
		['an empty quoted name', '{{body[""]}}', ['']],
		['escapes', String.raw`{{body["\"\'\\\n\r\t\u4f60"]}}`, ['"\'\\\n\r\t你']],
		['large indexes', '{{body[999999999]}}', [999_999_999]],
	])('reads %s', (_, source, segments) => {
		expect(read(source).placeholders[0]?.segments).toEqual(segments);
	});

	it.each([
		['a section', '{{#body}}', 'invalid-path', 1, 3],
		['a helper', '{{body.a | upper}}', 'invalid-path', 1, 10],
		['a call', '{{body.a()}}', 'invalid-path', 1, 9],
		['three braces', '{{{body.a}}}', 'invalid-path', 1, 3],
		['an n8n expression', 'x {{ $json["a"] + 1 }}', 'invalid-path', 1, 17],
		['two names', '{{body title}}', 'invalid-path', 1, 8],
		['a root that starts with a digit', '{{0body}}', 'invalid-path', 1, 3],
		['a dot without a name', '{{body.}}', 'invalid-path', 1, 8],
		['a negative index', '{{body[-1]}}', 'invalid-path', 1, 8],
		['an index of ten digits', '{{body[1234567890]}}', 'invalid-path', 1, 17],
		['an index that is left open', '{{body[0}}', 'invalid-path', 1, 9],
		['an unknown escape', String.raw`{{body["\x"]}}`, 'invalid-path', 1, 10],
		['one closing brace', '{{body.a}', 'invalid-path', 1, 9],
		['nothing between the braces', 'a\n {{ }}', 'empty-placeholder', 2, 2],
		['no end', 'line\nline {{body.a', 'unclosed-placeholder', 2, 6],
		['no end of a name', '{{body["a]}}', 'unclosed-placeholder', 1, 1],
		['braces at the very end', '1{{2{{', 'invalid-path', 1, 4],
		['a proto name', '{{body.__proto__}}', 'forbidden-key', 1, 8],
		['a quoted proto name', '{{body["__proto__"]}}', 'forbidden-key', 1, 8],
		['an escaped proto name', String.raw`{{body["\u005f_proto__"]}}`, 'forbidden-key', 1, 8],
		['a prototype', '{{body.prototype}}', 'forbidden-key', 1, 8],
		['a constructor as the root', '{{constructor.name}}', 'forbidden-key', 1, 3],
	])('refuses %s and tells where', (_, source, code, line, column) => {
		expect(errorOf(source)).toMatchObject({ code, line, column });
	});

	it('says what was expected, and that there is no logic', () => {
		expect(errorOf('{{#if body.a}}')?.message).toBe(
			"Expected a name such as 'body' but found '#'. Conditions, loops and helpers are not supported",
		);
		expect(errorOf('{{body.a b}}')?.message).toBe("Expected '}}' after 'body.a' but found 'b'");
		expect(errorOf(`{{${'a'.repeat(50)} 😀}}`)?.message).toBe(
			`Expected '}}' after '${'a'.repeat(40)}…' but found '😀'`,
		);
	});

	it('allows only the roots it is given', () => {
		expect(errorOf('{{data.title}}', { roots: INBOUND_ROOTS })).toEqual({
			code: 'unknown-root',
			message: "'data' is not one of 'body', 'headers', 'query', 'now'",
			line: 1,
			column: 3,
		});
		expect(errorOf('{{now}}{{query.a}}', { roots: INBOUND_ROOTS })).toBeUndefined();
	});

	it.each([undefined, null, 7, {}, ['{{a}}']])('refuses %j, which is no text', (source) => {
		expect(errorOf(source)).toMatchObject({ code: 'not-text', line: 1, column: 1 });
	});

	it('refuses more bytes than the limit, not more characters', () => {
		expect(errorOf('x'.repeat(65_536))).toBeUndefined();
		expect(errorOf('x'.repeat(65_537))).toMatchObject({ code: 'template-too-large' });
		expect(errorOf('你'.repeat(30_000))).toMatchObject({ code: 'template-too-large' });
		expect(errorOf('xx', { limits: { maxTemplateBytes: 1 } })?.message).toBe(
			'The template has more than 1 bytes',
		);
	});

	it('refuses more placeholders than the limit', () => {
		expect(errorOf('{{a}}'.repeat(500))).toBeUndefined();
		expect(errorOf('{{a}}'.repeat(501))).toMatchObject({
			code: 'too-many-placeholders',
			column: 2501,
		});
	});

	it('refuses paths deeper than the limit', () => {
		const path = Array.from({ length: 32 }, () => 'a').join('.');
		expect(errorOf(`{{${path}}}`)).toBeUndefined();
		expect(errorOf(`{{${path}.a}}`)).toMatchObject({ code: 'too-deep' });
	});

	it('reads more different placeholders than it remembers', () => {
		const paths = Array.from({ length: 700 }, (_, index) => `body.a${String(index)}`);
		const source = paths.map((path) => `{{${path}}}{{${path}}}`).join('');
		const { placeholders } = read(source, { limits: { maxPlaceholders: 1400 } });
		expect(placeholders.map(({ path }) => path)).toEqual(paths.flatMap((path) => [path, path]));
	});

	it('does not take a cut-off placeholder for an earlier one', () => {
		expect(errorOf('{{a}} {{aX')).toMatchObject({ code: 'unclosed-placeholder', column: 7 });
		expect(errorOf('{{a}}{{a}')).toMatchObject({ code: 'invalid-path' });
	});
});

describe('renderTemplate', () => {
	it.each([
		['texts verbatim', '{{body}}', '<b> & "x" 你好 👋\n', '<b> & "x" 你好 👋\n'],
		['numbers', '{{body}}', -1.5e300, '-1.5e+300'],
		['zero', '{{body}}', 0, '0'],
		['booleans', '{{body}}', false, 'false'],
		['big integers', '{{body}}', 12n, '12'],
		['objects as JSON', '{{body}}', { a: [1, null] }, '{"a":[1,null]}'],
		['lists as JSON', '{{body}}', ['x', { y: 1 }], '["x",{"y":1}]'],
		['entries of lists', '{{body[1]}}{{body.0}}', ['a', 'b'], 'ba'],
		['names with dots in brackets', '{{body["a.b"]}}', { 'a.b': 1 }, '1'],
		['an empty text', '[{{body}}]', '', '[]'],
		[
			'template texts in values as they are',
			'{{body.a}}',
			{ a: '{{body.b}}', b: 'no' },
			'{{body.b}}',
		],
		['replacement patterns in values as they are', '{{body}}', "$& $1 $'", "$& $1 $'"],
		['closing braces in the text', '}} {{body}} }', 1, '}} 1 }'],
	])('writes %s', (_, source, body, text) => {
		expect(render(source, body)).toBe(text);
	});

	it.each([
		[String.raw`\{{body}}`, '{{body}}'],
		[String.raw`\\{{body}}`, String.raw`\1`],
		[String.raw`\\\{{body}}`, String.raw`\\1`],
		[String.raw`{{body}}\{{`, '1{{'],
		[String.raw`\{{\{{ {{body}}`, '{{{{ 1'],
		[String.raw`a\b {{body}}`, String.raw`a\b 1`],
		[String.raw`\{{{body}}}`, '{{{body}}}'],
	])('takes a backslash before braces for an escape: %s', (source, text) => {
		expect(render(source, 1)).toBe(text);
	});

	it('reports missing paths once each, null among them', () => {
		const values = { body: { a: { b: null }, text: 'x', list: [], f: (): number => 1 } };
		const source =
			'[{{body.a.b}}{{body.a.c}}{{body.text.length}}{{body.list[0]}}{{query.x}}{{body.f}}{{body.a.c}}]';
		expect(renderTemplate(source, values)).toEqual({
			ok: true,
			text: '[]',
			missingPaths: [
				'body.a.b',
				'body.a.c',
				'body.text.length',
				'body.list[0]',
				'query.x',
				'body.f',
			],
		});
	});

	it('sees own properties only', () => {
		const inherited = Object.create({ secret: 'x' }) as object;
		for (const path of ['toString', 'hasOwnProperty', 'valueOf.name', 'secret']) {
			expect(render(`[{{body.${path}}}]`, inherited)).toBe('[]');
		}
		expect(renderTemplate('[{{toString}}]', {})).toMatchObject({ text: '[]' });
	});

	it('renders a template that was read before, any number of times', () => {
		const template = read('Disk {{body.disk}}');
		expect(renderTemplate(template, { body: { disk: 'sda' } })).toMatchObject({ text: 'Disk sda' });
		expect(renderTemplate(template, { body: {} })).toMatchObject({ text: 'Disk ' });
	});

	it('returns what is wrong with the template', () => {
		expect(render('{{body', 1)).toMatchObject({ code: 'unclosed-placeholder' });
		expect(renderTemplate(null as unknown as string, {})).toMatchObject({
			error: { code: 'not-text' },
		});
		expect(renderTemplate({} as Template, {})).toMatchObject({ error: { code: 'not-text' } });
	});

	it('refuses values that JSON cannot hold', () => {
		const cycle: Record<string, unknown> = {};
		cycle.self = cycle;
		const throwing = {
			get a(): never {
				throw new Error('no');
			},
		};
		expect(render('a\n{{body}}', cycle)).toMatchObject({ code: 'unreadable-value', line: 2 });
		expect(render('{{body}}', [1n])).toMatchObject({ code: 'unreadable-value' });
		expect(render('{{body.a}}', throwing)).toMatchObject({ code: 'unreadable-value' });
	});

	it('refuses output beyond the limit in bytes', () => {
		const limits = { maxOutputBytes: 6 };
		expect(render('{{body}}', '你好', { limits })).toBe('你好');
		expect(render('{{body}}', '你好!', { limits })).toMatchObject({ code: 'output-too-large' });
		expect(render('1234567', 0, { limits })).toMatchObject({ code: 'output-too-large', column: 1 });
		expect(render('ab{{body}}{{body}}', 'xyz', { limits })).toMatchObject({
			code: 'output-too-large',
			column: 3,
		});
		expect(render('{{body}}'.repeat(500), 'x'.repeat(10_000))).toMatchObject({
			code: 'output-too-large',
			message: `The rendered text has more than ${String(TEMPLATE_LIMITS.maxOutputBytes)} bytes`,
		});
	});

	it('survives values without any', () => {
		expect(renderTemplate('[{{body}}]', null as unknown as Record<string, unknown>)).toEqual({
			ok: true,
			text: '[]',
			missingPaths: ['body'],
		});
	});
});
