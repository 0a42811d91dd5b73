import { savedValue } from '../../../../nodes/OpenClawInbound/operations/itemParameters';

const JSON_ITEM = {
	title: 'Disk full',
	user: { name: 'Ada', 'first name': 'A' },
	list: [{ id: 7 }],
	nothing: null,
	'a b': 1,
};

test.each([
	['={{ $json.title }}', 'Disk full'],
	['={{$json.title}}', 'Disk full'],
	['={{ $json.user }}', JSON_ITEM.user],
	['={{ $json.user.name }}', 'Ada'],
	['={{ $json.user["first name"] }}', 'A'],
	["={{ $json['a b'] }}", 1],
	['={{ $json.list[0].id }}', 7],
	['={{ $json.nothing }}', null],
	['={{ $json.nothing.deeper }}', undefined],
	['={{ $json.missing.deeper }}', undefined],
	['={{ $json.title.constructor }}', undefined],
	['={{ $json.__proto__ }}', undefined],
	['={{ $json.list.map }}', undefined],
	['={{ $json }}', JSON_ITEM],
	['fixed {{ $json.title }}', 'fixed {{ $json.title }}'],
	[7, 7],
	[null, null],
])('reads %j', (raw, expected) => {
	expect(savedValue(raw, neverAsked)(JSON_ITEM, 0)).toEqual(expected);
});

test('reads objects and lists of them', () => {
	const raw = { a: '={{ $json.title }}', b: [1, '={{ $json.list[0].id }}'], c: { d: 'x' } };
	const expected = { a: 'Disk full', b: [1, 7], c: { d: 'x' } };
	expect(savedValue(raw, neverAsked)(JSON_ITEM, 0)).toEqual(expected);
});

test.each([
	'={{ $json.title }}!',
	'= {{ $json.title }}',
	'={{ $json.title.toUpperCase() }}',
	'={{ $json.title + 1 }}',
	'={{ $now }}',
	'={{ $jsonx }}',
	'={{ $json["a\\"b"] }}',
	'={{ $json.title }}{{ $json.title }}',
	'={{ $("Other").item.json.title }}',
	'=',
])('leaves %j to n8n', (raw) => {
	const read = savedValue({ deep: [raw, 'fixed'] }, (text, index) => [text, index]);
	expect(read(JSON_ITEM, 3)).toEqual({ deep: [[raw.slice(1), 3], 'fixed'] });
});

test("makes texts of n8n's dates", () => {
	const date = { isLuxonDateTime: true, toString: () => '2026-03-14T10:30:00.000Z' };
	expect(savedValue('={{ $now }}', () => date)({}, 0)).toBe('2026-03-14T10:30:00.000Z');
});

function neverAsked(): never {
	throw new Error('n8n was asked');
}
