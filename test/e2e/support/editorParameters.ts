import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';
import type { NodePanel } from '../../../testbed/editor/nodePanel';

type Entry = INodePropertyOptions | INodeProperties | INodePropertyCollection;

function isChoice(entry: Entry): entry is INodePropertyOptions {
	return 'value' in entry;
}

function isProperty(entry: Entry): entry is INodeProperties {
	return 'type' in entry;
}

/** A property of a node's description, by its name. */
export function property(properties: readonly INodeProperties[], name: string): INodeProperties {
	const found = properties.find((candidate) => candidate.name === name);
	if (found === undefined) throw new Error(`There is no property '${name}'`);
	return found;
}

/** Properties inside a collection. */
export function innerProperties(collection: INodeProperties): INodeProperties[] {
	return (collection.options ?? []).filter(isProperty);
}

/**
 * The properties that n8n shows for these values of other parameters.
 *
 * @param values of top-level parameters, which `/name` refers to inside collections
 */
export function shown(
	properties: readonly INodeProperties[],
	values: Readonly<Record<string, string>>,
): INodeProperties[] {
	const fits = ([name, wanted]: readonly [string, unknown]) =>
		Array.isArray(wanted) && wanted.includes(values[name.replace(/^\//, '')]);
	return properties.filter(
		({ type, displayOptions: { show = {}, hide = {} } = {} }) =>
			type !== 'hidden' && Object.entries(show).every(fits) && !Object.entries(hide).some(fits),
	);
}

/** Text of the button that adds to a collection. */
export function buttonOf({ placeholder }: INodeProperties): string {
	return placeholder ?? '';
}

/**
 * Looks at parameters as a user does: each has its label, and the choices of each are the ones of the
 * description, with their explanations and in its order.
 */
export async function expectShown(
	panel: NodePanel,
	properties: readonly INodeProperties[],
): Promise<void> {
	const notices = properties.filter(({ type }) => type === 'notice');
	for (const { displayName } of notices) await panel.parameters.getByText(displayName).waitFor();
	const labels = await panel.labels();
	const labelled = properties.filter((property) => !notices.includes(property));
	expect(labels).toEqual(expect.arrayContaining(labelled.map(({ displayName }) => displayName)));
	for (const { name, type, options = [], typeOptions } of properties) {
		if (type !== 'options' && type !== 'multiOptions') continue;
		// Those of a gateway, which is not there.
		if (typeOptions?.loadOptionsMethod !== undefined) continue;
		const choices = options
			.filter(isChoice)
			.map(({ name: choice, description = '' }) =>
				description === '' ? [choice] : [choice, description],
			);
		// n8n adds this one to the operations of every node whose credential can sign requests.
		const offered = (await panel.choices(name)).filter(([choice]) => choice !== 'Custom API Call');
		expect({ name, choices: offered }).toEqual({ name, choices });
	}
}

/** Adds everything a collection offers, and looks at it. */
export async function expectCollectionShown(
	panel: NodePanel,
	collection: INodeProperties,
	inner: readonly INodeProperties[] = innerProperties(collection),
): Promise<void> {
	const button = buttonOf(collection);
	const offers = await panel.offers(button);
	expect(offers).toEqual(inner.map(({ displayName }) => displayName));
	expect(offers).toEqual([...offers].sort((a, b) => a.localeCompare(b)));
	// n8n drops a list without entries as soon as something else is added.
	const simple = inner.filter(({ type }) => type !== 'fixedCollection');
	for (const { displayName } of simple) await panel.add(button, displayName);
	await expectShown(panel, simple);
}
