import { hasExpression } from '../../../nodes/shared/parameterValues';

test('finds an expression anywhere in a saved parameter', () => {
	expect(hasExpression('={{ $json.x }}')).toBe(true);
	expect(hasExpression({ a: [1, { b: '={{ $json.x }}' }] })).toBe(true);
	expect(hasExpression({ a: [1, { b: 'x = {{ y }}' }], c: null })).toBe(false);
});

test('finds none in what is chosen from a list or typed', () => {
	expect(hasExpression({ __rl: true, mode: 'list', value: 'a', cachedResultName: 'A (a)' })).toBe(
		false,
	);
	expect(hasExpression({ __rl: true, mode: 'id', value: 'a, b-*' })).toBe(false);
	expect(hasExpression({ __rl: true, mode: 'id', value: '={{ $json.x }}' })).toBe(true);
});
