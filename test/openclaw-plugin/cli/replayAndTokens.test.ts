import { listDeliveries } from '../../../openclaw-plugin/src/outbox/deliveryLog';
import { listTokens } from '../../../openclaw-plugin/src/tokens/tokens';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { createCommandLine, type CommandLine } from './support/commandLine';

const NOW = Date.UTC(2026, 2, 14, 10, 30);
const HOUR_MS = 3_600_000;
let cli: CommandLine;

beforeEach(async () => {
	const endpoints = [{ name: 'ops', url: 'https://ops.example/hook', events: ['*'] }];
	cli = await createCommandLine({ endpoints }, () => NOW);
});

afterEach(async () => {
	await cli.remove();
});

const pending = () =>
	listDeliveries(cli.database, { status: 'pending' }).deliveries.map(({ id }) => id);

describe('replay', () => {
	beforeEach(() => {
		storeDeliveries(cli.database, [
			{ createdAt: NOW - 5 * HOUR_MS, state: 'failed' },
			{ createdAt: NOW - HOUR_MS, state: 'failed' },
			{ createdAt: NOW - HOUR_MS, state: 'failed', endpoint: 'crm', sameEvent: true },
			{ createdAt: NOW - HOUR_MS, state: 'delivered' },
		]);
	});

	it.each([
		['dlv_1', ['dlv_1']],
		['dlv_4', ['dlv_4']],
		['--status failed', ['dlv_3', 'dlv_2', 'dlv_1']],
		['--endpoint ops', ['dlv_2', 'dlv_1']],
		['--from 2h', ['dlv_3', 'dlv_2']],
		['--to 2026-03-14T07:30:00Z', ['dlv_1']],
		['--status delivered --from 2h', ['dlv_4']],
	])('sends %s again', async (args, expected) => {
		const { stdout, exitCode } = await cli.run(`replay ${args}`);

		expect(stdout).toContain('will be sent again');
		expect(exitCode).toBe(0);
		expect(pending()).toEqual(expected);
	});

	it('sends all deliveries of an event again', async () => {
		const { deliveries } = listDeliveries(cli.database);
		await cli.run(`replay ${deliveries.find(({ id }) => id === 'dlv_2')?.eventId ?? ''}`);

		expect(pending()).toEqual(['dlv_3', 'dlv_2']);
	});

	it('only says how many with --dry-run', async () => {
		const result = await cli.run('replay --status failed --dry-run --json');

		expect(result.json()).toEqual({ count: 3, isDryRun: true });
		expect((await cli.run('replay dlv_1 --dry-run')).stdout).toBe(
			'1 delivery would be sent again.\n',
		);
		expect(pending()).toEqual([]);
	});

	it.each([
		['', 2, 'Say what to replay'],
		['dlv_1 --status failed', 2, 'either an id or'],
		['17', 2, 'neither a delivery'],
		['--from yesterday', 2, '--from must be a date such as'],
		['--status pending', 2, '--status must be one of failed, delivered'],
		['--endpoint nope', 1, "There is no endpoint 'nope'. There are 'ops'."],
		['dlv_99', 1, "There is no 'dlv_99'"],
	])('ends in order for %j', async (args, code, message) => {
		const { stderr, exitCode } = await cli.run(`replay ${args}`);

		expect(stderr).toContain(message);
		expect(exitCode).toBe(code);
		expect(pending()).toEqual([]);
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
		['token revoke', "missing required argument 'name'"],
		['token', 'Commands:'],
	])('ends with 2 for %j', async (args, message) => {
		const { stderr, exitCode } = await cli.run(args);

		expect(stderr).toContain(message);
		expect(exitCode).toBe(2);
	});
});
