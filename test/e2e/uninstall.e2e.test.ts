import { readdirSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { askAgent } from '../../testbed/askAgent';
import type { Gateway } from '../../testbed/gateway';
import { at, listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import { startN8n, type N8n } from '../../testbed/n8n/instance';
import { CREDENTIAL_TYPE, OPENCLAW_TRIGGER, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, noOp } from '../../testbed/n8n/workflow';
import { silentProgress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';
import { credentialData } from '../../testbed/stack';
import { startPluginGateway } from './support/pluginGateway';
import { readShared } from './support/shared';
import { createToken } from './support/tokens';

/*
 * What docs/production.md says under "Uninstall", step by step, and that nothing is left then.
 */

const PACKAGE = 'n8n-nodes-openclaw-webhooks';
const PLUGIN = 'event-webhooks';

let gateway: Gateway;
let n8n: N8n;

beforeAll(async () => {
	const { modelUrl, packageFile } = readShared();
	const runtimes = await ensureRuntimes(silentProgress);
	[gateway, n8n] = await Promise.all([
		startPluginGateway({ modelUrl, webhooks: {}, isInstalled: true }),
		startN8n({ runtimes, packageFile }),
	]);
});

afterAll(async () => {
	await Promise.all([gateway.remove(), n8n.remove()]);
});

/** Files and folders below a folder whose path has a word in it. */
function named(folder: string, word: string): readonly string[] {
	return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
		path.includes(word),
	);
}

function rowsOf(table: string): number {
	const database = new DatabaseSync(join(n8n.folder, '.n8n', 'database.sqlite'), {
		readOnly: true,
	});
	try {
		return Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
	} finally {
		database.close();
	}
}

async function takeTurn(): Promise<void> {
	expect(await askAgent(gateway.url, { text: 'Look around [[tool]]' })).toMatchObject({
		status: 200,
	});
}

it('leaves nothing behind, in n8n or at the gateway', async () => {
	const data = credentialData(gateway.url, { accessToken: createToken(gateway) });
	const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
	const workflows = await Promise.all(
		['connection', 'automatic'].map(async (endpointSetup) =>
			n8n.client.createWorkflow({
				name: endpointSetup,
				nodes: [triggerNode(credential, { events: ['tool.called'], endpointSetup }), noOp('After')],
				connections: chain(OPENCLAW_TRIGGER, 'After'),
			}),
		),
	);
	for (const workflow of workflows) await n8n.client.publish(workflow);
	await takeTurn();
	for (const workflow of workflows) await n8n.client.waitForExecutions(workflow, 1);
	// A search that finds nothing now would find nothing later either.
	expect(named(join(n8n.folder, '.n8n', 'nodes'), PACKAGE)).not.toEqual([]);
	expect(named(join(gateway.folder, 'state'), PLUGIN)).not.toEqual([]);

	for (const workflow of workflows) await n8n.client.unpublish(workflow);
	const list = async () =>
		listAt(
			tryParseJson(await gateway.openclaw([PLUGIN, 'endpoints', 'list', '--json'])),
			'endpoints',
		).map((endpoint) => textAt(endpoint, 'name'));
	const [left = '', ...others] = await list();
	expect(others).toEqual([]);
	await gateway.openclaw([PLUGIN, 'endpoints', 'remove', left]);
	expect(await list()).toEqual([]);

	await n8n.client.request('DELETE', `/rest/community-packages?name=${PACKAGE}`);
	await n8n.client.request('DELETE', `/rest/credentials/${credential.id}`);
	expect(named(join(n8n.folder, '.n8n', 'nodes'), PACKAGE)).toEqual([]);
	const tables = ['installed_packages', 'installed_nodes', 'webhook_entity', 'credentials_entity'];
	expect(tables.map((table) => [table, rowsOf(table)])).toEqual(tables.map((table) => [table, 0]));

	await gateway.stop();
	await gateway.openclaw(['plugins', 'uninstall', '--force', PLUGIN]);
	const configFile = join(gateway.folder, 'openclaw.json');
	const config = tryParseJson(await readFile(configFile, 'utf8')) as JsonObject;
	const entries = { ...(at(config, 'plugins', 'entries') as JsonObject) };
	Reflect.deleteProperty(entries, PLUGIN);
	const plugins = { ...(at(config, 'plugins') as JsonObject), entries };
	await writeFile(configFile, JSON.stringify({ ...config, plugins }));
	await rm(join(gateway.folder, 'state', PLUGIN), { recursive: true });

	await gateway.start();
	await takeTurn();
	expect(named(join(gateway.folder, 'state'), PLUGIN)).toEqual([]);
	expect(await readFile(configFile, 'utf8')).not.toContain(PLUGIN);
	const answer = await fetch(`${gateway.url}/plugins/${PLUGIN}/api/endpoints`);
	expect(answer.status).toBe(404);
}, 300_000);
