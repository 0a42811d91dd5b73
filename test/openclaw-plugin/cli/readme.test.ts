import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openApprovalTable } from '../../../openclaw-plugin/src/approvals/approvalTable';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { objectAt } from '../../../testbed/json';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { createCommandLine, type CommandLine } from './support/commandLine';
import { readmeCommands } from './support/readmeCommands';
import { startSender, type Sender } from './support/sender';

const README = readFileSync('openclaw-plugin/README.md', 'utf8');
const COMMANDS = readmeCommands(README);
let sink: HttpSink;
let cli: CommandLine;
let sender: Sender;

it('has a line for each command', () => {
	const used = new Set(COMMANDS.map((line) => line.split(' ')[0]));
	expect([...used].sort()).toEqual(
		[
			'approvals',
			'doctor',
			'endpoints',
			'export',
			'import',
			'inbound',
			'list',
			'replay',
			'rotate-secret',
			'show',
			'status',
			'test',
			'token',
		].sort(),
	);
	expect(COMMANDS.length).toBeGreaterThan(30);
});

/** A tool call that waits, for those that are decided on. */
let calls = 0;
function storeCall(): string {
	calls += 1;
	const approval = {
		id: `apr_${String(calls)}`,
		rule: 'payments',
		tool: { name: 'pay', params: {} },
		paramsHash: 'sha256:0',
		expiresAt: '2026-03-14T10:40:00.000Z',
	};
	openApprovalTable(cli.database).insert({ approval }, Date.now(), Date.now() + 60_000);
	return approval.id;
}

/** What tells of trouble, which there is, ends with 1. */
const TELLS_TROUBLE = /^(?:status|doctor)\b/;
/** Nothing listens there: receivers are asked at once, and in vain. */
const NO_WAY_OUT = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };

describe.each(['', ' --json'])('a command of the README%s', (more) => {
	beforeAll(async () => {
		sink = await startHttpSink();
		cli = await createCommandLine({
			endpoints: [
				{
					name: 'main-webhook',
					url: `${sink.url}/hook`,
					secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
					events: ['*'],
					allowPrivateHosts: true,
				},
			],
		});
		// So that the ids are there that the README names.
		storeDeliveries(cli.database, [
			...Array.from({ length: 12 }, () => ({ endpoint: 'main-webhook', state: 'failed' as const })),
			...Array.from({ length: 10 }, (_, index) => ({ endpoint: `n8n-${index}` })),
		]);
		expect(storedEndpoint(cli.database, 'removed').id).toBe(12);
		storeDeliveries(cli.database, [{ endpoint: 'removed', state: 'pending' }]);
		cli.database
			.prepare(
				`INSERT INTO inbound_messages (run_id, endpoint, agent_id, session_key, message, prompt,
					missing_paths, state, created_at, next_at)
				VALUES ('run_1', 'deploy', 'main', 'agent:main:webhook', 'Hi', '', '[]', 'queued', 0, 0)`,
			)
			.run();
		await cli.run('endpoints remove ep_12');
		await writeFile(
			join(cli.stateDir, 'webhooks.json5'),
			'{ webhooks: { endpoints: [{ name: "b", url: "https://b.example", events: ["*"] }] } }',
		);
		const { config } = objectAt(cli.config, 'plugins', 'entries', 'event-webhooks');
		sender = await startSender(cli.folder, config as Record<string, unknown>);
	});

	afterAll(async () => {
		await sender.stop();
		await cli.remove();
		await sink.stop();
	});

	it.each(COMMANDS)('runs as it is written: %s', async (line) => {
		const args = line
			.replace('<run>', 'run_1')
			.replace('<call>', () => storeCall())
			.replace('webhooks.json5', join(cli.stateDir, 'webhooks.json5'))
			.replace('<file>', join(cli.stateDir, 'webhooks.json5'));
		const { stdout, stderr, exitCode } = await cli.run(
			args + more,
			line.startsWith('doctor') ? { env: NO_WAY_OUT } : {},
		);

		expect(stderr).toBe('');
		if (!TELLS_TROUBLE.test(line)) expect(exitCode).toBe(0);
		if (!line.startsWith('export')) expect(stdout).not.toBe('');
		if (more === '') return;
		// What is exported has an object a line, with and without.
		const texts = line.startsWith('export') ? stdout.trim().split('\n') : [stdout];
		for (const text of texts) expect(() => JSON.parse(text) as unknown).not.toThrow();
	});
});
