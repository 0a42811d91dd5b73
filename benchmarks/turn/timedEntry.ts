import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';
import type { GatewayApi, ToolCallAnswer } from '../../openclaw-plugin/src/gatewayApi';
import { registerPlugin } from '../../openclaw-plugin/src/plugin';
import { sharedOf } from '../../openclaw-plugin/src/shared';

/** The plugin as it is, with a clock around each of its hook handlers; read at this path. */
const PATH = '/bench/handler-times';

const times = sharedOf('').slot('bench-times', () => ({ microseconds: [] as number[] }));

function timed<Args extends unknown[], Answer>(handler: (...args: Args) => Answer) {
	return (...args: Args): Answer => {
		const started = performance.now();
		const answer = handler(...args);
		times.microseconds.push((performance.now() - started) * 1000);
		return answer;
	};
}

/** Those of the hook whose handler may answer: the others are the same without. */
type Handler = (event: unknown, context: unknown) => ToolCallAnswer | Promise<ToolCallAnswer>;
type Options = { readonly priority?: number; readonly timeoutMs?: number };

function withClock(api: GatewayApi): GatewayApi {
	return new Proxy(api, {
		get: (target, key) => {
			if (key !== 'on') return Reflect.get(target, key) as unknown;
			const on = (hook: 'before_tool_call', handler: Handler, options?: Options) => {
				target.on(hook, timed(handler), options);
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
		api.registerHttpRoute({
			path: PATH,
			auth: 'plugin',
			match: 'exact',
			handler: (_request, response) => {
				response.setHeader('content-type', 'application/json');
				response.end(JSON.stringify(times.microseconds.splice(0)));
				return true;
			},
		});
	},
});
