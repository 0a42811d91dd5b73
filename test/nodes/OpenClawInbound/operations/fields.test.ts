import { fieldsOf, readFieldId, toBody } from '../../../../nodes/OpenClawInbound/operations/fields';
import { parseTemplate } from '../../../../protocol/template';

function idsOf(template: string): string[] {
	const parsed = parseTemplate(template);
	if (!parsed.ok) throw new Error(parsed.error.message);
	return fieldsOf(parsed.template.placeholders).map(({ id }) => id);
}

function bodyOf(values: Record<string, unknown>): unknown {
	const result = toBody(Object.entries(values).map(([id, value]) => [readFieldId(id), value]));
	return result.ok ? result.body : result;
}

test('gives one field for each path below body, in order', () => {
	const template =
		'{{body.title}} {{ body.user.name }} {{body["a b"].c}} {{body.list[0].id}} {{body.title}}';
	expect(idsOf(template)).toEqual(['title', 'user.name', '["a b"].c', 'list[0].id']);
});

test('gives no field for other roots and for the whole body', () => {
	expect(idsOf('{{now}} {{headers.x}} {{body}}')).toEqual([]);
});

test('calls one path by one id, however it is written', () => {
	expect(idsOf(`{{body.user.name}} {{body["user"]['name']}}`)).toEqual(['user.name']);
});

test.each([
	'title',
	'user.name',
	'["a b"].c',
	'user["full name"]',
	'list[0].id',
	'0',
	'标题',
	'a-b',
])('reads the id %j back into the path it came from', (id) => {
	const path = id.startsWith('[') ? `body${id}` : `body.${id}`;
	expect(idsOf(`{{${path}}}`)).toEqual([id]);
	const parsed = parseTemplate(`{{${path}}}`);
	expect(readFieldId(id).segments).toEqual(parsed.ok && parsed.template.placeholders[0]?.segments);
});

test.each(['first name', 'a}}{{body.b', 'a.', '', '{{', 'a}} b'])(
	'takes the id %j, which is no path, for a key',
	(id) => {
		expect(readFieldId(id).segments).toEqual([id]);
	},
);

test('puts values where their paths lead and keeps their types', () => {
	const date = { iso: '2026' };
	const values = { title: 'x', 'user.name': 'Ada', 'user.age': 7, 'list[1]': true, 'a b': date };
	expect(bodyOf(values)).toEqual({
		title: 'x',
		user: { name: 'Ada', age: 7 },

		list: [, true],
		'a b': date,
	});
});

test('leaves out what has no value', () => {
	expect(bodyOf({ a: undefined, b: null, 'c.d': null, e: '', f: 0, g: false })).toEqual({
		e: '',
		f: 0,
		g: false,
	});
	expect(bodyOf({})).toEqual({});
});

test('makes a list when the paths begin with an index', () => {
	expect(bodyOf({ '[0]': 'a', '[1].b': 2 })).toEqual(['a', { b: 2 }]);
});

test("adds to an object from the workflow's data without changing it", () => {
	const user = { name: 'Ada', tags: ['a'] };
	const result = bodyOf({ 'user.name': 'Eve', user, 'user.tags[1]': 'b' });
	expect(result).toEqual({ user: { name: 'Eve', tags: ['a', 'b'] } });
	expect(user).toEqual({ name: 'Ada', tags: ['a'] });
});

test.each([
	[{ user: 'Ada', 'user.name': 'x' }, 'user.name'],
	[{ user: [1], 'user.name': 'x' }, 'user.name'],
	[{ 'user[0]': 1, 'user.name': 'x' }, 'user.name'],
	[{ 'list[10000]': 1 }, 'list[10000]'],
	[{ ['__proto__']: { admin: true } }, '__proto__'],
])('names the field that cannot be placed in %j', (values, id) => {
	expect(bodyOf(values)).toMatchObject({ ok: false, id });
	expect({}).not.toHaveProperty('admin');
});
