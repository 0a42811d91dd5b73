import {
	findManagedEndpoint,
	saveManagedEndpoint,
} from '../../../openclaw-plugin/src/endpoints/managedEndpoints';
import { createEndpointRegistry } from '../../../openclaw-plugin/src/endpoints/registry';
import { findPluginEntry } from '../../../openclaw-plugin/src/import/pluginEntry';
import { readSettings } from '../../../openclaw-plugin/src/settings/settings';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { createCommandLine, type CommandLine } from './support/commandLine';

const HOUR_MS = 3_600_000;
const ENDPOINTS = [
	{
		name: 'main-webhook',
		url: 'https://n8n.example/webhook/1',
		secret: 'whsec_old',
		events: ['*'],
	},
	{
		name: 'crm',
		url: 'https://crm.example/',
		secret: '${CRM_SECRET}',
		events: ['session.created'],
	},
	{
		name: 'vault',
		url: 'https://vault.example/',
		secret: { source: 'env', provider: 'default', id: 'VAULT_SECRET' },
		events: ['session.created'],
	},
	{ name: 'unsigned', url: 'https://u.example/', events: ['*'] },
	{ name: 'off', url: 'https://off.example/', events: ['*'], enabled: false },
];
let cli: CommandLine;

beforeEach(async () => {
	cli = await createCommandLine({ endpoints: ENDPOINTS });
	const made = { name: 'n8n', url: 'https://n8n.example/webhook/2', events: ['*' as const] };
	saveManagedEndpoint(cli.database, { ...made, secret: 'whsec_made' }, Date.now());
});

afterEach(async () => {
	await cli.remove();
});

/** What signs for an endpoint now. */
const secretsOf = (name: string) => {
	const settings = readSettings(findPluginEntry(cli.config)?.config);
	return createEndpointRegistry(settings.endpoints, cli.database).find(name)?.secrets;
};

describe('endpoints', () => {
	it('lists them with how they are doing, never with a secret', async () => {
		storeDeliveries(cli.database, [
			{ endpoint: 'main-webhook', status: 200, durationMs: 31 },
			{ endpoint: 'main-webhook', status: 200, durationMs: 1400 },
			{ endpoint: 'main-webhook', state: 'failed' },
			{ endpoint: 'crm', state: 'pending' },
		]);
		const { stdout } = await cli.run('endpoints', { columns: 120 });

		expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
			'Endpoint      State     Success  Waiting    p50    p95  Last           URL',
			'main-webhook  active     66.6 %        0  31 ms  1.4 s  never sent to  https://n8n.example/…',
			'crm           active          –        1      –      –  never sent to  https://crm.example/',
			'vault         active          –        0      –      –  never sent to  https://vault.example/',
			'unsigned      active          –        0      –      –  never sent to  https://u.example/',
			'off           disabled        –        0      –      –  never sent to  https://off.example/',
			'n8n           active          –        0      –      –  never sent to  https://n8n.example/…',
			'',
		]);
		const json = await cli.run('endpoints --json');
		expect(json.stdout + stdout).not.toContain('whsec_');
		expect(json.json()).toMatchObject({
			endpoints: [
				{ name: 'main-webhook', origin: 'config', isSigned: true },
				{ name: 'crm', isSigned: true, condition: { state: 'active' } },
				{ name: 'vault', isSigned: true },
				{ name: 'unsigned', isSigned: false },
				{ name: 'off', condition: { state: 'disabled' } },
				{ name: 'n8n', origin: 'api' },
			],
		});
	});

	it('disables and enables', async () => {
		expect((await cli.run('endpoints disable crm')).stdout).toContain('Nothing is sent');
		expect((await cli.run('endpoints --json')).json()).toMatchObject({
			endpoints: expect.arrayContaining([
				expect.objectContaining({
					name: 'crm',
					condition: {
						state: 'disabled',
						since: expect.any(Number) as number,
						reason: expect.stringContaining('endpoints enable crm') as string,
					},
				}),
			]) as unknown,
		});

		expect((await cli.run('endpoints enable crm')).stdout).toContain('is sent to again');
		expect((await cli.run('endpoints enable crm')).stdout).toContain('was not disabled');
		expect((await cli.run('endpoints')).stdout).not.toMatch(/crm +disabled/);
	});

	it('says so when the settings have switched an endpoint off', async () => {
		const { stderr, exitCode } = await cli.run('endpoints enable off');

		expect(stderr).toContain('switched off by "enabled": false in its settings');
		expect(exitCode).toBe(1);
	});

	it('removes what was made over the API, and nothing else', async () => {
		storeDeliveries(cli.database, [{ endpoint: 'n8n', state: 'pending' }]);

		expect((await cli.run('endpoints remove n8n')).stdout).toContain(
			'1 deliveries that waited for it have failed',
		);
		expect(findManagedEndpoint(cli.database, 'n8n')).toBeUndefined();
		expect((await cli.run('list --status failed')).stdout).toContain('The endpoint was removed');

		const refused = await cli.run('endpoints remove crm');
		expect(refused.stderr).toContain("comes from the gateway's configuration");
		expect(refused.exitCode).toBe(1);
	});

	it.each(['enable', 'disable', 'remove'])('knows when there is nothing to %s', async (command) => {
		const { stderr, exitCode } = await cli.run(`endpoints ${command} nope`);

		expect(stderr).toContain("There is no endpoint 'nope'. There are 'main-webhook', 'crm'");
		expect(exitCode).toBe(1);
	});
});

describe('rotate-secret', () => {
	it('writes a new secret into the configuration; the old one signs for a day more', async () => {
		const { stdout, exitCode } = await cli.run('rotate-secret main-webhook');
		const secret = /whsec_\S+/.exec(stdout)?.[0];

		expect(exitCode).toBe(0);
		expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
		expect(stdout).toContain('the old secret signs as well');
		expect(secretsOf('main-webhook')).toEqual([secret, 'whsec_old']);
		expect(cli.config).toMatchObject({
			plugins: {
				entries: { 'event-webhooks': { config: { endpoints: [{ secret }, {}, {}, {}, {}] } } },
			},
		});
	});

	it('keeps the new secret of an endpoint of the API in the database', async () => {
		const result = await cli.run('rotate-secret n8n --overlap 1h --json');
		const rotated = result.json() as { secret: string; previousUntil: number };

		expect(secretsOf('n8n')).toEqual([rotated.secret, 'whsec_made']);
		expect(rotated.previousUntil - Date.now()).toBeLessThanOrEqual(HOUR_MS);
		expect(rotated.previousUntil - Date.now()).toBeGreaterThan(HOUR_MS - 60_000);
	});

	it.each(['main-webhook', 'n8n'])('can end the old secret of %s at once', async (name) => {
		const { stdout } = await cli.run(`rotate-secret ${name} --overlap 0s`);

		expect(stdout).toContain('The old secret does not sign any more');
		expect(secretsOf(name)).toEqual([/whsec_\S+/.exec(stdout)?.[0]]);
	});

	it('keeps every secret of a list that was being rotated by hand', async () => {
		cli.config = {
			plugins: {
				entries: {
					'event-webhooks': {
						config: { endpoints: [{ ...ENDPOINTS[0], secret: 'whsec_two whsec_one' }] },
					},
				},
			},
		};
		const { stdout } = await cli.run('rotate-secret main-webhook');

		expect(new Set(secretsOf('main-webhook'))).toEqual(
			new Set([/whsec_\S+/.exec(stdout)?.[0], 'whsec_two', 'whsec_one']),
		);
	});

	it.each([
		['crm', 'comes from the environment (${CRM_SECRET})'],
		['vault', 'comes from a secret reference of the gateway'],
		['unsigned', 'has no secret in the configuration'],
		['nope', "There is no endpoint 'nope'"],
	])('explains why it cannot rotate %s', async (name, message) => {
		const before = structuredClone(cli.config);
		const { stdout, stderr, exitCode } = await cli.run(`rotate-secret ${name}`);

		expect(stderr).toContain(message);
		expect(stdout).toBe('');
		expect(exitCode).toBe(1);
		expect(cli.config).toEqual(before);
	});

	it.each(['8d', 'forever'])('refuses an overlap of %s', async (overlap) => {
		const { exitCode } = await cli.run(`rotate-secret n8n --overlap ${overlap}`);

		expect(exitCode).toBe(2);
		expect(secretsOf('n8n')).toEqual(['whsec_made']);
	});
});
