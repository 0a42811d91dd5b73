import { numberOrder } from '../../protocol/numberOrder';

it.each([
	[1, 2],
	['1', 2],
	['9007199254740992', '9007199254740993'],
	['1E20', '100000000000000000001'],
	['0.10000000000000000001', '0.10000000000000000002'],
	['-9007199254740993', '-9007199254740992'],
	[-1, 0n],
])('%p is less than %p', (less, more) => {
	expect(numberOrder(less, more)).toBeLessThan(0);
	expect(numberOrder(more, less)).toBeGreaterThan(0);
});

it.each([
	[5, '+5.0'],
	['.5', '5e-1'],
	['0x10', 16],
	[`1${'0'.repeat(400)}`, `1${'0'.repeat(401)}`],
])('%p is the same as %p, or cannot be told from it', (first, second) => {
	expect(numberOrder(first, second) || 0).toBe(0);
});

it.each([
	[true, 1],
	['', 1],
	['many', 1],
	[1, {}],
	[undefined, 1],
])('%p and %p cannot be compared', (first, second) => {
	expect(numberOrder(first, second)).toBeUndefined();
});
