import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatJson5, parseJson5 } from '../../protocol';

interface Json5Case {
	readonly name: string;
	readonly kind: 'json' | 'json5' | 'js' | 'txt';
	readonly text: string;
}

const { cases } = JSON.parse(
	readFileSync(join(__dirname, '../fixtures/json5-tests/cases.json'), 'utf8'),
) as { readonly cases: readonly Json5Case[] };

describe("JSON5's own test suite", () => {
	it('has all its cases', () => {
		expect(cases).toHaveLength(113);
	});

	it.each(cases.filter(({ kind }) => kind === 'json'))('reads JSON as JSON: $name', ({ text }) => {
		expect(parseJson5(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
	});

	it.each(cases.filter(({ kind }) => kind === 'json5'))('accepts $name', ({ text }) => {
		expect(parseJson5(text)).toMatchObject({ ok: true });
	});

	it.each(cases.filter(({ kind }) => kind === 'js' || kind === 'txt'))(
		'refuses $name and tells where',
		({ text }) => {
			expect(parseJson5(text)).toEqual({
				ok: false,
				message: expect.stringMatching(/^invalid [^:]+(?:'.*')?$/) as string,
				line: expect.any(Number) as number,
				column: expect.any(Number) as number,
			});
		},
	);
});

describe('parseJson5', () => {
	it('names line and column', () => {
		expect(parseJson5('{\n  a: 1,\n  b: 😀\n}')).toEqual({
			ok: false,
			message: "invalid character '😀'",
			line: 3,
			column: 7,
		});
	});

	it('never changes a prototype', () => {
		const parsed = parseJson5('{ "__proto__": { admin: true } }');
		const value = parsed.ok ? parsed.value : undefined;
		expect((value as { admin?: boolean }).admin).toBeUndefined();
		expect(Object.keys(value as object)).toEqual(['__proto__']);
	});

	it('survives deep nesting', () => {
		expect(parseJson5('['.repeat(100_000) + ']'.repeat(100_000)).ok).toBe(true);
	});
});

describe('formatJson5', () => {
	it('writes double quotes and two blanks', () => {
		expect(formatJson5({ name: 'o"ps', 'a-b': [1] })).toBe(
			'{\n  name: "o\\"ps",\n  "a-b": [\n    1,\n  ],\n}',
		);
	});
});
