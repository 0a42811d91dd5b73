type Step = string | number;

/** Gives a parameter's value for one item's JSON, without n8n's expression engine. */
export type PlainValue = (json: unknown) => unknown;

// `={{ $json.title }}`, as the editor writes it when a field is dragged in; nothing around the braces.
const REFERENCE =
	/^=\{\{\s*\$json((?:\.[A-Za-z_$][\w$]*|\[\d{1,9}\]|\["[^"\\]*"\]|\['[^'\\]*'\])*)\s*\}\}$/;
const STEP = /\.([\w$]+)|\[(\d+)\]|\[["']([^"']*)["']\]/g;

/**
 * Prepares a saved parameter that consists of fixed values and plain references to the item, such as
 * `={{ $json.title }}`. They are by far the most frequent expressions, and reading them here takes
 * microseconds, where n8n's default expression engine takes about a millisecond for each.
 *
 * @param raw the parameter as saved, with expressions not evaluated
 * @returns a reader, or `undefined` when the parameter holds any other expression
 * @example
 * plainValue({ title: '={{ $json.title }}' })?.({ title: 'Disk full' }); // { title: 'Disk full' }
 */
export function plainValue(raw: unknown): PlainValue | undefined {
	if (typeof raw === 'string') return raw.startsWith('=') ? reference(raw) : () => raw;
	if (typeof raw !== 'object' || raw === null) return () => raw;
	const entries: [string, PlainValue][] = [];
	for (const [key, value] of Object.entries(raw)) {
		const read = plainValue(value);
		// A name that is an expression is n8n's to evaluate as well.
		if (read === undefined || key.startsWith('=')) return undefined;
		entries.push([key, read]);
	}
	if (Array.isArray(raw)) return (json) => entries.map(([, read]) => read(json));
	return (json) => Object.fromEntries(entries.map(([key, read]) => [key, read(json)]));
}

function reference(expression: string): PlainValue | undefined {
	const path = REFERENCE.exec(expression)?.[1];
	if (path === undefined) return undefined;
	const steps: Step[] = [];
	for (const [, name, index, quoted] of path.matchAll(STEP)) {
		steps.push(index === undefined ? (name ?? quoted ?? '') : Number(index));
	}
	return (json) => {
		let value = json;
		for (const step of steps) {
			if (value === undefined || value === null || !Object.hasOwn(value, step)) return undefined;
			value = (value as Record<Step, unknown>)[step];
		}
		return value;
	};
}
