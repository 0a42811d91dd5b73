import { isObject } from '../protocol';
import type { JsonObject } from '../protocol';

/** A line of a comparison. */
export interface DiffLine {
	readonly kind: 'added' | 'removed' | 'same';
	readonly text: string;
}

/** Unchanged lines that are shown around a change. */
const CONTEXT_LINES = 3;

/**
 * Compares two texts line by line, by their longest common subsequence.
 *
 * @returns the changes with some lines around them; empty when the texts are equal
 */
export function diffLines(before: string, after: string): readonly DiffLine[] {
	const lines = align(linesOf(before), linesOf(after));
	const isNear = new Set<number>();
	lines.forEach(({ kind }, index) => {
		if (kind === 'same') return;
		for (let near = index - CONTEXT_LINES; near <= index + CONTEXT_LINES; near += 1) {
			isNear.add(near);
		}
	});
	return lines.filter((_, index) => isNear.has(index));
}

function linesOf(text: string): readonly string[] {
	return text === '' ? [] : text.split('\n');
}

function align(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
	const lengths = commonLengths(before, after);
	const width = after.length + 1;
	const common = (from: number, to: number) => lengths[from * width + to] ?? 0;
	const lines: DiffLine[] = [];
	let [from, to] = [0, 0];
	while (from < before.length || to < after.length) {
		const [old, next] = [before[from], after[to]];
		if (old !== undefined && old === next) {
			lines.push({ kind: 'same', text: old });
			from += 1;
			to += 1;
		} else if (
			old !== undefined &&
			(next === undefined || common(from + 1, to) >= common(from, to + 1))
		) {
			lines.push({ kind: 'removed', text: old });
			from += 1;
		} else if (next !== undefined) {
			lines.push({ kind: 'added', text: next });
			to += 1;
		}
	}
	return lines;
}

/** For each pair of places: how many lines the two rests have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
	const width = after.length + 1;
	const lengths = new Uint32Array((before.length + 1) * width);
	for (let from = before.length - 1; from >= 0; from -= 1) {
		for (let to = after.length - 1; to >= 0; to -= 1) {
			const at = from * width + to;
			lengths[at] =
				before[from] === after[to]
					? (lengths[at + width + 1] ?? 0) + 1
					: Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0);
		}
	}
	return lengths;
}

/** Nothing but names of the environment: not secret. */
const REFERENCES = /^(?:\$\{\w+\}\s*)+$/;

/**
 * Makes a function that replaces what is secret in a plugin's entry: signing secrets, values of
 * headers, and passwords and queries of URLs. Equal secrets get equal numbers, so that a comparison
 * shows where one has changed.
 *
 * @example
 * const mask = createMask();
 * mask({ config: { endpoints: [{ secret: 'whsec_x' }] } }); // … { secret: '(hidden #1)' }
 */
export function createMask(): (entry: JsonObject) => JsonObject {
	const numbers = new Map<string, number>();
	const hide = (value: unknown): unknown => {
		if (typeof value !== 'string' || REFERENCES.test(value)) return value;
		const number = numbers.get(value) ?? numbers.size + 1;
		numbers.set(value, number);
		return `(hidden #${String(number)})`;
	};
	const maskEndpoint = (endpoint: unknown): unknown => {
		if (!isObject(endpoint)) return endpoint;
		const masked = { ...endpoint };
		if ('secret' in masked) masked.secret = hide(masked.secret);
		if (typeof masked.url === 'string') masked.url = hideInUrl(masked.url, hide);
		if (isObject(masked.headers)) {
			masked.headers = Object.fromEntries(
				Object.entries(masked.headers).map(([name, value]) => [name, hide(value)]),
			);
		}
		return masked;
	};
	return (entry) => {
		const { config } = entry;
		if (!isObject(config) || !Array.isArray(config.endpoints)) return entry;
		return { ...entry, config: { ...config, endpoints: config.endpoints.map(maskEndpoint) } };
	};
}

function hideInUrl(url: string, hide: (value: unknown) => unknown): string {
	return url
		.replace(/(?<=:\/\/[^/?#@]*:)[^/?#@]+(?=@)/, (password) => String(hide(password)))
		.replace(/(?<=\?)[^#]+/, (query) => String(hide(query)));
}
