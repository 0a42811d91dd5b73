import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { forgetHealth } from '../../../openclaw-plugin/src/endpoints/endpointHealth';
import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { clearFault, reportFault, startHealth } from '../../../openclaw-plugin/src/health/health';
import { DATABASE_FILE } from '../../../openclaw-plugin/src/store/database';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { createCommandLine, type CommandLine } from './support/commandLine';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.UTC(2026, 2, 14, 10, 30);
let now = NOW;
let cli: CommandLine;
let stopGateway: (() => void) | undefined;

beforeEach(async () => {
	now = NOW;
	cli = await createCommandLine(
		{
			endpoints: [
				{ name: 'ops', url: 'https://ops.example/hook', events: ['message.received'] },
				{ name: 'off', url: 'https://off.example', events: ['*'], enabled: false },
			],
		},
		() => now,
	);
});

afterEach(async () => {
	stopGateway?.();
	stopGateway = undefined;
	await cli.remove();
});

/** The gateway runs, as far as other processes can tell. */
const startGateway = () => {
	stopGateway = startHealth(cli.folder, { version: '0.0.0-test', now: () => now });
};

/** How deliveries to an endpoint have been going. */
const setHealth = (name: string, health: Record<string, number | string>) => {
	const { id } = storedEndpoint(cli.database, name);
	const columns = Object.keys(health);
	cli.database
		.prepare(
			`INSERT OR REPLACE INTO endpoint_health (endpoint_id, ${columns.join(', ')})
			VALUES (?, ${columns.map(() => '?').join(', ')})`,
		)
		.run(id, ...Object.values(health));
	return id;
};

describe('status', () => {
	it('says that the gateway has never run, and what is to be done', async () => {
		const { stdout, exitCode } = await cli.run('status');

		expect(stdout).toBe(
			[
				'Not running: the gateway has never run with this plugin.',
				'',
				'The configuration is right. Events will go to: ops, off. Start the gateway with: openclaw gateway run',
				'',
			].join('\n'),
		);
		expect(exitCode).toBe(0);
	});

	it('tells a running gateway from a stopped one', async () => {
		startGateway();
		const running = await cli.run('status');
		expect(running.stdout).toContain(
			`Running for now: plugin 0.0.0-test, process ${process.pid}\n\nNothing is wrong.\n`,
		);
		expect(running.exitCode).toBe(0);
		expect((await cli.run('status --json')).json()).toMatchObject({
			gateway: { isRunning: true, version: '0.0.0-test' },
			faults: [],
			lastDay: { pending: 0, delivered: 0, failed: 0 },
			endpoints: [{ name: 'ops' }, { name: 'off' }],
		});

		stopGateway?.();
		stopGateway = undefined;
		expect((await cli.run('status')).stdout).toMatch(/^Not running: stopped now\./);
	});

	it('tells of a gateway that was killed', async () => {
		startGateway();
		now += 60_000;
		const { stdout, exitCode } = await cli.run('status');

		expect(stdout).toContain('The gateway was last heard of 1m ago and has not said that it stops');
		expect(exitCode).toBe(1);
	});

	it('tells the faults of the gateway, and fails', async () => {
		const message = 'The disk is full: events wait in memory';
		reportFault(cli.folder, { code: 'disk-full', severity: 'fault', message });
		startGateway();
		const { stdout, exitCode } = await cli.run('status');
		clearFault(cli.folder, 'disk-full');

		expect(stdout).toContain(`✖ ${message}`);
		expect(stdout).not.toContain('Nothing is wrong');
		expect(exitCode).toBe(1);
	});

	it('tells what is wrong in the settings while the gateway is down, with the nearest right word', async () => {
		cli.config = {
			plugins: {
				entries: {
					'event-webhooks': {
						config: { endpoints: [{ name: 'x', url: 'https://x.example', eventz: ['*'] }] },
					},
				},
			},
		};
		const result = await cli.run('status --json');

		expect(result.exitCode).toBe(1);
		expect(result.json()).toMatchObject({
			faults: expect.arrayContaining([
				expect.objectContaining({
					code: 'config',
					subject: 'endpoints[0].eventz',
					message: expect.stringContaining("Did you mean 'events'?") as string,
				}),
			]) as unknown,
		});
	});

	it('works while the database does not', async () => {
		const broken = await createCommandLine();
		broken.database.close();
		for (const suffix of ['', '-wal', '-shm']) {
			await writeFile(
				join(broken.folder, `${DATABASE_FILE}${suffix}`),
				'this is no database '.repeat(99),
			);
		}
		const status = await broken.run('status');
		const list = await broken.run('list --json');

		expect(status.stdout).toContain(`The database in ${broken.folder} cannot be used`);
		expect(status.exitCode).toBe(1);
		await broken.remove();

		expect(list.json()).toMatchObject({ error: { code: 'database' } });
		expect(list.exitCode).toBe(1);
	});
});

describe('status of endpoints', () => {
	beforeEach(() => {
		startGateway();
	});

	const failing = {
		failures: 5,
		failing_since: NOW - 3 * HOUR_MS,
		last_failure_at: NOW - 60_000,
	};

	it.each([
		['HTTP 500: the receiver failed', "Endpoint 'ops' is failing: HTTP 500: the receiver failed."],
		[
			'HTTP 404: it has nothing at this URL',
			'Nobody answers there: publish the workflow that is to get the events, or remove the endpoint from the gateway',
		],
	])('tells of one that fails (%s) until it works again', async (error, text) => {
		const id = setHealth('ops', { ...failing, last_error: error });
		storeDeliveries(cli.database, [{ endpoint: 'ops', state: 'pending' }]);
		const told = await cli.run('status');

		expect(told.stdout).toContain(text);
		expect(told.stdout).toContain('1 delivery waits.');
		expect(told.stdout).toContain('(3h ago)');
		expect(told.stdout).not.toContain('Nothing is wrong');
		expect(told.exitCode).toBe(1);

		forgetHealth(cli.database, id);
		setHealth('ops', { failures: 0, last_success_at: NOW, last_failure_at: NOW - 60_000 });
		const mended = await cli.run('status');
		expect(mended.stdout).toContain('Nothing is wrong.');
		expect(mended.exitCode).toBe(0);
	});

	it('tells of one that only answers that nothing is there', async () => {
		setHealth('n8n', { failures: 2, last_failure_at: NOW - 1000, last_error: 'HTTP 404: nothing' });
		const { stdout, exitCode } = await cli.run('status');

		expect(stdout).toContain("Endpoint 'n8n' is not reached");
		expect(stdout).toContain('endpoints remove n8n');
		expect(exitCode).toBe(1);
	});

	it('tells of one that was disabled, but not of one that its settings have switched off', async () => {
		await cli.run('endpoints disable ops');
		const { stdout, exitCode } = await cli.run('status');

		expect(stdout).toContain("✖ Endpoint 'ops' is disabled: It was disabled by hand.");
		expect(stdout).toContain('endpoints enable ops');
		expect(stdout).not.toContain("Endpoint 'off'");
		expect(exitCode).toBe(1);

		await cli.run('endpoints enable ops');
		expect((await cli.run('status')).exitCode).toBe(0);
	});

	it('tells of one that expired, and of one whose settings cannot be used', async () => {
		const table = openEndpointTable(cli.database);
		table.setExpired(storedEndpoint(cli.database, 'fetched').id, NOW - HOUR_MS);
		table.setFaulty(storedEndpoint(cli.database, 'taken').id, { since: NOW, reason: 'Its name' });
		const { stdout, exitCode } = await cli.run('status');

		expect(stdout).toContain("Endpoint 'fetched' has expired: Nobody has fetched its events");
		expect(stdout).toContain("Endpoint 'taken' cannot be used: Its name. Its events are kept.");
		expect(exitCode).toBe(1);
	});

	it('mentions a paused one, and fails when events wait there for more than a day', async () => {
		await cli.run('endpoints pause ops');
		storeDeliveries(cli.database, [{ endpoint: 'ops', state: 'pending', createdAt: NOW }]);
		const short = await cli.run('status');
		expect(short.stdout).toContain("! Endpoint 'ops' is paused. 1 delivery waits.");
		expect(short.exitCode).toBe(0);

		now += DAY_MS;
		stopGateway?.();
		startGateway();
		const long = await cli.run('status');
		expect(long.stdout).toContain("✖ Endpoint 'ops' is paused. 1 delivery waits.");
		expect(long.exitCode).toBe(1);
	});

	it('tells of deliveries that still wait for one that was removed', async () => {
		storeDeliveries(cli.database, [{ endpoint: 'n8n', state: 'pending', createdAt: NOW }]);
		await cli.run('endpoints remove n8n');
		expect((await cli.run('status')).exitCode).toBe(0);

		now += HOUR_MS;
		stopGateway?.();
		startGateway();
		const { stdout, exitCode } = await cli.run('status');
		expect(stdout).toContain('endpoints purge ep_3');
		expect(exitCode).toBe(1);
		await cli.run('endpoints purge ep_3');
		expect((await cli.run('status')).exitCode).toBe(0);
	});
});

describe('status of deliveries', () => {
	beforeEach(() => {
		startGateway();
	});

	it('tells of those that failed for good within a day, until they are seen', async () => {
		storeDeliveries(cli.database, [
			...Array.from({ length: 12 }, () => ({ state: 'failed' as const, createdAt: NOW - HOUR_MS })),
			{ state: 'failed', createdAt: NOW - 2 * DAY_MS },
		]);
		const told = await cli.run('status');
		expect(told.stdout).toContain("✖ 12 deliveries to 'ops' have failed for good within a day.");
		expect(told.exitCode).toBe(1);

		const seen = await cli.run('status --seen');
		expect(seen.stdout).toContain('Nothing is wrong.');
		expect(seen.exitCode).toBe(0);
		expect((await cli.run('status')).exitCode).toBe(0);

		now += 1000;
		storeDeliveries(cli.database, [{ state: 'failed', createdAt: now - 100 }]);
		now += 1000;
		const again = await cli.run('status');
		expect(again.stdout).toContain("1 delivery to 'ops' has failed for good");
		expect(again.exitCode).toBe(1);
	});

	it('tells of those that failed by a clock that was a year ahead, until they are seen', async () => {
		const failed = { state: 'failed' as const };
		storeDeliveries(cli.database, [{ ...failed, createdAt: NOW + 365 * DAY_MS }]);
		expect((await cli.run('status')).exitCode).toBe(1);
		expect((await cli.run('status --seen')).exitCode).toBe(0);

		storeDeliveries(cli.database, [{ ...failed, createdAt: NOW + 366 * DAY_MS }]);
		expect((await cli.run('status')).stdout).toContain("1 delivery to 'ops' has failed");
	});

	it('tells of those that fail after somebody has looked by a clock that was a year ahead', async () => {
		now += 365 * DAY_MS;
		await cli.run('status --seen');
		now = NOW;
		storeDeliveries(cli.database, [{ state: 'failed', createdAt: NOW - HOUR_MS }]);

		expect((await cli.run('status')).stdout).toContain("1 delivery to 'ops' has failed");
	});

	it('tells of none that are sent again', async () => {
		storeDeliveries(cli.database, [{ state: 'failed', createdAt: NOW - HOUR_MS }]);
		await cli.run('replay --status failed --endpoint ops');

		expect((await cli.run('status')).exitCode).toBe(0);
	});

	it('tells of none that were given up on purpose, or were a test', async () => {
		storeDeliveries(cli.database, [
			{ state: 'failed', createdAt: NOW - HOUR_MS, type: 'webhook.test' },
			{ state: 'pending', createdAt: NOW - HOUR_MS },
		]);
		await cli.run('endpoints purge ops');

		expect((await cli.run('list --status failed')).stdout).toContain('purged by hand');
		expect((await cli.run('status')).exitCode).toBe(0);
	});
});

describe('status of the space', () => {
	it('says what a lowered limit will delete before it is deleted; doctor does, too', async () => {
		const content = 'x'.repeat(20_000);
		storeDeliveries(
			cli.database,
			Array.from({ length: 200 }, () => ({ createdAt: NOW, data: { message: { content } } })),
		);
		startGateway();
		expect((await cli.run('status')).stdout).toContain('Nothing is wrong.');

		cli.config = {
			plugins: { entries: { 'event-webhooks': { config: { outbox: { maxMegabytes: 1 } } } } },
		};
		const { stdout, exitCode } = await cli.run('status');
		const text =
			/! \d MB are kept, more than outbox\.maxMegabytes \(1\) allows: some 1\d\d delivered of/;
		expect(stdout).toMatch(text);
		expect(exitCode).toBe(0);
		expect((await cli.run('doctor --offline')).stdout).toContain(
			'more than outbox.maxMegabytes (1)',
		);
		expect((await cli.run('list --recent 500')).stdout.match(/^dlv_/gm)).toHaveLength(200);
	});
});
