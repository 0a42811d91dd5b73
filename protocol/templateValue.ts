import { scalarText } from './scalarText';
import type { Placeholder } from './templatePath';

/** `text` is undefined where there is no value; not ok where a value cannot be written as text. */
export type ReadValue = { ok: true; text: string | undefined } | { ok: false };

/** Follows a placeholder through own properties and writes what it finds as text. */
export function readValue(
	values: Readonly<Record<string, unknown>>,
	placeholder: Placeholder,
): ReadValue {
	try {
		let value = readOwn(values, placeholder.root);
		for (const segment of placeholder.segments) value = readOwn(value, segment);
		return { ok: true, text: toText(value) };
	} catch {
		// Values from outside of JSON: cycles, big integers in objects, accessors that throw.
		return { ok: false };
	}
}

function readOwn(value: unknown, key: string | number): unknown {
	if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
	return (value as Record<string | number, unknown>)[key];
}

function toText(value: unknown): string | undefined {
	if (typeof value === 'object' && value !== null) return JSON.stringify(value);
	return scalarText(value);
}
