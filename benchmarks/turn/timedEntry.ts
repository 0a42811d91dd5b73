import { definePluginEntry } from 'openclaw/plugin-sdk/plugin-entry';
import { registerPlugin } from '../../openclaw-plugin/src/plugin';
import type { GatewayApi } from '../../openclaw-plugin/src/sdk';
import { sharedOf } from '../../openclaw-plugin/src/shared';

/** The plugin as it is, with a clock around each of its hook handlers; read at this path. */
const PATH = '/bench/handler-times';

const times = sharedOf('').slot('bench-times', () => ({ microseconds: [] as number[] }));

function timed<Args extends unknown[]>(handler: (...args: Args) => void) {
	return (...args: Args): void => {
		const started = performance.now();
		handler(...args);
		times.microseconds.push((performance.now() - started) * 1000);
	};
}

function withClock(api: GatewayApi): GatewayApi {
	return new Proxy(api, {
		get: (target, key) => {
			if (key !== 'on') return Reflect.get(target, key) as unknown;
			const on: GatewayApi['on'] = (hook, handler) => {
				target.on(hook, timed(handler));
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
