import { readJsonSchema } from '../../../nodes/shared/jsonSchema';

function schema(given: unknown) {
	const read = readJsonSchema(given);
	if (!read.ok) throw new Error(read.message);
	return read.schema;
}

const ALERT = {
	type: 'object',
	properties: {
		level: { enum: ['low', 'high'] },
		host: { type: 'object', properties: { port: { type: 'integer', maximum: 65535 } } },
		tags: { type: 'array', items: { type: 'string' } },
	},
	required: ['level'],
	additionalProperties: false,
};

test('says what of a value does not fit, and where', () => {
	const { check, text } = schema(JSON.stringify(ALERT, null, 2));
	expect(text).toBe(JSON.stringify(ALERT));
	expect(check({ level: 'low', host: { port: 80 }, tags: ['a'] })).toBeUndefined();
	expect(check({})).toBe('the value: Instance does not have required property "level"');
	expect(check({ level: 'high', host: { port: '80' } })).toBe(
		'/host/port: Instance type "string" is invalid. Expected "integer"',
	);
	expect(check({ level: 'high', more: 1 })).toMatch(/^the value: Property "more"/);
	expect(check({ level: 'x', tags: [1, 2, 3] })).toMatch(
		/^\/level: .*; \/tags\/0: .*; and \d+ more$/,
	);
	expect(check('high')).toContain('Expected "object"');
});

test('takes the object itself, and leaves it as it is', () => {
	const given = { $defs: { id: { type: 'integer' } }, $ref: '#/$defs/id' };
	expect(schema(given).check('7')).toContain('Expected "integer"');
	expect(Reflect.ownKeys(given.$defs.id)).toEqual(['type']);
});

test.each([
	['http://json-schema.org/draft-04/schema#', { maximum: 5, exclusiveMaximum: true }, 5],
	['http://json-schema.org/draft-07/schema#', { items: [{ type: 'string' }] }, [1]],
	[undefined, { prefixItems: [{ type: 'string' }] }, [1]],
])('knows draft %s', ($schema, rules, wrong) => {
	expect(schema({ $schema, ...rules }).check(wrong)).toBeDefined();
});

test.each<[unknown, string]>([
	['{"type":', 'not valid JSON'],
	['true', 'not an object'],
	['[]', 'not an object'],
	[null, 'not an object'],
	[7, 'not an object'],
	[{ description: 'ü'.repeat(8_192) }, '16 KiB are the most'],
	[{ type: 'strnig' }, 'the type "strnig"'],
	[{ properties: { a: { type: ['string', 5] } } }, 'the type 5'],
	[{ required: 'level' }, "'required' is not a list"],
	[{ properties: [] }, "'properties' is not an object"],
	[{ properties: { a: { pattern: '(' } } }, "pattern '(' is not a regular expression"],
	[{ patternProperties: { '[': true } }, "pattern '[' is not a regular expression"],
	[{ properties: { a: { $ref: '#/$defs/b' } } }, "$ref '#/$defs/b' leads nowhere"],
	[{ $ref: 'https://example.com/other' }, 'leads nowhere'],
	[{ $ref: '#' }, 'It cannot be used'],
	[{ anyOf: 'x' }, 'It cannot be used'],
])('refuses %j', (given, message) => {
	const read = readJsonSchema(given);
	expect(read.ok ? '' : read.message).toContain(message);
});

test('never takes long, whatever the value', () => {
	const unique = schema({ uniqueItems: true });
	expect(unique.check([1, 1])).toContain('Duplicate items');
	expect(unique.check(Array.from({ length: 100_000 }, (_, index) => index))).toContain(
		"too many for 'uniqueItems'",
	);
	const url = schema({ format: 'url' });
	expect(url.check(`http://${'a'.repeat(200)}!`)).toBeUndefined();
	let deep: unknown = [];
	for (let depth = 0; depth < 100_000; depth++) deep = [deep];
	expect(schema({ items: { $ref: '#' } }).check(deep)).toContain('could not be checked');
	const many = Array.from({ length: 300_000 }, () => 1);
	expect(schema({ items: { type: 'string' } }).check(many)).toBeDefined();
});
