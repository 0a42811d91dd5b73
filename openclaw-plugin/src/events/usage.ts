import { amountOf } from './fields';
import type { Fields } from './fields';

/** Tokens of model calls. What a cache has served is not part of the input tokens. */
export interface Usage {
	readonly inputTokens: number;
	readonly outputTokens: number;
	readonly cacheReadTokens?: number;
	readonly cacheWriteTokens?: number;
}

/** Reads the gateway's count; undefined when a part is missing or nothing was used. */
export function parseUsage(fields: Fields): Usage | undefined {
	const inputTokens = amountOf(fields, 'input');
	const outputTokens = amountOf(fields, 'output');
	if (inputTokens === undefined || outputTokens === undefined) return undefined;
	const cacheReadTokens = amountOf(fields, 'cacheRead') ?? 0;
	const cacheWriteTokens = amountOf(fields, 'cacheWrite') ?? 0;
	if (inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens === 0) return undefined;
	return withCache({ inputTokens, outputTokens }, cacheReadTokens, cacheWriteTokens);
}

/** The tokens of several calls together. */
export function addUsage(left: Usage | undefined, right: Usage | undefined): Usage | undefined {
	if (left === undefined || right === undefined) return left ?? right;
	return withCache(
		{
			inputTokens: left.inputTokens + right.inputTokens,
			outputTokens: left.outputTokens + right.outputTokens,
		},
		(left.cacheReadTokens ?? 0) + (right.cacheReadTokens ?? 0),
		(left.cacheWriteTokens ?? 0) + (right.cacheWriteTokens ?? 0),
	);
}

function withCache(usage: Usage, cacheReadTokens: number, cacheWriteTokens: number): Usage {
	return {
		...usage,
		...(cacheReadTokens > 0 ? { cacheReadTokens } : {}),
		...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
	};
}
