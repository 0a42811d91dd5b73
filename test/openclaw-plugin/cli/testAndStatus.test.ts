import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reportFault, clearFault } from '../../../openclaw-plugin/src/health/health';
import { verifyEvent } from '../../../openclaw-plugin/src/protocol';
import { DATABASE_FILE } from '../../../openclaw-plugin/src/store/database';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { objectAt } from '../../../testbed/json';
import { createCommandLine, type CommandLine } from './support/commandLine';
import { startSender, type Sender } from './support/sender';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
let sink: HttpSink;
let cli: CommandLine;
let sender: Sender | undefined;

beforeEach(async () => {
	sink = await startHttpSink();
	cli = await createCommandLine({
		instanceId: 'node-1',
		endpoints: [
			{
				name: 'ops',
				url: `${sink.url}/hook`,
				secret: SECRET,
				events: ['message.received'],
				allowPrivateHosts: true,
				timeoutMs: 5000,
			},
			{ name: 'off', url: sink.url, events: ['*'], enabled: false },
		],
	});
});

afterEach(async () => {
	await sender?.stop();
	sender = undefined;
	await cli.remove();
	await sink.stop();
});

const startGateway = async () => {
	const { config } = objectAt(cli.config, 'plugins', 'entries', 'event-webhooks');
	sender = await startSender(cli.folder, config as Record<string, unknown>);
};

describe('test', () => {
	it('sends a signed event and tells status and time', async () => {
		await startGateway();
		const { stdout, stderr, exitCode } = await cli.run('test ops');
		const [request] = sink.requests;

		expect(stdout).toMatch(/^Delivered to 'ops'\.\nHTTP 200 in \d+ ms\n/);
		expect(stdout).toContain('show dlv_1');
		expect(stderr).toBe('');
		expect(exitCode).toBe(0);
		expect(request?.json).toMatchObject({
			type: 'webhook.test',
			instanceId: 'node-1',
			data: { test: true },
		});
		const verdict = verifyEvent({
			headers: request?.headers ?? {},
			body: request?.body ?? Buffer.alloc(0),
			secret: SECRET,
		});
		expect(verdict).toMatchObject({ ok: true });
	});

	it('sends a sample of another type', async () => {
		await startGateway();
		await cli.run('test ops --type error.occurred');

		expect(sink.requests[0]?.json).toMatchObject({
			type: 'error.occurred',
			data: { error: { message: 'A test error' }, test: true },
		});
	});

	it('tells why the receiver did not take it', async () => {
		sink.answerBy(() => ({ status: 500, body: 'workflow broke' }));
		await startGateway();
		const { stdout, exitCode } = await cli.run('test ops');

		expect(stdout).toContain("'ops' did not take the event.");
		expect(stdout).toContain('500');
		expect(stdout).toContain('Answer: workflow broke');
		expect(exitCode).toBe(1);
	});

	it('lets no escape sequence of the receiver through to the terminal', async () => {
		sink.answerBy(() => ({ status: 500, body: '\u001b[2J\u009b31mboo' }));
		await startGateway();
		const { stdout } = await cli.run('test ops');

		expect(stdout).toContain('boo');
		expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
	});

	it('writes the delivery for programs', async () => {
		await startGateway();

		expect((await cli.run('test ops --json')).json()).toMatchObject({
			id: 'dlv_1',
			status: 'delivered',
			responseStatus: 200,
			event: { type: 'webhook.test' },
			attemptLog: [{ number: 1, status: 200 }],
		});
	});

	it('shows that it waits where somebody is watching', async () => {
		await startGateway();

		const { stderr } = await cli.run('test ops', { isTerminal: true });
		expect(stderr).toContain("⠋ Waiting for 'ops' to answer");
		expect(stderr.endsWith('\r\u001b[K')).toBe(true);
	});

	it.each([
		['ops', 1, 'The gateway is not running'],
		['off', 1, "Endpoint 'off' is disabled: it is switched off in its settings"],
		['nope', 1, "There is no endpoint 'nope'"],
		['ops --type nope', 2, '--type must be one of webhook.test, message.received'],
	])('does not send in vain (%s)', async (args, code, message) => {
		const { stderr, exitCode } = await cli.run(`test ${args}`);

		expect(stderr).toContain(message);
		expect(exitCode).toBe(code);
		expect((await cli.run('list')).stdout).toContain('No deliveries yet.');
	});
});

describe('status', () => {
	it('says that the gateway has never run', async () => {
		const { stdout, exitCode } = await cli.run('status');

		expect(stdout).toContain('Not running: the gateway has never run with this plugin.');
		expect(stdout).toContain('Nothing is wrong.');
		expect(exitCode).toBe(0);
	});

	it('tells a running gateway from a stopped one', async () => {
		await startGateway();
		expect((await cli.run('status')).stdout).toContain(
			`Running for now: plugin 0.0.0-test, process ${process.pid}`,
		);
		expect((await cli.run('status --json')).json()).toMatchObject({
			gateway: { isRunning: true, version: '0.0.0-test' },
			faults: [],
			lastDay: { pending: 0, delivered: 0, failed: 0 },
			endpoints: [{ name: 'ops' }, { name: 'off' }],
		});

		await sender?.stop();
		sender = undefined;
		expect((await cli.run('status')).stdout).toMatch(/^Not running: stopped (now|\d+s ago)\./);
	});

	it('tells the faults of the gateway, and fails', async () => {
		const message = 'The disk is full: events wait in memory';
		reportFault(cli.folder, { code: 'disk-full', severity: 'fault', message });
		await startGateway();
		const { stdout, exitCode } = await cli.run('status');
		clearFault(cli.folder, 'disk-full');

		expect(stdout).toContain(`✖ ${message}`);
		expect(exitCode).toBe(1);
	});

	it('tells what is wrong in the settings while the gateway is down', async () => {
		cli.config = {
			plugins: { entries: { 'event-webhooks': { config: { endpoints: [{ name: 'x' }] } } } },
		};
		const result = await cli.run('status --json');

		expect(result.exitCode).toBe(1);
		expect(result.json()).toMatchObject({
			faults: expect.arrayContaining([
				expect.objectContaining({ code: 'config', subject: 'endpoints[0].url' }),
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
