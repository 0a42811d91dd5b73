import { addUsage, parseUsage } from '../../../openclaw-plugin/src/events/run';

it('reads the tokens that the gateway has counted', () => {
	expect(parseUsage({ input: 100, output: 22, cacheRead: 11, cacheWrite: 0 })).toEqual({
		inputTokens: 100,
		outputTokens: 22,
		cacheReadTokens: 11,
	});
});

it.each([
	[{}],
	[{ input: 5 }],
	[{ output: 5 }],
	[{ input: -1, output: 5 }],
	[{ input: '5', output: 5 }],
	[{ input: Number.NaN, output: 5 }],
	[{ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }],
])('knows none of %j', (fields) => {
	expect(parseUsage(fields)).toBeUndefined();
});

it('adds up calls', () => {
	const first = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3 };
	const second = { inputTokens: 10, outputTokens: 20, cacheWriteTokens: 40 };

	expect(addUsage(first, second)).toEqual({
		inputTokens: 11,
		outputTokens: 22,
		cacheReadTokens: 3,
		cacheWriteTokens: 40,
	});
	expect([
		addUsage(first, undefined),
		addUsage(undefined, second),
		addUsage(undefined, undefined),
	]).toEqual([first, second, undefined]);
});
