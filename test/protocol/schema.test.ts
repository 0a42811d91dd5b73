import { join } from 'node:path';
import ts from 'typescript';
import { sampleEvent } from '../../nodes/OpenClawTrigger/fetch/sample';
import { createTestEvent } from '../../openclaw-plugin/src/endpoints/testEvent';
import { KNOWN_EVENT_TYPES, type EventType } from '../../protocol';
import { eventSchema } from '../../protocol/schema/events';
import { at, isObject, tryParseJson } from '../../testbed/json';
import { faultsOf } from '../../testbed/eventFaults';

const FILE = join(__dirname, '../../protocol/event.ts');

/** The fields that a schema knows, by path. What may be anything has no fields. */
function schemaFields(schema: unknown, path = ''): readonly string[] {
	const inner = isObject(schema) && isObject(schema.items) ? schema.items : schema;
	const properties = at(inner, 'properties');
	return Object.entries(isObject(properties) ? properties : {}).flatMap(([name, part]) => [
		path + name,
		...schemaFields(part, `${path}${name}.`),
	]);
}

/** The fields that the TypeScript type of each event's data names, by path. */
function typeFields(): ReadonlyMap<string, readonly string[]> {
	const options: ts.CompilerOptions = { strict: true, lib: ['lib.es2023.d.ts'], types: [] };
	const program = ts.createProgram([FILE], options);
	const checker = program.getTypeChecker();
	const source = program.getSourceFile(FILE);
	const declaration = source?.statements.find(
		(statement) =>
			ts.isInterfaceDeclaration(statement) && statement.name.text === 'EventDataByType',
	);
	if (declaration === undefined) throw new Error('EventDataByType is not there');
	const fieldsOf = (type: ts.Type, path: string): readonly string[] => {
		const plain = checker.getNonNullableType(type);
		const [element] = checker.isArrayType(plain)
			? checker.getTypeArguments(plain as ts.TypeReference)
			: [plain];
		if (element === undefined || (element.flags & ts.TypeFlags.Object) === 0) return [];
		return element
			.getProperties()
			.flatMap((property) => [
				path + property.name,
				...fieldsOf(checker.getTypeOfSymbol(property), `${path}${property.name}.`),
			]);
	};
	const types = checker.getTypeAtLocation(declaration).getProperties();
	return new Map(
		types.map((symbol) => [symbol.name, fieldsOf(checker.getTypeOfSymbol(symbol), '')]),
	);
}

const dataFields = (type: EventType) => schemaFields(at(eventSchema(type), 'properties', 'data'));

describe('the TypeScript types', () => {
	const byType = typeFields();

	it.each(KNOWN_EVENT_TYPES)('name all that the schema of %s knows', (type) => {
		const fields = byType.get(type) ?? [];
		expect(fields.length).toBeGreaterThan(1);
		expect(dataFields(type).filter((field) => !fields.includes(field))).toEqual([]);
	});

	it('name nothing that no schema knows', () => {
		const known = new Set(KNOWN_EVENT_TYPES.flatMap(dataFields));
		const named = [...byType.values()].flat();
		expect(named.filter((field) => !known.has(field))).toEqual([]);
	});
});

describe.each(KNOWN_EVENT_TYPES)('%s', (type) => {
	it('is as the schema says in the sample of the editor', () => {
		expect(faultsOf(sampleEvent(type, 1_773_484_200_000))).toEqual([]);
	});

	it('is as the schema says in a test of an endpoint', () => {
		const { body } = createTestEvent(type, 'node-1', 1_773_484_200_000);
		expect(faultsOf(tryParseJson(body))).toEqual([]);
	});
});
