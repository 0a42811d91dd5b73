import type { IExecuteFunctions, INode } from 'n8n-workflow';

import { parseTemplate } from '../../../protocol/template';
import type { Placeholder } from '../../../protocol/templatePath';
import { invalidItem } from './everyItem';
import { itemReader } from './itemParameters';
import type { ItemReader } from './itemParameters';

/**
 * Reads 'Fields' as the body that a template is filled in from: the item's JSON when it is mapped
 * automatically, else an object made of the fields.
 *
 * @returns the body of one item; throws a `NodeOperationError` when two fields are in each other's way
 */
export function bodyReader(context: IExecuteFunctions, node: INode): ItemReader<unknown> {
	const read = valuesReader(context, node);
	let isTold = false;
	return (itemIndex) => {
		const body = read(itemIndex);
		if (!isTold && hasRounded(body)) {
			isTold = true;
			tellRounded(context);
		}
		return body;
	};
}

function valuesReader(context: IExecuteFunctions, node: INode): ItemReader<unknown> {
	const mode = context.getNodeParameter('fields.mappingMode', 0, 'defineBelow');
	if (mode === 'autoMapInputData') {
		const items = context.getInputData();
		return (itemIndex) => items[itemIndex]?.json ?? {};
	}
	const paths = new Map<string, FieldPath>();
	return itemReader(context, 'fields.value', {}, (value, itemIndex) => {
		const fields: (readonly [FieldPath, unknown])[] = [];
		for (const [id, filled] of Object.entries(value ?? {}) as [string, unknown][]) {
			let path = paths.get(id);
			if (path === undefined) paths.set(id, (path = readFieldId(id)));
			fields.push([path, filled]);
		}
		const result = toBody(fields);
		if (result.ok) return result.body;
		const reason = {
			message: `The field '${result.id}' in 'Fields' cannot be filled`,
			description: `${result.message}. Leave one of the two empty.`,
		};
		throw invalidItem(node, reason, itemIndex);
	});
}

/** Whether there is an integer of which nobody can tell whether it was another one before it was read. */
function hasRounded(value: unknown): boolean {
	if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
	return typeof value === 'object' && value !== null && Object.values(value).some(hasRounded);
}

/** As a tool the node has nobody to tell. */
function tellRounded(context: IExecuteFunctions): void {
	if (!('addExecutionHints' in context)) return;
	context.addExecutionHints({
		message:
			"A number in 'Fields' has more than 15 digits. n8n may have rounded it when it read the JSON that it comes from, and the agent got the rounded one. Pass such numbers as texts.",
		location: 'outputPane',
	});
}

/** A field of the mapper: where its value goes in the body. */
export interface FieldPath {
	/** The field's id, as it is saved in workflows: the path below `body`. */
	readonly id: string;
	readonly segments: readonly (string | number)[];
}

export type Body = { ok: true; body: unknown } | { ok: false; id: string; message: string };

const MAX_INDEX = 9999;
// A key that needs no brackets in a path.
const PLAIN_KEY = /^[\p{L}\p{M}\p{N}_$-]+$/u;

/**
 * The fields that fill a template in: one for each different path below `body`, in order of appearance.
 *
 * @param placeholders of a template; those with other roots, and the whole `body`, make no field
 * @example
 * // {{body.title}} by {{body.user["full name"]}}: the ids `title` and `user["full name"]`
 */
export function fieldsOf(placeholders: readonly Placeholder[]): FieldPath[] {
	const fields = new Map<string, FieldPath>();
	for (const { root, segments } of placeholders) {
		if (root !== 'body' || segments.length === 0) continue;
		const id = toFieldId(segments);
		if (!fields.has(id)) fields.set(id, { id, segments });
	}
	return [...fields.values()];
}

function toFieldId(segments: readonly (string | number)[]): string {
	let id = '';
	for (const segment of segments) {
		if (typeof segment === 'number') id += `[${String(segment)}]`;
		else if (!PLAIN_KEY.test(segment)) id += `[${JSON.stringify(segment)}]`;
		else id += id === '' ? segment : `.${segment}`;
	}
	return id;
}

/**
 * Reads a field's id back into a path. An id that is no path is the name of a single key.
 *
 * @example
 * readFieldId('user.name').segments; // ['user', 'name']
 * readFieldId('first name').segments; // ['first name']
 */
export function readFieldId(id: string): FieldPath {
	const path = id.startsWith('[') ? `body${id}` : `body.${id}`;
	const parsed = parseTemplate(`{{${path}}}`, { roots: ['body'] });
	const placeholder = parsed.ok ? parsed.template.placeholders[0] : undefined;
	return { id, segments: placeholder?.path === path ? placeholder.segments : [id] };
}

/**
 * Puts the fields' values into one body. Values keep their types; those that are `undefined` or `null`
 * are left out. The values themselves are never changed.
 *
 * @param fields paths with their values
 * @returns the body (an object, or a list when the paths begin with an index), or the field that stands
 *   in another's way
 */
export function toBody(fields: readonly (readonly [FieldPath, unknown])[]): Body {
	const holder: Record<string, unknown> = {};
	// Objects made here; all others belong to the workflow's data and are copied before they change.
	const own = new WeakSet<object>();
	const byDepth = [...fields].sort(([a], [b]) => a.segments.length - b.segments.length);
	for (const [{ id, segments }, value] of byDepth) {
		if (value === undefined || value === null) continue;
		const message = place(holder, ['body', ...segments], value, own);
		if (message !== undefined) return { ok: false, id, message };
	}
	return { ok: true, body: holder.body ?? {} };
}

type Container = Record<string | number, unknown>;

function place(
	holder: Container,
	path: readonly (string | number)[],
	value: unknown,
	own: WeakSet<object>,
): string | undefined {
	let container = holder;
	for (const [depth, key] of path.entries()) {
		if (key === '__proto__') return "The name '__proto__' is not allowed";
		if (typeof key === 'number' && key > MAX_INDEX) {
			return `The index ${String(key)} is larger than ${String(MAX_INDEX)}`;
		}
		const next = path[depth + 1];
		if (next === undefined) {
			container[key] = value;
			return undefined;
		}
		const inner = enter(Object.hasOwn(container, key) ? container[key] : undefined, next, own);
		if (inner === undefined) {
			return 'Another field already fills the place that this one is a part of';
		}
		container[key] = inner;
		container = inner;
	}
	return undefined;
}

/** The object or list that `next` is to be put into; undefined when something else stands there. */
function enter(
	existing: unknown,
	next: string | number,
	own: WeakSet<object>,
): Container | undefined {
	const needsList = typeof next === 'number';
	if (typeof existing === 'object' && existing !== null && own.has(existing)) {
		return Array.isArray(existing) === needsList ? (existing as Container) : undefined;
	}
	let made: object;
	if (existing === undefined) made = needsList ? [] : {};
	else if (Array.isArray(existing)) made = [...(existing as unknown[])];
	else if (typeof existing === 'object' && existing !== null) made = { ...existing };
	else return undefined;
	own.add(made);
	return Array.isArray(made) === needsList ? (made as Container) : undefined;
}
