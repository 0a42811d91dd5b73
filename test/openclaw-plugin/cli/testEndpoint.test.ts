import { verifyEvent } from '../../../openclaw-plugin/src/protocol';
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
		['off', 1, "Nothing is sent to the endpoint 'off', it is disabled"],
		['nope', 1, "There is no endpoint 'nope'"],
		['ops --type nope', 2, '--type must be one of webhook.test, message.received'],
	])('does not send in vain (%s)', async (args, code, message) => {
		const { stderr, exitCode } = await cli.run(`test ${args}`);

		expect(stderr).toContain(message);
		expect(exitCode).toBe(code);
		expect((await cli.run('list')).stdout).toContain('No deliveries yet.');
	});
});
