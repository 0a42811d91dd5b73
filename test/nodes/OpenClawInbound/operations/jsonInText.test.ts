import { jsonInText } from '../../../../nodes/OpenClawInbound/operations/jsonInText';

const valuesIn = (text: string) => [...jsonInText(text)];

test.each<[string, string, unknown[]]>([
	['the whole text', ' {"a":1}\r\n', [{ a: 1 }]],
	['a whole list', '[1,2]', [[1, 2]]],
	['a whole scalar', '42', [42]],
	['a fenced block', 'Sure!\n```json\n{"a":1}\n```\nAnything else?', [{ a: 1 }, { a: 1 }]],
	['a fenced scalar', 'It is\n```\ntrue\n```', [true]],
	['a fence on one line', '```json {"a":1}```', [{ a: 1 }]],
	['chatter around', 'Here: {"a":{"b":[1]}} – done.', [{ a: { b: [1] } }]],
	['a list in chatter', 'The tags are ["x","y"].', [['x', 'y']]],
	['several values, in order', '[1] says {"a":1}', [[1], { a: 1 }]],
	['braces in strings', 'So: {"a":"} ] \\" {","b":2} ok', [{ a: '} ] " {', b: 2 }]],
	['a fence in a string', '```json\n{"a":"```sh\\nls```"}\n```', [{ a: '```sh\nls```' }]],
	['braces of other things before', 'In {curly} words: {"a":1}', [{ a: 1 }]],
	['a bracket that stays open before', 'a [ b and " then\n {"a":1}', [{ a: 1 }]],
	['other scripts', '结果如下：{"级别":"高 🚚"}。', [{ 级别: '高 🚚' }]],
	['a key of objects', '{"__proto__":{"a":1}}', [JSON.parse('{"__proto__":{"a":1}}')]],
	['no JSON', 'I am on it {not json}.', []],
	['JSON that is cut off', '{"a":[1,2', []],
	['nothing', '', []],
])('finds %s', (_, text, values) => {
	expect(valuesIn(text)).toEqual(values);
});

test.each([
	['of open brackets', '['.repeat(900_000)],
	['of open objects', '{"a":'.repeat(180_000)],
	['of fences', '`'.repeat(900_000)],
	['of broken objects', '{a}'.repeat(300_000)],
	['of small objects', '{} '.repeat(300_000)],
	['of escapes', `{"${'\\"'.repeat(400_000)}`],
	['of quotes', `{${'"'.repeat(900_001)}`],
	['too long', `{"a":"${'x'.repeat(1_000_000)}"}`],
])('is done with a text %s at once', (_, text) => {
	const start = process.hrtime.bigint();
	expect(valuesIn(text).length).toBeLessThanOrEqual(100);
	expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(2_000);
});

test('takes a large reply, but no value that is too deep for a stack', () => {
	const rows = Array.from({ length: 20_000 }, (_, id) => ({ id, text: '{"[' }));
	expect(valuesIn(`Here:\n${JSON.stringify(rows)}\nDone`)).toEqual([rows]);
	expect(valuesIn(`${'['.repeat(200)}${']'.repeat(200)}`)).toHaveLength(1);
	expect(valuesIn(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toEqual([]);
});
