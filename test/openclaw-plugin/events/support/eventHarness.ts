import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type * as EventHooks from '../../../../openclaw-plugin/src/events/registerEventHooks';
import { createSessionRegistry } from '../../../../openclaw-plugin/src/events/sessionRegistry';
import { SCHEMA } from '../../../../openclaw-plugin/src/store/schema';
import type { EventData, EventType } from '../../../../protocol/event';
import type { JsonObject } from '../../../../testbed/json';
import type { HookCall, Instance } from './recordings';

/** An event that was emitted. */
export interface Emitted {
	readonly type: EventType;
	readonly data: EventData;
	/** When it happened, where that was not now. */
	readonly at?: number;
}

/** Two instances of the plugin's hooks in one process, as the gateway has them. */
export interface EventHarness {
	/** What was emitted so far, by either. */
	readonly events: Emitted[];
	/** What was logged as an error. */
	readonly complaints: string[];
	/** What tells this gateway from others in the process. */
	readonly scope: string;
	readonly now: () => number;
	call(call: Pick<HookCall, 'hook' | 'event' | 'context'> & { readonly instance?: Instance }): void;
	/** Calls what was recorded, at its pace. */
	play(calls: readonly HookCall[]): void;
	/** Lets time pass. */
	advance(ms: number): void;
	/** Somebody sets the system's clock, forward or back. */
	setClock(ms: number): void;
	/** Loads the plugin once more, as the gateway does on a change of its settings. */
	reload(): Promise<void>;
	/** What the plugin does at its end. */
	end(): void;
	close(): void;
}

type Handler = (event: unknown, context: unknown) => void;

interface Timer {
	readonly due: number;
	callback(): void;
}

const MODULE = '../../../../openclaw-plugin/src/events/registerEventHooks';

/** Modules of its own for each instance: only the process is common to them. */
const modules = new Map<Instance, typeof EventHooks>();

async function loadModule(instance: Instance): Promise<typeof EventHooks> {
	const known = modules.get(instance);
	if (known !== undefined) return known;
	let loaded: typeof EventHooks | undefined;
	await jest.isolateModulesAsync(async () => {
		loaded = (await import(MODULE)) as typeof EventHooks;
	});
	if (loaded === undefined) throw new Error('The module was not loaded');
	modules.set(instance, loaded);
	return loaded;
}

export interface HarnessOptions {
	/** What the gateway's session store answers. */
	readonly findSession?: (sessionKey: string) => JsonObject | undefined;
	readonly emit?: (type: EventType, data: EventData) => void;
}

/** Starts both instances over a database of their own. `close()` it afterwards. */
export async function startEventHarness(options: HarnessOptions = {}): Promise<EventHarness> {
	const scope = randomUUID();
	const database = new DatabaseSync(':memory:');
	database.exec(SCHEMA);
	const events: Emitted[] = [];
	const complaints: string[] = [];
	const timers: Timer[] = [];
	const instances = new Map<Instance, Map<string, Handler>>();
	const ends: Array<() => void> = [];
	let time = 1_795_000_000_000;
	let set = 0;
	const now = () => time + set;
	const elapsed = () => time;
	const sessions = createSessionRegistry({ database, scope, now, elapsed });
	const emit = (type: EventType, data: EventData, at?: number) => {
		options.emit?.(type, data);
		events.push({ type, data, ...(at === undefined ? {} : { at }) });
	};

	const start = async (instance: Instance) => {
		const handlers = new Map<string, Handler>();
		const { registerEventHooks } = await loadModule(instance);
		const end = registerEventHooks({
			api: {
				runtime: {
					agent: { session: { getSessionEntry: sessionEntryOf(options) } },
					events: {
						onSessionTranscriptUpdate: (listener: (event: unknown) => void) => {
							handlers.set('transcript', listener);
						},
					},
				},
				lifecycle: { onDispose: () => undefined },
				on: (hook, handler) => handlers.set(hook, handler),
				agent: {
					events: {
						registerAgentEventSubscription: (subscription) => {
							handlers.set('lifecycle', (event) => {
								subscription.handle(event);
							});
						},
					},
				},
			},
			emit,
			sessions,
			logger: {
				info: () => undefined,
				warn: () => undefined,
				error: (message) => complaints.push(message),
			},
			scope,
			now,
			elapsed,
			later: (ms, callback) => {
				timers.push({ due: time + ms, callback });
			},
		});
		ends.push(end);
		instances.set(instance, handlers);
	};
	const advance = (ms: number) => {
		const until = time + ms;
		for (;;) {
			const next = timers[0];
			if (next === undefined || next.due > until) break;
			timers.shift();
			time = Math.max(time, next.due);
			next.callback();
		}
		time = until;
	};
	const call: EventHarness['call'] = ({ instance = 'discovery', hook, event, context }) => {
		const handler = instances.get(instance)?.get(hook);
		if (handler === undefined) throw new Error(`Nothing is registered for '${hook}'`);
		handler(event, context);
	};
	const reload = async () => {
		await start('full');
		await start('discovery');
	};
	await reload();
	return {
		events,
		complaints,
		scope,
		now,
		call,
		play: (calls) => {
			let at = 0;
			for (const next of calls) {
				advance(next.after - at);
				at = next.after;
				call(next);
			}
		},
		advance,
		setClock: (ms) => {
			set += ms;
		},
		reload,
		end: () => {
			for (const end of ends.splice(0)) end();
		},
		close: () => {
			database.close();
		},
	};
}

function sessionEntryOf({ findSession }: HarnessOptions) {
	return ({ sessionKey }: { sessionKey: string }) => findSession?.(sessionKey);
}
