import { listDeliveries, showDelivery } from '../../../openclaw-plugin/src/outbox/deliveryLog';
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
		// What was delivered is a new event, and so a new delivery.
		['dlv_4', ['dlv_5']],
		['--status failed', ['dlv_3', 'dlv_2', 'dlv_1']],
		['--endpoint ops', ['dlv_2', 'dlv_1']],
		['--since 2h', ['dlv_3', 'dlv_2']],
		['--until 2026-03-14T07:30:00Z', ['dlv_1']],
		['--status delivered --since 2h', ['dlv_5']],
		['--endpoint ep_1', ['dlv_2', 'dlv_1']],
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
		expect((await cli.run('replay --endpoint nope --dry-run')).exitCode).toBe(1);
		expect(pending()).toEqual([]);
	});

	it('keeps the id of an event that failed, and makes a new one of one that was delivered', async () => {
		const before = showDelivery(cli.database, 'dlv_1')?.eventId;
		await cli.run('replay dlv_1');
		expect(showDelivery(cli.database, 'dlv_1')?.eventId).toBe(before);

		const delivered = showDelivery(cli.database, 'dlv_4')?.eventId;
		await cli.run('replay dlv_4');
		expect(showDelivery(cli.database, 'dlv_5')?.event).toMatchObject({ replayOf: delivered });
	});

	it.each([
		['', 2, 'Say what to replay'],
		['dlv_1 --status failed', 2, 'either an id or'],
		['17', 2, 'neither a delivery'],
		['--since yesterday', 2, '--since must be a date such as'],
		['--status pending', 2, '--status must be one of failed, delivered'],
		['--endpoint nope', 1, "There is no endpoint 'nope' at this gateway. There are 'ops', 'crm'"],
		['dlv_99', 1, "There is no 'dlv_99'"],
	])('ends in order for %j', async (args, code, message) => {
		const { stderr, exitCode } = await cli.run(`replay ${args}`);

		expect(stderr).toContain(message);
		expect(exitCode).toBe(code);
		expect(pending()).toEqual([]);
	});
});
