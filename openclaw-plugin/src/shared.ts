/**
 * What the instances of this plugin share that run in one process for one gateway. The gateway evaluates
 * the plugin's module several times, each with module variables of its own, and splits hooks, services and
 * routes between them: what one has to know of another stands here.
 */
export interface Shared {
	/** Where the plugin keeps its data: what tells gateways apart. */
	readonly folder: string;
	/**
	 * The part of a name, made when it is first asked for. Only plain values and functions: a class of one
	 * instance is not that of another.
	 */
	slot<Value extends object>(name: string, create: () => Value): Value;
}

/** Changes with the form of what is shared: two versions of the plugin in one process share nothing. */
const KEY = Symbol.for('openclaw-plugin-event-webhooks/shared/4');

/**
 * Finds the shared object of a data folder, or makes it.
 *
 * @param folder see `dataFolder`
 * @example
 * const signals = sharedOf(folder).slot('inbound', createSignals);
 */
export function sharedOf(folder: string): Shared {
	const root = globalThis as { [key: symbol]: Map<string, Shared> | undefined };
	const all = (root[KEY] ??= new Map<string, Shared>());
	const known = all.get(folder) ?? createShared(folder);
	all.set(folder, known);
	return known;
}

function createShared(folder: string): Shared {
	const slots = new Map<string, object>();
	return {
		folder,
		slot: <Value extends object>(name: string, create: () => Value): Value => {
			const known = slots.get(name) ?? create();
			slots.set(name, known);
			return known as Value;
		},
	};
}
