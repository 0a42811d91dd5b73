import { idempotencyKeys } from '../../protocol/idempotencyKey';

const ORIGIN = { instanceId: 'instance', executionId: '7', nodeId: 'node', runIndex: 0 };

test('is the same for the same item of the same run', () => {
	expect(idempotencyKeys(ORIGIN)(3)).toBe(idempotencyKeys({ ...ORIGIN })(3));
});

test('differs by item, run, node, execution and instance', () => {
	const others = [
		{ runIndex: 1 },
		{ nodeId: 'other' },
		{ executionId: '8' },
		{ instanceId: 'other' },
		{ instanceId: 'instance7', executionId: '' },
	];
	const keys = [
		idempotencyKeys(ORIGIN)(0),
		idempotencyKeys(ORIGIN)(1),
		...others.map((other) => idempotencyKeys({ ...ORIGIN, ...other })(0)),
	];
	expect(new Set(keys).size).toBe(keys.length);
});

test('is new each time while there is no execution id', () => {
	const origin = { ...ORIGIN, executionId: undefined };
	expect(idempotencyKeys(origin)(0)).not.toBe(idempotencyKeys(origin)(0));
});

test('fits into a header of a gateway', () => {
	expect(idempotencyKeys(ORIGIN)(999_999)).toMatch(/^n8n-[0-9a-f]{40}-999999$/);
});
