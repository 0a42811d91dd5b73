import { DIRECT } from '../../../openclaw-plugin/src/inbound/message';
import { createRefusalStore } from '../../../openclaw-plugin/src/inbound/refusalStore';
import { issueToken, revokeToken } from '../../../openclaw-plugin/src/tokens/tokens';
import { createCommandLine, type CommandLine } from './support/commandLine';

const NOW = Date.UTC(2026, 2, 14, 10, 30);
const MINUTE_MS = 60_000;
let now = NOW;
let cli: CommandLine;

beforeEach(async () => {
	now = NOW;
	cli = await createCommandLine({}, () => now);
});

afterEach(async () => {
	await cli.remove();
});

interface StoredCall {
	readonly caller?: string;
	readonly endpoint?: string;
	readonly state?: 'queued' | 'running' | 'done' | 'failed';
	readonly message?: string;
	readonly result?: unknown;
	readonly missingPaths?: readonly string[];
}

/** Writes accepted calls, a minute apart, the last one a minute ago. */
const storeCalls = (calls: readonly StoredCall[]) => {
	const insert = cli.database.prepare(
		`INSERT INTO inbound_messages (run_id, caller, endpoint, agent_id, session_key, message, prompt,
			missing_paths, state, created_at, next_at, ended_at, ended_day, result)
		VALUES (?, ?, ?, 'support-bot', 'agent:support-bot:webhook:deploy', ?, '', ?, ?, ?, ?, ?, 1, ?)`,
	);
	calls.forEach((call, index) => {
		const { caller = 'hooks', endpoint = 'deploy', state = 'done', message = 'Hi' } = call;
		const { result = { ok: true, reply: 'Done' }, missingPaths = [] } = call;
		const at = NOW - (calls.length - index) * MINUTE_MS;
		const ended = state === 'queued' || state === 'running' ? null : at + 1000;
		const paths = JSON.stringify(missingPaths);
		const outcome = ended === null ? null : JSON.stringify(result);
		insert.run(`run_${index}`, caller, endpoint, message, paths, state, at, at, ended, outcome);
	});
};

const refuse = (endpoint: string, code: string) => {
	const log = createRefusalStore(cli.database, () => now);
	log.note(endpoint, '10.0.0.9', { status: 401, code, message: 'The token is not right' });
	log.close();
};

describe('inbound list', () => {
	it('says that no call came, and where refused ones are', async () => {
		expect((await cli.run('inbound list')).stdout).toContain('Refused ones: inbound refusals');
	});

	it('shows who called, what became of it, and the newest first', async () => {
		const { record } = issueToken(cli.database, { name: 'ci', scopes: ['inbound'] }, NOW);
		const { record: old } = issueToken(cli.database, { name: 'old', scopes: ['inbound'] }, NOW);
		storeCalls([
			{ caller: record.id },
			{ state: 'failed', result: { ok: false, code: 'agent-failed', message: 'It broke' } },
			{ caller: old.id, endpoint: 'alert', state: 'running' },
		]);
		revokeToken(cli.database, 'old');

		expect((await cli.run('inbound list')).stdout).toBe(
			[
				'Run    State    Endpoint  Agent        Caller       When    Result',
				'run_2  running  alert     support-bot  (revoked)    1m ago',
				'run_1  failed   deploy    support-bot  hooks.token  2m ago  agent-failed: It broke',
				'run_0  done     deploy    support-bot  ci           3m ago  Done',
				'',
			].join('\n'),
		);
		expect((await cli.run('inbound list --state failed --json')).json()).toMatchObject({
			calls: [{ runId: 'run_1', error: { code: 'agent-failed' } }],
		});
	});

	it('filters and pages', async () => {
		storeCalls([{ endpoint: 'alert' }, {}, {}]);

		const page = await cli.run('inbound list --recent 2');
		expect(page.stdout).toContain('Older ones: add --before run_1');
		expect((await cli.run('inbound list --before run_1')).stdout).toMatch(/^run_0 /m);
		expect((await cli.run('inbound list --endpoint alert')).stdout).not.toMatch(/^run_[12]/m);
		expect((await cli.run('inbound list --state broken')).exitCode).toBe(2);
	});
});

describe('inbound show', () => {
	it('shows message and reply whole, without escape sequences', async () => {
		storeCalls([
			{
				message: 'Alert: 磁盘 \u001b[2J\nline 2',
				result: { ok: true, reply: `All is well \u009b31m\n${'x'.repeat(500)}` },
				missingPaths: ['body.severity'],
			},
		]);
		const { stdout, exitCode } = await cli.run('inbound show run_0');

		expect(exitCode).toBe(0);
		expect(stdout).toContain('Missing   body.severity');
		expect(stdout).toContain('Session   agent:support-bot:webhook:deploy');
		expect(stdout).toContain('Message\nAlert: 磁盘 \\u001b[2J\nline 2\n');
		expect(stdout).toContain('x'.repeat(500));
		expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
	});

	it('knows when there is no such run', async () => {
		const { stderr, exitCode } = await cli.run('inbound show run_9');

		expect(stderr).toContain("There is no run 'run_9'");
		expect(exitCode).toBe(1);
	});
});

describe('inbound refusals', () => {
	it('lists who was refused and why; status tells of them until they are seen', async () => {
		expect((await cli.run('inbound refusals')).stdout).toBe(
			'No call was refused or filtered out.\n',
		);
		expect((await cli.run('status')).exitCode).toBe(0);
		refuse('deploy', 'unknown-token');
		refuse('deploy', 'unknown-token');
		now += MINUTE_MS;
		refuse('', 'unknown-token');

		const { stdout } = await cli.run('inbound refusals');
		expect(stdout).toMatch(/^now +1 +\(any agent\) +10\.0\.0\.9 +401 +unknown-token +The token/m);
		expect(stdout).toMatch(/^1m ago +1 +deploy +10\.0\.0\.9/m);
		const told = await cli.run('status');
		expect(told.stdout).toContain('3 inbound calls were refused within a day, the last one now');
		expect(told.stdout).not.toContain('Nothing is wrong');
		expect(told.exitCode).toBe(1);

		now += 1000;
		expect((await cli.run('status --seen')).exitCode).toBe(0);
		now += 86_400_000;
		refuse('deploy', 'unknown-token');
		expect((await cli.run('status')).stdout).toContain('1 inbound call was refused');
	});
});

describe('accepted messages that failed', () => {
	const result = (code: string) => ({ ok: false, code, message: `What ${code} means` });

	it('are told by status until they are seen', async () => {
		storeCalls([
			{ state: 'failed', result: result('refused') },
			{ state: 'failed', result: result('interrupted') },
			{ state: 'failed', endpoint: DIRECT, result: result('not-started') },
		]);
		const told = await cli.run('status');
		expect(told.stdout).toContain(
			"2 messages to the agent 'support-bot' by way of 'deploy' have failed within a day, the last one 1m ago: What interrupted means. Look: openclaw event-webhooks inbound list --state failed.",
		);
		expect(told.stdout).toContain('What not-started means.');
		expect(told.exitCode).toBe(1);
		expect((await cli.run('status --seen')).exitCode).toBe(0);
	});

	it('are no trouble where the agent itself failed, who tells so by an event', async () => {
		storeCalls([{ state: 'failed', result: result('agent-failed') }, { state: 'done' }]);
		expect((await cli.run('status')).exitCode).toBe(0);
	});
});
