import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { listTokens } from '../../../openclaw-plugin/src/tokens/tokens';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { createCommandLine, type CommandLine } from './support/commandLine';

const NOW = Date.UTC(2026, 2, 14, 10, 30);
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
	cli = await createCommandLine({ endpoints: ENDPOINTS }, () => NOW);
	const { id } = storedEndpoint(cli.database, 'n8n');
	openEndpointTable(cli.database).setSecret(id, 'whsec_made', undefined, NOW);
});

afterEach(async () => {
	await cli.remove();
});

/** What signs for an endpoint now. */
const secretsOf = (name: string) => cli.applyConfig().findByName(name)?.secrets;

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
		expect(rotated.previousUntil - NOW).toBeLessThanOrEqual(HOUR_MS);
		expect(rotated.previousUntil - NOW).toBeGreaterThan(HOUR_MS - 60_000);
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

describe('token', () => {
	it('makes a token, lists it without its secret, and revokes it', async () => {
		const created = await cli.run('token create --name n8n --scope inbound');
		const token = /ocw_\S+/.exec(created.stdout)?.[0] ?? '';
		const [{ id } = { id: '' }] = listTokens(cli.database);

		expect(token).toMatch(/^ocw_[0-9a-z]{10}_[\w-]{43}$/);
		expect(created.stdout).toContain(`token revoke ${id}`);

		const listed = await cli.run('token list');
		expect(listed.stdout).toMatch(new RegExp(`^${id}  n8n +inbound +now +never +never`, 'm'));
		expect(listed.stdout).not.toContain(token);

		expect((await cli.run(`token revoke ${id}`)).stdout).toContain('opens nothing any more');
		expect(listTokens(cli.database)).toEqual([]);
		expect((await cli.run(`token revoke ${id}`)).exitCode).toBe(1);
	});

	it('opens everything unless told otherwise', async () => {
		const created = (await cli.run('token create --name n8n --json')).json();

		expect(created).toMatchObject({
			name: 'n8n',
			scopes: ['inbound', 'agents', 'sessions', 'endpoints', 'events', 'approvals'],
			createdAt: NOW,
			token: expect.stringMatching(/^ocw_/) as string,
		});
		expect((await cli.run('token list --json')).stdout).not.toMatch(/ocw_/);
	});

	it('makes one for an endpoint that ends, and revokes it by its name', async () => {
		const created = await cli.run('token create --name ci --endpoint deploy --expires 90d --json');
		expect(created.json()).toMatchObject({
			scopes: ['inbound'],
			endpoints: ['deploy'],
			expiresAt: NOW + 90 * 24 * HOUR_MS,
		});
		expect((await cli.run('token list')).stdout).toMatch(
			/ci +inbound at deploy +now +never +in 90d/,
		);
		expect((await cli.run('token revoke ci')).stdout).toContain('opens nothing any more');
		expect(listTokens(cli.database)).toEqual([]);
	});

	it('asks which one when two have the name', async () => {
		await cli.run('token create --name ci');
		await cli.run('token create --name ci');
		const { stderr, exitCode } = await cli.run('token revoke ci');
		expect(exitCode).toBe(1);
		for (const { id } of listTokens(cli.database)) expect(stderr).toContain(id);
		expect(listTokens(cli.database)).toHaveLength(2);
	});

	it.each([
		['token create', 'Give the token a name'],
		[
			'token create --name x --scope all',
			"--scope must be made of inbound, agents, sessions, endpoints, events, approvals, not 'all'",
		],
		[
			'token create --name x --endpoint deploy --scope events',
			"--scope of a token for --endpoint must be made of inbound, sessions, not 'events'",
		],
		['token revoke', "missing required argument 'name'"],
		['token', 'Commands:'],
	])('ends with 2 for %j', async (args, message) => {
		const { stderr, exitCode } = await cli.run(args);

		expect(stderr).toContain(message);
		expect(exitCode).toBe(2);
	});
});
