import type {
	ILoadOptionsFunctions,
	ResourceMapperField,
	ResourceMapperFields,
} from 'n8n-workflow';

import { parseTemplate } from '../../../protocol/template';
import { locatorValue } from '../../shared/parameterValues';
import { fieldsOf } from '../operations/fields';
import { knownEndpoints } from './listSearch';

/** One field for each value below `body` that the template of the node or of the endpoint uses. */
export async function getTemplateFields(
	this: ILoadOptionsFunctions,
): Promise<ResourceMapperFields> {
	const isDefined = this.getCurrentNodeParameter('source') === 'define';
	const template = isDefined
		? this.getCurrentNodeParameter('template')
		: await endpointTemplate(this);
	if (typeof template !== 'string' || template.trim() === '') {
		return {
			fields: [],
			emptyFieldsNotice: isDefined
				? "Write a template with values such as {{body.title}} into 'Message Template', then choose 'Retry'"
				: "The template of this endpoint is not known here. Choose 'Map Automatically' to send the whole item.",
		};
	}
	const parsed = parseTemplate(template);
	if (!parsed.ok) {
		const { line, column, message } = parsed.error;
		const notice = `The template cannot be read at line ${String(line)}, column ${String(column)}: ${message}`;
		return { fields: [], emptyFieldsNotice: notice };
	}
	const fields = fieldsOf(parsed.template.placeholders).map(({ id }) => toMapperField(id));
	if (fields.length > 0) return { fields };
	return { fields, emptyFieldsNotice: 'The template has no {{body.…}} values to fill in' };
}

async function endpointTemplate(context: ILoadOptionsFunctions): Promise<string | undefined> {
	const name = locatorValue(context.getCurrentNodeParameter('endpoint'));
	if (typeof name !== 'string' || name.trim() === '') return undefined;
	try {
		const endpoints = await knownEndpoints(context);
		return endpoints.find((endpoint) => endpoint.name === name.trim())?.template;
	} catch {
		// A gateway without the plugin has no list, but its hook mappings can be written to all the same.
		return undefined;
	}
}

function toMapperField(id: string): ResourceMapperField {
	// No type: n8n would convert the value to it, and a template prints every type.
	return { id, displayName: id, required: false, defaultMatch: false, display: true };
}
