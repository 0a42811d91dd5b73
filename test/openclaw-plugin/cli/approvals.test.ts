import { openApprovalTable } from '../../../openclaw-plugin/src/approvals/approvalTable';
import type { Resolution } from '../../../openclaw-plugin/src/approvals/approval';
import { startHealth } from '../../../openclaw-plugin/src/health/health';
import { at } from '../../../testbed/json';
import { createCommandLine, type CommandLine } from './support/commandLine';

const NOW = Date.UTC(2026, 2, 14, 10, 30);
const RULE = { name: 'payments', tools: ['pay'] };
const N8N = {
	name: 'n8n',
	url: 'https://n8n.example/webhook/1',
	events: ['approval.requested', 'approval.resolved'],
};

let cli: CommandLine;
let stopGateway = () => {};

beforeEach(async () => {
	cli = await createCommandLine({ approvals: [RULE], endpoints: [N8N] }, () => NOW);
	stopGateway = startHealth(cli.folder, { version: '0.0.0-test', now: () => NOW });
});

afterEach(async () => {
	stopGateway();
	await cli.remove();
});

function store(id: string, resolution?: Resolution): void {
	const table = openApprovalTable(cli.database);
	const approval = {
		id,
		rule: 'payments',
		tool: { name: 'pay', params: { amount: 200, to: 'Bob\u0007' } },
		paramsHash: 'sha256:0',
		expiresAt: '2026-03-14T10:34:00.000Z',
	};
	table.insert({ agentId: 'finance', approval }, NOW - 60_000, NOW + 240_000);
	if (resolution !== undefined) table.resolve(id, resolution, NOW);
}

const told = () =>
	cli.database
		.prepare('SELECT body FROM events')
		.all()
		.map(({ body }) => JSON.parse(String(body)) as unknown);

it('lists what waits, and what was decided', async () => {
	expect((await cli.run('approvals list')).stdout).toContain('No tool call waits');
	store('apr_1', { decision: 'allow', by: 'Ada', via: 'cli' });
	store('apr_2', { decision: 'deny', cause: 'expired', reason: 'Nobody decided in time' });
	store('apr_3');
	const { stdout } = await cli.run('approvals list', { columns: 140 });
	const lines = stdout.split('\n').map((line) => line.replace(/\s+/g, ' ').trim());
	expect(lines.slice(1, 4)).toEqual([
		'apr_3 waiting pay finance payments 1m ago denied in 4m unless allowed',
		'apr_2 denied pay finance payments 1m ago expired: Nobody decided in time',
		'apr_1 allowed pay finance payments 1m ago Ada',
	]);
	const list = await cli.run('approvals list --state waiting --json');
	expect(list.json()).toMatchObject({ approvals: [{ id: 'apr_3', state: 'waiting' }] });
});

it('shows one with its parameters', async () => {
	store('apr_1');
	const { stdout } = await cli.run('approvals show apr_1');
	expect(stdout).toMatch(/Ends +2026-03-14T10:34:00\.000Z \(in 4m\)/);
	expect(stdout).toContain('"amount": 200');
	expect(stdout).not.toContain('\u0007');
	expect((await cli.run('approvals show apr_1 --json')).json()).toMatchObject({ id: 'apr_1' });
	const missing = await cli.run('approvals show apr_9');
	expect([missing.exitCode, missing.stderr]).toEqual([
		1,
		expect.stringContaining("There is no call 'apr_9'"),
	]);
});

it('decides, and tells it as an event', async () => {
	store('apr_1');
	const allowed = await cli.run('approvals allow apr_1 --by Ada');
	expect(allowed.stdout).toContain("The call of 'pay' is allowed.");
	expect(openApprovalTable(cli.database).find('apr_1')?.approval).toMatchObject({
		state: 'allowed',
		by: 'Ada',
		via: 'cli',
	});
	expect(told()).toMatchObject([
		{
			type: 'approval.resolved',
			data: { approval: { id: 'apr_1', decision: 'allow', by: 'Ada' } },
		},
	]);
	const late = await cli.run("approvals deny apr_1 --reason 'Too much' --json");
	expect([late.exitCode, at(late.json(), 'error', 'code')]).toEqual([1, 'already-decided']);
});

it('denies with a reason', async () => {
	store('apr_1');
	expect((await cli.run("approvals deny apr_1 --reason 'Too much' --json")).json()).toMatchObject({
		id: 'apr_1',
		state: 'denied',
		reason: 'Too much',
	});
});

it('decides nothing where the gateway does not run: no call waits in it', async () => {
	store('apr_1');
	stopGateway();
	const refused = await cli.run('approvals allow apr_1');
	expect([refused.exitCode, refused.stderr]).toEqual([
		1,
		expect.stringContaining('The gateway does not run, so no call waits in it'),
	]);
	expect(told()).toEqual([]);
});

describe('status and doctor', () => {
	const statusFaults = async () =>
		at((await cli.run('status --json')).json(), 'faults') as readonly unknown[];
	const checks = async () => {
		const doctor = await cli.run('doctor --offline --json');
		return (at(doctor.json(), 'checks') as readonly { about: string }[]).filter(
			({ about }) => about === 'approvals',
		);
	};

	it('tell what waits', async () => {
		expect(await statusFaults()).toEqual([]);
		store('apr_1');
		expect(await statusFaults()).toMatchObject([
			{
				code: 'approval-waiting',
				severity: 'notice',
				message: expect.stringMatching(
					/^1 tool call waits to be allowed, the first since 1m ago\. Look: openclaw event-webhooks approvals list/,
				) as unknown,
			},
		]);
		store('apr_2');
		expect(await statusFaults()).toMatchObject([
			{ message: expect.stringContaining('2 tool calls wait') as unknown, count: 2 },
		]);
	});

	it('tell that nobody would be asked', async () => {
		expect(await checks()).toEqual([
			{
				about: 'approvals',
				result: 'ok',
				message: "Tool calls are asked about by the rules 'payments'",
			},
		]);
		cli.database.prepare('UPDATE endpoints SET paused_at = ?').run(NOW);
		expect(await statusFaults()).toContainEqual(
			expect.objectContaining({
				code: 'approval-unasked',
				severity: 'fault',
				message: expect.stringContaining(
					"The tool calls that need an approval ('payments') are denied, as nobody is asked",
				) as unknown,
			}),
		);
		expect(await checks()).toMatchObject([{ result: 'fault' }]);
	});

	it('tell that the gateway waits for less time than a rule', async () => {
		cli.config = {
			plugins: {
				entries: {
					'event-webhooks': {
						config: { approvals: [RULE], endpoints: [N8N] },
						hooks: { timeouts: { before_tool_call: 20_000 } },
					},
				},
			},
		};
		expect(await checks()).toMatchObject([
			{ result: 'ok' },
			{
				result: 'warning',
				message: expect.stringContaining(
					"The rule 'payments' lets calls wait for 300 seconds, the gateway for 20 only",
				) as unknown,
			},
		]);
	});

	it('say nothing of approvals where there are no rules', async () => {
		cli.config = {};
		expect(await checks()).toEqual([]);
	});
});
