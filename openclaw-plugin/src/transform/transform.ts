import { parseTemplate, renderTemplate, TRANSFORM_ROOTS } from '../protocol';
import type { Template } from '../protocol';

/** A transform in the form in which it is rendered: its texts are parsed. */
type Compiled =
	| { readonly kind: 'template'; readonly template: Template }
	| { readonly kind: 'list'; readonly entries: readonly Compiled[] }
	| { readonly kind: 'object'; readonly entries: readonly (readonly [string, Compiled])[] }
	| { readonly kind: 'value'; readonly value: unknown };

/** The body that replaces an event's, or why there is none. */
export type Transformed = { ok: true; body: string } | { ok: false; message: string };

/**
 * Renders a transform over an event.
 *
 * @param body the event as JSON
 * @param now milliseconds since 1970, for `{{now}}`
 */
export type TransformEvent = (body: string, now: number) => Transformed;

export interface TransformLimits {
	/** UTF-8 bytes of the rendered body. */
	readonly maxBytes: number;
}

/** Deeper than this no configuration is accepted. */
const MAX_DEPTH = 32;

/** Thrown while compiling or rendering; never leaves this file. */
class TransformError extends Error {}

/**
 * Prepares the transform of an endpoint: each text in it is a template over the event (`{{type}}`,
 * `{{data.message.content}}`, `{{now}}`), other values and all names stay as they are.
 *
 * @returns a function that never throws; a transform that cannot be used says so each time
 * @example
 * const transform = compileTransform({ text: '🚨 {{data.error.message}}' }, { maxBytes: 1_048_576 });
 * transform(event.body, Date.now()); // { ok: true, body: '{"text":"🚨 …"}' }
 */
export function compileTransform(
	transform: Readonly<Record<string, unknown>>,
	limits: TransformLimits,
): TransformEvent {
	const compiled = attempt(() => compile(transform, '', 0));
	if (!compiled.ok) return () => compiled;
	return (body, now) => {
		const rendered = attempt(() => {
			const event = JSON.parse(body) as Record<string, unknown>;
			const values = { ...event, event, now: new Date(now).toISOString() };
			return JSON.stringify(render(compiled.value, values, limits));
		});
		if (!rendered.ok) return rendered;
		if (Buffer.byteLength(rendered.value) <= limits.maxBytes) {
			return { ok: true, body: rendered.value };
		}
		const limit = String(limits.maxBytes);
		return { ok: false, message: `The transformed event has more than ${limit} bytes` };
	};
}

function compile(value: unknown, path: string, depth: number): Compiled {
	if (depth >= MAX_DEPTH) throw new TransformError(`'transform${path}' is nested too deep`);
	if (typeof value === 'string') {
		const parsed = parseTemplate(value, { roots: TRANSFORM_ROOTS });
		if (parsed.ok) return { kind: 'template', template: parsed.template };
		throw new TransformError(`'transform${path}' cannot be read: ${parsed.error.message}`);
	}
	if (Array.isArray(value)) {
		const entries = value.map((inner, index) =>
			compile(inner, `${path}[${String(index)}]`, depth + 1),
		);
		return { kind: 'list', entries };
	}
	if (typeof value === 'object' && value !== null) {
		const entries = Object.entries(value).map(
			([name, inner]) => [name, compile(inner, `${path}.${name}`, depth + 1)] as const,
		);
		return { kind: 'object', entries };
	}
	return { kind: 'value', value };
}

function render(
	compiled: Compiled,
	values: Readonly<Record<string, unknown>>,
	{ maxBytes }: TransformLimits,
): unknown {
	const inner = (entry: Compiled) => render(entry, values, { maxBytes });
	switch (compiled.kind) {
		case 'value':
			return compiled.value;
		case 'list':
			return compiled.entries.map(inner);
		case 'object':
			return Object.fromEntries(compiled.entries.map(([name, entry]) => [name, inner(entry)]));
		case 'template': {
			const rendered = renderTemplate(compiled.template, values, {
				limits: { maxOutputBytes: maxBytes },
			});
			if (rendered.ok) return rendered.text;
			throw new TransformError(`The transform cannot be rendered: ${rendered.error.message}`);
		}
	}
}

function attempt<Value>(
	work: () => Value,
): { ok: true; value: Value } | { ok: false; message: string } {
	try {
		return { ok: true, value: work() };
	} catch (error) {
		if (error instanceof TransformError) return { ok: false, message: error.message };
		return { ok: false, message: 'The event to transform cannot be read' };
	}
}
