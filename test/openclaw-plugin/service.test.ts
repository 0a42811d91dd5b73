import { mkdirSync, rmdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { GatewayApi } from '../../openclaw-plugin/src/gatewayApi';
import { listFaults } from '../../openclaw-plugin/src/health/health';
import { createParts } from '../../openclaw-plugin/src/parts';
import { createService } from '../../openclaw-plugin/src/service';
import { dataFolder } from '../../openclaw-plugin/src/store/database';
import { waitFor } from '../../testbed/waitFor';
import { rememberingLogger } from './outbox/support/endpoints';
import { useFolder } from './store/support/folder';

// The gateway's own modules are there only in a gateway.
jest.mock('../../openclaw-plugin/src/gatewaySdk', () => ({
	GATEWAY_HOST_RULES: { isBlockedHost: () => false, isPrivateAddress: () => false },
}));

const folder = useFolder();
const FAST = { everyMs: 20, timeoutMs: 20_000 };
let server: Server;
let received: string[];

beforeAll(() => {
	Object.assign(globalThis, { PLUGIN_VERSION: '1.2.3' });
});

beforeEach(async () => {
	received = [];
	server = createServer((request, response) => {
		let body = '';
		request.on('data', (chunk: Buffer) => {
			body += chunk.toString();
		});
		request.on('end', () => {
			received.push(body);
			response.end('{}');
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
	server.close();
});

/** What the gateway gives to the plugin, with one endpoint in its settings, and maybe others. */
function fakeApi(...more: readonly unknown[]): GatewayApi {
	const { port } = server.address() as AddressInfo;
	const endpoint = {
		name: 'sink',
		url: `http://127.0.0.1:${String(port)}/`,
		events: ['*'],
		allowPrivateHosts: true,
	};
	const own = { endpoints: [endpoint, ...more] };
	const api: Partial<GatewayApi> = {
		registrationMode: 'full',
		config: { plugins: { entries: { 'event-webhooks': { config: own } } } },
		pluginConfig: own,
		logger: rememberingLogger(),
		runtime: {
			state: { resolveStateDir: () => folder.path },
			subagent: {
				run: async () => Promise.resolve({ runId: 'run_1' }),
				waitForRun: async () => Promise.resolve(undefined),
			},
		},
	};
	return api as GatewayApi;
}

it('begins to work by itself when the database can be opened that could not be at the start', async () => {
	const data = dataFolder(folder.path);
	const obstacle = join(data, 'event-webhooks.sqlite');
	mkdirSync(obstacle, { recursive: true });
	const told: string[] = [];
	const serviceHealth = {
		reportFailure: (error: unknown) => told.push((error as Error).message),
		clearFailure: () => told.push('works'),
	};
	const api = fakeApi();
	// The gateway calls hooks in one instance, and starts the service in another.
	const hooks = createParts(api);
	const service = createService(api, createParts(api), {
		reloadPrefixes: undefined,
		onSettings: () => {},
	});
	await service.start({ stateDir: folder.path, config: api.config, serviceHealth });
	hooks.current().emit('message.sent', { agentId: 'first' });
	expect(listFaults(data).map(({ code }) => code)).toEqual([
		'database-unavailable',
		'events-waiting',
	]);
	await waitFor(
		'the gateway to be told',
		() => told.at(-1)?.includes('wait in memory') === true,
		FAST,
	);

	rmdirSync(obstacle);
	await waitFor('the first event', () => received.length === 1, FAST);
	hooks.current().emit('message.sent', { agentId: 'second' });
	await waitFor('the second event', () => received.length === 2, FAST);
	expect(received.map((body) => /"agentId":"(\w+)"/.exec(body)?.[1])).toEqual(['first', 'second']);
	await waitFor('the end of the faults', () => listFaults(data).length === 0, FAST);
	await service.stop();
	expect(told.at(-1)).toBe('works');
}, 60_000);

it('says of each endpoint what it is when it begins to work', async () => {
	const url = 'https://ops.example/';
	const api = fakeApi(
		{ name: 'bad', url, events: ['message.recieved'] },
		{ name: 'off', url, events: ['*'], enabled: false },
	);
	const info = jest.spyOn(api.logger, 'info');
	const service = createService(api, createParts(api), {
		reloadPrefixes: undefined,
		onSettings: () => {},
	});
	await service.start({ stateDir: folder.path, config: api.config });
	await service.stop();

	expect(info.mock.calls.map(([message]) => message)).toContainEqual(
		expect.stringContaining('endpoints: sink, bad (faulty), off (disabled)'),
	);
});
