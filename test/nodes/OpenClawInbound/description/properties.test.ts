import { inboundProperties } from '../../../../nodes/OpenClawInbound/description/properties';

test.each(['template', 'text'])(
	"%s stays as it is typed: n8n's editor makes no expression of it",
	(name) => {
		const property = inboundProperties.find((candidate) => candidate.name === name);
		// Having an editor is what counts; the empty one is a plain text area.
		expect(property).toMatchObject({ noDataExpression: true, typeOptions: { editor: '' } });
	},
);
