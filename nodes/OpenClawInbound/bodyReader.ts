import type { IExecuteFunctions, INode } from 'n8n-workflow';

import { readFieldId, toBody } from './fields';
import type { FieldPath } from './fields';
import { invalidItem } from './itemFailure';
import { itemReader } from './parameters';
import type { ItemReader } from './parameters';

/**
 * Reads 'Fields' as the body that a template is filled in from: the item's JSON when it is mapped
 * automatically, else an object made of the fields.
 *
 * @returns the body of one item; throws a `NodeOperationError` when two fields are in each other's way
 */
export function bodyReader(context: IExecuteFunctions, node: INode): ItemReader<unknown> {
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
