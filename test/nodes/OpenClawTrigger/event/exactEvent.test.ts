import { readExactly } from '../../../../nodes/OpenClawTrigger/event/exactEvent';

test('integers that numbers do not hold keep their digits', () => {
	expect(
		readExactly('{"a":8202522731445525542,"b":[-9007199254740993,9007199254740991,1.5,"x"]}'),
	).toEqual({ a: 8202522731445525542n, b: [-9007199254740993n, 9007199254740991, 1.5, 'x'] });
});

test('a byte order mark is no hindrance', () => {
	expect(readExactly('\uFEFF[9007199254740993]')).toEqual([9007199254740993n]);
});

test('other numbers stay as they are', () => {
	expect(
		readExactly('{"text":"8202522731445525542","n":1e21,"pi":3.14159265358979323846}'),
	).toEqual({
		text: '8202522731445525542',
		n: 1e21,
		pi: Math.PI,
	});
});

test.each(['{"id":42}', '{"id":82025227314455255420', ''])(
	'there is nothing more to read in %s',
	(text) => {
		expect(readExactly(text)).toBeUndefined();
	},
);
