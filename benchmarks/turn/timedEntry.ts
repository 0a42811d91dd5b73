import { join } from 'node:path';
import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';
import type { GatewayApi, ToolCallAnswer } from '../../openclaw-plugin/src/gatewayApi';
import { registerPlugin } from '../../openclaw-plugin/src/plugin';
import { sharedOf } from '../../openclaw-plugin/src/shared';
import { openDatabase } from '../../openclaw-plugin/src/store/database';
import { noTimes, preciseNow, TIMES_PATH } from './times';
import type { HookTimes } from './times';

/*
 * The plugin as it is, with a clock around its hook handlers in every other turn. In the turns between, a bare write
 * of one event into a database of the same tables is timed before each handler instead: it comes from the same work of
 * the gateway, and finds as little in the processor's caches.
 */

interface Clock {
	times: HookTimes;
	isBareTurn: boolean;
	writeBare: () => void;
}

const BODY = JSON.stringify({ text: 'An answer of usual length. '.repeat(26) });

function prepareBareWrite(stateDir: string): () => void {
	const database = openDatabase(join(stateDir, 'bare-writes'));
	database.exec(`INSERT INTO endpoints (id, name, kind, origin, settings, created_at, updated_at)
		VALUES (1, 'bare', 'webhook', 'api', '{}', 0, 0)`);
	const begin = database.prepare('BEGIN IMMEDIATE');
	const commit = database.prepare('COMMIT');
	const event = database.prepare(
		'INSERT INTO events (id, type, created_at, body) VALUES (?, ?, ?, ?)',
	);
	const delivery =
		database.prepare(`INSERT INTO deliveries (event_seq, endpoint_id, state, created_at, next_at)
		VALUES (?, 1, 'pending', ?, ?)`);
	let count = 0;
	return () => {
		const now = Date.now();
		begin.run();
		const { lastInsertRowid } = event.run(`evt_${String((count += 1))}`, 'message.sent', now, BODY);
		delivery.run(lastInsertRowid, now, now);
		commit.run();
	};
}

const clock = sharedOf('').slot<Clock>('bench-times', () => ({
	times: noTimes(),
	isBareTurn: false,
	writeBare: () => undefined,
}));

function microsecondsOf(work: () => void): number {
	const started = performance.now();
	work();
	return (performance.now() - started) * 1000;
}

/** Those of the hook whose handler may answer: the others are the same without. */
type Handler = (event: unknown, context: unknown) => ToolCallAnswer | Promise<ToolCallAnswer>;
type Options = { readonly priority?: number; readonly timeoutMs?: number };

/** @param isAsking whether it is the handler that holds tool calls until somebody allows them */
function timed(handler: Handler, isAsking: boolean): Handler {
	return (event, context) => {
		if (clock.isBareTurn) {
			clock.times.bareWrites.push(microsecondsOf(clock.writeBare));
			return handler(event, context);
		}
		const started = performance.now();
		const answer = handler(event, context);
		const microseconds = (performance.now() - started) * 1000;
		if (answer instanceof Promise) {
			void answer.then(() => clock.times.wentOn.push(preciseNow()));
			return answer;
		}
		(isAsking ? clock.times.unasked : clock.times.handlers).push(microseconds);
		return answer;
	};
}

function withClock(api: GatewayApi): GatewayApi {
	return new Proxy(api, {
		get: (target, key) => {
			if (key !== 'on') return Reflect.get(target, key) as unknown;
			const on = (hook: 'before_tool_call', handler: Handler, options?: Options) => {
				// No other handler of ours waits for anybody.
				target.on(hook, timed(handler, options?.timeoutMs !== undefined), options);
			};
			return on;
		},
	});
}

export default definePluginEntry({
	id: 'event-webhooks',
	name: 'Event Webhooks',
	description: 'The plugin with a clock around its hook handlers.',
	register: (api) => {
		registerPlugin(withClock(api));
		if (api.registrationMode !== 'full') return;
		clock.writeBare = prepareBareWrite(api.runtime.state.resolveStateDir());
		api.registerHttpRoute({
			path: TIMES_PATH,
			auth: 'plugin',
			match: 'exact',
			handler: (_request, response) => {
				response.setHeader('content-type', 'application/json');
				response.end(JSON.stringify(clock.times));
				clock.times = noTimes();
				clock.isBareTurn = !clock.isBareTurn;
				return true;
			},
		});
	},
});
