import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyEvent } from '../../protocol';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink, type ReceivedRequest } from '../../testbed/httpSink';
import { at, listAt, objectAt, textAt, tryParseJson } from '../../testbed/json';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { waitFor } from '../../testbed/waitFor';
import { startPluginGateway } from './support/pluginGateway';

const OLD_SECRET = 'whsec_old-secret-of-the-cli-tests';
const ENV_SECRET = 'whsec_environment-secret-of-the-cli-tests';
const CRM_API_KEY = 'canary-api-key-of-the-cli-tests';
const TEST_TIMEOUT_MS = 300_000;
jest.setTimeout(TEST_TIMEOUT_MS);

let model: ScriptedModel & { stop(): Promise<void> };
let ops: HttpSink;
let crm: HttpSink;
let gateway: Gateway;

/** What `openclaw event-webhooks …` writes to its standard output. */
const cli = async (...args: readonly string[]) =>
	await gateway.openclaw(['event-webhooks', ...args]);

const cliJson = async (...args: readonly string[]) => tryParseJson(await cli(...args, '--json'));

/** How a command that cannot be done ends: exit code and everything it has written. */
const cliFault = async (...args: readonly string[]) => {
	const message = await cli(...args).then(
		(output) => `ended with 0: ${output}`,
		(error: unknown) => String(error),
	);
	return { exitCode: Number(/ended with (\d+)/.exec(message)?.[1]), message };
};

const writtenConfig = async () =>
	tryParseJson(await readFile(join(gateway.folder, 'openclaw.json'), 'utf8'));

const writtenEntry = async () =>
	objectAt(await writtenConfig(), 'plugins', 'entries', 'event-webhooks');

const verdict = ({ headers, body }: ReceivedRequest, secret: string) =>
	verifyEvent({ headers, body, secret });

beforeAll(async () => {
	model = await startScriptedModel();
	ops = await startHttpSink();
	crm = await startHttpSink();
	gateway = await startPluginGateway({
		modelUrl: model.url,
		isInstalled: true,
		env: { ENV_SECRET, CRM_API_KEY },
		webhooks: {
			endpoints: [
				{
					name: 'ops',
					url: `${ops.url}/hook`,
					secret: OLD_SECRET,
					events: ['*'],
					retry: { maxAttempts: 1, backoffMs: 0 },
					allowPrivateHosts: true,
				},
				{
					name: 'by-environment',
					url: `${ops.url}/environment`,
					secret: '${ENV_SECRET}',
					events: ['error.occurred'],
					allowPrivateHosts: true,
				},
			],
		},
	});
});

afterAll(async () => {
	await gateway.remove();
	await Promise.all([ops.stop(), crm.stop(), model.stop()]);
});

it('tells that the gateway runs and nothing is wrong', async () => {
	expect(await cliJson('status')).toMatchObject({
		gateway: { isRunning: true, pid: gateway.pid },
		faults: [],
		endpoints: [{ name: 'ops' }, { name: 'by-environment', isSigned: true }],
	});
});

it('sends a signed test event and lists it', async () => {
	expect(await cli('test', 'ops')).toMatch(/Delivered to 'ops'\.\nHTTP 200 in \d+ m?s/);
	const [request] = ops.requests;
	if (request === undefined) throw new Error('Nothing was sent');
	expect(verdict(request, OLD_SECRET)).toMatchObject({ ok: true });
	expect(textAt(request.json, 'type')).toBe('webhook.test');

	expect(await cli('list', '--recent', '20')).toMatch(/^dlv_1 +delivered +webhook\.test +ops /m);
});

it('tells why an event was not taken, and replays it', async () => {
	ops.answerBy(() => ({ status: 500, body: 'workflow broke' }));
	const failed = await cliFault('test', 'ops');
	expect(failed.exitCode).toBe(1);
	expect(failed.message).toContain('workflow broke');

	const [delivery] = listAt(await cliJson('list', '--status', 'failed'), 'deliveries');
	ops.clear();
	expect(await cli('replay', textAt(delivery, 'id'))).toContain('1 delivery will be sent again');
	const again = await ops.waitForRequest(() => true);
	expect(textAt(again.json, 'id')).toBe(textAt(delivery, 'eventId'));
});

it('rotates a secret of the configuration; both sign, nothing else changes', async () => {
	const before = await writtenConfig();
	const secret = textAt(await cliJson('rotate-secret', 'ops', '--overlap', '1h'), 'secret');
	expect(secret).toMatch(/^whsec_/);
	const entry = await writtenEntry();
	expect(at(entry, 'config', 'endpoints', 0, 'secret')).toBe(secret);
	expect(at(entry, 'config', 'endpoints', 1, 'secret')).toBe('${ENV_SECRET}');
	expect(objectAt(await writtenConfig(), 'gateway')).toEqual(objectAt(before, 'gateway'));

	const request = await waitFor('the gateway to sign with the new secret', async () => {
		ops.clear();
		await cli('test', 'ops');
		const [sent] = ops.requests;
		return sent !== undefined && verdict(sent, secret).ok ? sent : undefined;
	});
	expect(verdict(request, OLD_SECRET)).toMatchObject({ ok: true });
});

it('explains how to rotate a secret of the environment', async () => {
	const { exitCode, message } = await cliFault('rotate-secret', 'by-environment');

	expect(exitCode).toBe(1);
	expect(message).toContain('comes from the environment (${ENV_SECRET})');
});

it('imports a file as in the article, and the gateway applies it', async () => {
	const file = join(gateway.folder, 'webhooks.json5');
	await writeFile(
		file,
		`{
			webhooks: {
				endpoints: [{
					// 场景三
					name: "crm-integration",
					url: "${crm.url}/api/interactions",
					events: ["session.created"],
					headers: { "X-API-Key": "\${CRM_API_KEY}" },
					allowPrivateHosts: true,
				}],
			},
		}`,
	);
	const before = await writtenConfig();
	const shown = await cli('import', file, '--dry-run');
	expect(shown).toContain('+         name: "crm-integration"');
	expect(shown).toContain('CRM_API_KEY');
	expect(await writtenConfig()).toEqual(before);

	expect(await cli('import', file, '--yes')).toContain('Written.');
	const entry = await writtenEntry();
	expect(at(entry, 'config', 'endpoints', 2, 'headers')).toEqual({ 'X-API-Key': '${CRM_API_KEY}' });
	expect(at(entry, 'config', 'endpoints', 1, 'secret')).toBe('${ENV_SECRET}');
	expect(at(entry, 'hooks', 'allowConversationAccess')).toBe(true);

	const request = await waitFor('the gateway to know the endpoint', async () => {
		await cliFault('test', 'crm-integration');
		return crm.requests[0];
	});
	expect(request.headers['x-api-key']).toBe(CRM_API_KEY);
});

it('makes a token that opens the inbound API, until it is revoked', async () => {
	const created = await cliJson('token', 'create', '--name', 'n8n');
	const ask = async () =>
		await fetch(`${gateway.url}/webhooks/inbound`, {
			headers: { authorization: `Bearer ${textAt(created, 'token')}` },
		});

	expect((await ask()).status).toBe(200);
	await cli('token', 'revoke', textAt(created, 'id'));
	await waitFor('the token to be worthless', async () => (await ask()).status === 401);
});

it('ends with 2 when it is called wrongly, and tells programs as JSON', async () => {
	const fault = await cliFault('list', '--status', 'broken', '--json');
	expect(fault.exitCode).toBe(2);
	expect(fault.message).toContain('"code": "usage"');
	expect((await cliFault('list', '--nonsense')).exitCode).toBe(2);
});

it('shows no secret anywhere', async () => {
	const outputs = [
		await cli('endpoints', '--json'),
		await readFile(join(gateway.folder, 'gateway.log'), 'utf8'),
	].join('\n');

	for (const secret of [OLD_SECRET, ENV_SECRET, CRM_API_KEY, 'whsec_']) {
		expect(outputs).not.toContain(secret);
	}
});

it('works while the gateway is down', async () => {
	await gateway.stop();
	// Calls with a revoked token were refused: that is told until somebody has seen it.
	expect((await cliFault('status')).message).toContain('refused within a day');
	expect(await cli('status', '--seen')).toContain('Not running: stopped');
	const { exitCode, message } = await cliFault('test', 'ops');

	expect(exitCode).toBe(1);
	expect(message).toContain('The gateway is not running');
});
