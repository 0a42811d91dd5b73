import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import type { JsonObject } from '../../testbed/json';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { waitFor } from '../../testbed/waitFor';
import { startPluginGateway } from './support/pluginGateway';

const ENDPOINTS = {
	plain: { agentId: 'main', template: '{{body.text}}' },
	broken: { agentId: 'main', template: '{{data.text}}' },
};
/** Gateways look at their file every few seconds, and may have an agent to wait for. */
const RELOAD = { timeoutMs: 60_000 };

let model: ScriptedModel & { stop(): Promise<void> };
let gateway: Gateway;

beforeAll(async () => {
	model = await startScriptedModel();
	gateway = await startPluginGateway({
		modelUrl: model.url,
		// Several faults at once: none of them may keep the gateway from starting.
		webhooks: {
			eventz: [],
			inbound: { basePath: 'custom/in', endpoints: ENDPOINTS, callbackOrigins: 7 },
		},
	});
});

afterAll(async () => {
	await gateway.remove();
	await model.stop();
});

async function post(path: string, token: string = GATEWAY_TOKENS.hooks) {
	const response = await fetch(gateway.url + path, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: '{"text":"Hello"}',
	});
	const text = await response.text();
	return { status: response.status, text };
}

async function changeHooks(hooks: JsonObject): Promise<void> {
	const file = join(gateway.folder, 'openclaw.json');
	const config = JSON.parse(await readFile(file, 'utf8')) as { hooks: JsonObject };
	await writeFile(file, JSON.stringify({ ...config, hooks: { ...config.hooks, ...hooks } }));
}

it('lets the endpoints without a fault work, and says which one has one', async () => {
	expect((await post('/webhooks/inbound/plain')).status).toBe(202);
	const broken = await post('/webhooks/inbound/broken');
	expect(broken.status).toBe(503);
	expect(broken.text).toContain('endpoint-faulty');
	expect(broken.text).not.toContain('data.text');
});

it('takes calls at the path of the settings once they are mended, without a restart', async () => {
	await gateway.configurePlugin({ inbound: { basePath: '/custom/in', endpoints: ENDPOINTS } });
	await waitFor(
		'the new path',
		async () => (await post('/custom/in/plain')).status === 202,
		RELOAD,
	);
	expect((await post('/webhooks/inbound/plain')).status).toBe(404);
});

it('follows the hook token of the gateway', async () => {
	await changeHooks({ token: 'rotated-hook-token' });
	await waitFor(
		'the new token',
		async () => (await post('/custom/in/plain', 'rotated-hook-token')).status === 202,
		RELOAD,
	);
	expect((await post('/custom/in/plain')).status).toBe(401);
	await changeHooks({ enabled: false });
	await waitFor(
		'the end of the hooks',
		async () => (await post('/custom/in/plain', 'rotated-hook-token')).status === 401,
		RELOAD,
	);
});
