import {
	escapeForSlack,
	parseTemplate,
	readWhole,
	renderTemplate,
	TRANSFORM_ROOTS,
	wellFormedJson,
} from '../protocol';
import type { Template } from '../protocol';

/** A transform in the form in which it is rendered: its texts are parsed. */
type Compiled =
	| { readonly kind: 'template'; readonly template: Template; readonly isForSlack: boolean }
	| { readonly kind: 'list'; readonly entries: readonly Compiled[] }
	| { readonly kind: 'object'; readonly entries: readonly (readonly [string, Compiled])[] }
	| { readonly kind: 'value'; readonly json: string };

/** The body that replaces an event's, or why there is none. */
export type Transformed = { ok: true; body: string } | { ok: false; message: string };

/**
 * Renders a transform over an event.
 *
 * @param body the event as JSON
 * @param now milliseconds since 1970, for `{{now}}`
 */
export type TransformEvent = (body: string, now: number) => Transformed;

export interface TransformOptions {
	/** UTF-8 bytes of the rendered body. */
	readonly maxBytes: number;
	/** Where it is sent to: texts for Slack are escaped. */
	readonly url?: string | undefined;
}

/** Deeper than this no configuration is accepted. */
const MAX_DEPTH = 32;
/** Slack's incoming webhooks, for governments too. */
const SLACK_HOST = /^hooks\.slack(?:-gov)?\.com$/;
/** Keys of a message to Slack whose texts it reads as its markup. URLs and ids are in others. */
const SLACK_TEXTS: ReadonlySet<string> = new Set([
	'text',
	'pretext',
	'fallback',
	'title',
	'value',
	'footer',
	'author_name',
]);

/** Thrown while compiling or rendering; never leaves this file. */
class TransformError extends Error {}

/**
 * Prepares the transform of an endpoint: each text in it is a template over the event (`{{type}}`,
 * `{{data.message.content | truncate:3000}}`, `{{now}}`), other values and all names stay as they are. A
 * text that is one placeholder and nothing else becomes the value itself: a number, an object, a list.
 *
 * What is rendered is counted while it is made, so that a small transform that repeats a large event is
 * given up before it has become a huge text.
 *
 * @returns a function that never throws; a transform that cannot be used says so each time
 * @example
 * const transform = compileTransform({ text: '🚨 {{data.error.message}}' }, { maxBytes: 1_048_576 });
 * transform(event.body, Date.now()); // { ok: true, body: '{"text":"🚨 …"}' }
 */
export function compileTransform(
	transform: Readonly<Record<string, unknown>>,
	{ maxBytes, url = '' }: TransformOptions,
): TransformEvent {
	const isSlack = URL.canParse(url) && SLACK_HOST.test(new URL(url).hostname);
	const compiled = attempt(() => compile(transform, { path: '', depth: 0, key: '', isSlack }));
	if (!compiled.ok) return () => compiled;
	return (body, now) => {
		const rendered = attempt(() => {
			const event = JSON.parse(body) as Record<string, unknown>;
			const writer = createWriter(maxBytes);
			write(compiled.value, { ...event, event, now: new Date(now).toISOString() }, writer);
			return writer.finish();
		});
		return rendered.ok ? { ok: true, body: rendered.value } : rendered;
	};
}

interface Place {
	/** As one would write it after `transform`. */
	readonly path: string;
	readonly depth: number;
	/** The nearest name of an object around it. */
	readonly key: string;
	readonly isSlack: boolean;
}

function compile(value: unknown, place: Place): Compiled {
	const { path, key, isSlack } = place;
	const depth = place.depth + 1;
	if (depth > MAX_DEPTH) throw new TransformError(`'transform${path}' is nested too deep`);
	if (typeof value === 'string') {
		const parsed = parseTemplate(value, { roots: TRANSFORM_ROOTS, hasFormats: true });
		if (!parsed.ok) {
			throw new TransformError(`'transform${path}' cannot be read: ${parsed.error.message}`);
		}
		const isForSlack = isSlack && SLACK_TEXTS.has(key);
		return { kind: 'template', template: parsed.template, isForSlack };
	}
	if (Array.isArray(value)) {
		const entries = value.map((inner, index) =>
			compile(inner, { ...place, path: `${path}[${String(index)}]`, depth }),
		);
		return { kind: 'list', entries };
	}
	if (typeof value === 'object' && value !== null) {
		const entries = Object.entries(value).map(
			([name, inner]) =>
				[name, compile(inner, { path: `${path}.${name}`, depth, key: name, isSlack })] as const,
		);
		return { kind: 'object', entries };
	}
	return { kind: 'value', json: JSON.stringify(value ?? null) };
}

/** Gathers the pieces of the body, as long as they are not too many. */
interface Writer {
	add(piece: string): void;
	/** Bytes that are left. */
	left(): number;
	tooLarge(): TransformError;
	finish(): string;
}

function createWriter(maxBytes: number): Writer {
	const pieces: string[] = [];
	let left = maxBytes;
	const tooLarge = () =>
		new TransformError(`The transformed event has more than ${String(maxBytes)} bytes`);
	return {
		add: (piece) => {
			left -= Buffer.byteLength(piece);
			if (left < 0) throw tooLarge();
			pieces.push(piece);
		},
		left: () => left,
		tooLarge,
		finish: () => wellFormedJson(pieces.join('')),
	};
}

/** Writes the JSON of a transform. */
function write(
	compiled: Compiled,
	values: Readonly<Record<string, unknown>>,
	writer: Writer,
): void {
	switch (compiled.kind) {
		case 'value':
			writer.add(compiled.json);
			break;
		case 'list':
			compiled.entries.forEach((entry, index) => {
				writer.add(index === 0 ? '[' : ',');
				write(entry, values, writer);
			});
			writer.add(compiled.entries.length === 0 ? '[]' : ']');
			break;
		case 'object':
			compiled.entries.forEach(([name, entry], index) => {
				writer.add(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
				write(entry, values, writer);
			});
			writer.add(compiled.entries.length === 0 ? '{}' : '}');
			break;
		case 'template':
			writer.add(JSON.stringify(fillIn(compiled, values, writer)));
	}
}

/** The value of a text: what its one placeholder stands for, null without a value, or the rendered text. */
function fillIn(
	{ template, isForSlack }: Extract<Compiled, { kind: 'template' }>,
	values: Readonly<Record<string, unknown>>,
	writer: Writer,
): unknown {
	const whole = readWhole(template, values);
	if (whole?.ok === true) {
		const { value = null } = whole;
		return isForSlack && typeof value === 'string' ? escapeForSlack(value) : value;
	}
	const limits = { maxOutputBytes: writer.left() };
	const rendered = renderTemplate(template, values, { limits, isForSlack });
	if (rendered.ok) return rendered.text;
	if (rendered.error.code === 'output-too-large') throw writer.tooLarge();
	throw new TransformError(`The transform cannot be rendered: ${rendered.error.message}`);
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
