import { storeDeliveries } from '../outbox/support/storedDelivery';
import { createCommandLine, type CommandLine } from './support/commandLine';

const NOW = Date.UTC(2026, 2, 14, 10, 30);
let cli: CommandLine;

beforeEach(async () => {
	cli = await createCommandLine({}, () => NOW);
});

afterEach(async () => {
	await cli.remove();
});

describe('list', () => {
	it('says that there is nothing yet, or nothing that matches', async () => {
		expect((await cli.run('list')).stdout).toContain('No deliveries yet.');
		expect((await cli.run('list --status failed')).stdout).toBe('No delivery matches.\n');
	});

	it('shows the newest deliveries as an aligned table', async () => {
		storeDeliveries(cli.database, [
			{ createdAt: NOW - 7_200_000, status: 200, durationMs: 31, endpoint: 'main-webhook' },
			{
				createdAt: NOW - 90_000,
				state: 'failed',
				tries: 3,
				status: 500,
				error: 'HTTP 500',
				endpoint: '告警 🚨',
				type: 'error.occurred',
			},
			{ createdAt: NOW - 2000, state: 'pending', tries: 0, endpoint: 'crm' },
		]);

		const { stdout, stderr, exitCode } = await cli.run('list');

		expect(stdout).toBe(
			[
				'Delivery  Status     Event             Endpoint      Created  Result',
				'dlv_3     pending    message.received  crm           2s ago   due now',
				'dlv_2     failed     error.occurred    告警 🚨       1m ago   HTTP 500, 3 tries',
				'dlv_1     delivered  message.received  main-webhook  2h ago   HTTP 200 in 31 ms',
				'',
			].join('\n'),
		);
		expect(stderr).toBe('');
		expect(exitCode).toBe(0);
	});

	it('fits 80 columns, whatever the texts', async () => {
		storeDeliveries(cli.database, [
			{
				endpoint: '一个非常非常非常非常长的端点名称用来测试表格的宽度',
				state: 'failed',
				error: `getaddrinfo ENOTFOUND ${'receiver.'.repeat(20)}`,
			},
		]);

		const lines = (await cli.run('list', { columns: 80 })).stdout.split('\n');

		expect(lines[1]).toContain('…');
		for (const line of lines) {
			const hanCharacters = line.match(/\p{Script=Han}/gu)?.length ?? 0;
			expect(line.length + hanCharacters).toBeLessThanOrEqual(80);
		}
	});

	it('lets no escape sequence of a receiver through to the terminal', async () => {
		storeDeliveries(cli.database, [{ state: 'failed', error: '\u001b[2J\u009b31m\r\nboo\u202e' }]);

		for (const options of ['', ' --json']) {
			const { stdout } = await cli.run(`list${options}`);
			expect(stdout).toContain('boo');
			expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
		}
	});

	it('colours on a terminal only, and not with NO_COLOR', async () => {
		storeDeliveries(cli.database, [{ state: 'failed', createdAt: NOW }]);

		expect((await cli.run('list', { isTerminal: true })).stdout).toContain('\u001b[31mfailed');
		const plain = await cli.run('list', { isTerminal: true, env: { NO_COLOR: '1' } });
		expect(plain.stdout).not.toContain('\u001b');
		expect((await cli.run('list')).stdout).not.toContain('\u001b');
	});

	it('filters and pages', async () => {
		storeDeliveries(cli.database, [
			{ state: 'failed', endpoint: 'crm' },
			{ state: 'failed', endpoint: 'crm', type: 'tool.called' },
			{ state: 'failed' },
			{ endpoint: 'crm' },
		]);
		const ids = async (args: string) =>
			[...(await cli.run(`list ${args}`)).stdout.matchAll(/^dlv_\d+/gm)].map(([id]) => id);

		expect(await ids('--status failed --endpoint crm')).toEqual(['dlv_2', 'dlv_1']);
		expect(await ids('--type tool.called')).toEqual(['dlv_2']);
		expect(await ids('--recent 2')).toEqual(['dlv_4', 'dlv_3']);
		expect((await cli.run('list --recent 2')).stdout).toContain('add --before dlv_3');
		expect(await ids('--recent 2 --before dlv_3')).toEqual(['dlv_2', 'dlv_1']);
	});

	it('finds a text however long ago it was', async () => {
		storeDeliveries(cli.database, [
			{ data: { message: { content: '订单 #4711' } } },
			...Array.from({ length: 11_000 }, () => ({})),
		]);

		expect((await cli.run("list --text '订单 #4711'")).stdout).toContain('dlv_1 ');
	});

	it('writes the read model as JSON', async () => {
		storeDeliveries(cli.database, [{ createdAt: NOW, status: 200, durationMs: 5 }]);

		expect((await cli.run('list --json')).json()).toEqual({
			deliveries: [
				{
					id: 'dlv_1',
					status: 'delivered',
					endpoint: 'ops',
					endpointId: 'ep_1',
					eventId: expect.stringMatching(/^evt_/) as string,
					eventType: 'message.received',
					createdAt: NOW,
					attempts: 1,
					settledAt: NOW + 100,
					responseStatus: 200,
					responseTimeMs: 5,
				},
			],
		});
	});

	it.each([
		['--recent 0', '--recent must be a whole number from 1 to 500'],
		['--recent many', '--recent must be a whole number'],
		['--status broken', '--status must be one of pending, delivered, failed'],
		['--nonsense', "unknown option '--nonsense'"],
	])('ends with 2 for %s', async (args, message) => {
		const { stderr, stdout, exitCode } = await cli.run(`list ${args}`);

		expect(stderr).toContain(message);
		expect(stdout).toBe('');
		expect(exitCode).toBe(2);
	});

	it('tells faults as JSON too', async () => {
		const result = await cli.run('list --json --status broken');

		expect(result.exitCode).toBe(2);
		expect(result.json()).toEqual({
			error: {
				code: 'usage',
				message: "--status must be one of pending, delivered, failed, not 'broken'",
			},
		});
	});
});

describe('list of a time', () => {
	it('takes deliveries since and until', async () => {
		storeDeliveries(cli.database, [
			{ createdAt: NOW - 3 * 3_600_000 },
			{ createdAt: NOW - 2 * 3_600_000 },
			{ createdAt: NOW - 3_600_000 },
		]);

		const { stdout } = await cli.run('list --since 150m --until 90m');
		expect([...stdout.matchAll(/^dlv_\d+/gm)].map(([id]) => id)).toEqual(['dlv_2']);
	});

	it('knows an endpoint by its id, and says when there is none', async () => {
		storeDeliveries(cli.database, [{ endpoint: 'crm' }, { endpoint: 'ops' }]);

		expect((await cli.run('list --endpoint ep_2')).stdout).toMatch(/^dlv_2 .* ops /m);
		const { stderr, exitCode } = await cli.run('list --endpoint nope');
		expect(stderr).toContain("There is no endpoint 'nope'");
		expect(exitCode).toBe(1);
	});
});

describe('an endpoint that was removed', () => {
	it.each(['crm', 'ep_1'])('is known to every command about deliveries as %s', async (name) => {
		storeDeliveries(cli.database, [
			{ endpoint: 'crm', state: 'failed' },
			{ endpoint: 'ops', state: 'failed' },
			{ endpoint: 'crm', state: 'pending' },
		]);
		await cli.run('endpoints remove crm');
		const ids = ({ stdout }: { readonly stdout: string }) => stdout.match(/\bdlv_\d+/g);

		expect(ids(await cli.run(`list --endpoint ${name}`))).toEqual(['dlv_3', 'dlv_1']);
		expect(ids(await cli.run(`export --endpoint ${name} --status failed`))).toEqual(['dlv_1']);
		expect((await cli.run(`replay --endpoint ${name} --dry-run`)).stdout).toBe(
			'1 delivery would be sent again.\n',
		);
		expect((await cli.run('show dlv_1')).stdout).toMatch(/Endpoint +crm/);
		expect((await cli.run('endpoints')).stdout).toMatch(/^crm +removed \(ep_1\)/m);
		expect((await cli.run(`endpoints purge ${name}`)).exitCode).toBe(0);
	});

	it('is told from another one that has its name now', async () => {
		storeDeliveries(cli.database, [{ endpoint: 'crm' }]);
		await cli.run('endpoints remove crm');
		// Made again within a minute it would be the same one.
		cli.database.exec('UPDATE endpoints SET removed_at = removed_at - 120000');
		await cli.run('endpoints add crm --url https://crm.example --events "*"');
		storeDeliveries(cli.database, [{ endpoint: 'crm' }]);

		const found = async (name: string) =>
			(await cli.run(`list --endpoint ${name}`)).stdout.match(/^dlv_\d+/gm);
		expect(await found('crm')).toEqual(['dlv_2', 'dlv_1']);
		expect(await found('ep_1')).toEqual(['dlv_1']);
	});
});

describe('export', () => {
	const lines = (text: string) =>
		text
			.split('\n')
			.filter((line) => line !== '')
			.map((line) => JSON.parse(line) as unknown);

	it('writes every delivery as a line, newest first', async () => {
		storeDeliveries(
			cli.database,
			Array.from({ length: 250 }, (_, index) => ({
				createdAt: NOW - 250_000 + index * 1000,
				state: index % 2 === 0 ? ('failed' as const) : ('delivered' as const),
				data: { message: { content: `第 ${index} 行\n` } },
			})),
		);

		const { stdout, exitCode } = await cli.run('export');
		expect(exitCode).toBe(0);
		expect(lines(stdout)).toHaveLength(250);
		expect(lines(stdout)[0]).toMatchObject({
			id: 'dlv_250',
			event: { data: { message: { content: '第 249 行\n' } } },
			attemptLog: [{ number: 1 }],
		});
		expect(lines((await cli.run('export --status failed')).stdout)).toHaveLength(125);
		expect(lines((await cli.run('export --since 100s --endpoint ops')).stdout)).toHaveLength(100);
	});

	it('writes nothing where nothing matches', async () => {
		expect(await cli.run('export --since 1h')).toMatchObject({ stdout: '', exitCode: 0 });
	});

	it('is refused as JSON, too', async () => {
		const refused = await cli.run('export --status broken --json');
		expect(refused.exitCode).toBe(2);
		expect(refused.json()).toMatchObject({ error: { code: 'usage' } });
	});

	it('ends when nobody reads on', async () => {
		storeDeliveries(
			cli.database,
			Array.from({ length: 300 }, () => ({})),
		);
		const { stdout, exitCode } = await cli.run('export', { readsOnly: 1 });

		expect(exitCode).toBe(0);
		expect(lines(stdout).length).toBeLessThan(300);
	});
});

describe('show', () => {
	it('shows a delivery with its attempts and its event', async () => {
		storeDeliveries(cli.database, [
			{
				state: 'failed',
				tries: 2,
				createdAt: NOW - 60_000,
				status: 500,
				durationMs: 40,
				error: 'HTTP 500',
				response: 'oops',
				data: { message: { content: '你好 👋' } },
			},
		]);

		const { stdout } = await cli.run('show dlv_1');

		expect(stdout).toContain('Status    failed');
		expect(stdout).toContain('Created   2026-03-14T10:29:00.000Z (1m ago)');
		expect(stdout).toContain('  1  2026-03-14T10:29:00.060Z  40 ms  500   HTTP 500: oops');
		expect(stdout).toContain('"content": "你好 👋"');
	});

	it('shows every delivery of an event', async () => {
		storeDeliveries(cli.database, [{ endpoint: 'a' }, { endpoint: 'b', sameEvent: true }]);
		const first = (await cli.run('show dlv_1 --json')).json() as {
			deliveries: { eventId: string }[];
		};

		const shown = await cli.run(`show ${first.deliveries[0]?.eventId ?? ''} --json`);

		expect(shown.json()).toMatchObject({ deliveries: [{ id: 'dlv_2' }, { id: 'dlv_1' }] });
	});

	it.each([
		['dlv_9', 1, "There is no 'dlv_9'"],
		['evt_unknown', 1, "There is no 'evt_unknown'"],
		['whatever', 2, 'neither a delivery'],
		['', 2, "missing required argument 'id'"],
	])('ends in order for %j', async (id, code, message) => {
		const { stderr, exitCode } = await cli.run(`show ${id}`);

		expect(stderr).toContain(message);
		expect(exitCode).toBe(code);
	});
});
