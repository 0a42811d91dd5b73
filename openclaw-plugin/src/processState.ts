/**
 * Keeps one value per process. The gateway evaluates this plugin more than once in one process, each
 * time as a module of its own, and splits hooks, services and routes between them: what they have to
 * know of each other cannot be in a module variable.
 *
 * @param name of the value; a new name when its form changes, as an older version may still be loaded
 * @param create makes it, once
 */
export function processState<Value extends object>(name: string, create: () => Value): Value {
	const key = Symbol.for(`openclaw-plugin-event-webhooks/${name}`);
	const registry = globalThis as { [key: symbol]: unknown };
	const known = registry[key] as Value | undefined;
	if (known !== undefined) return known;
	const value = create();
	registry[key] = value;
	return value;
}
