import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCommandLine, type CommandLine } from './support/commandLine';

/** As in the article that the webhooks follow. */
const FILE = `{
  webhooks: {
    endpoints: [{
      name: "main-webhook",
      url: "https://your-server.com/openclaw/events",
      secret: "whsec_xxxxxxxxxxxxxxxx",
      events: ["message.received", "error.occurred"],
      retry: { maxAttempts: 3, backoffMs: 1000 }
    }, {
      name: "crm-integration",
      url: "https://crm.company.com/api/interactions",
      events: ["session.created"],
      headers: { "X-API-Key": "\${CRM_API_KEY}" }
    }],
    inbound: {
      enabled: true,
      basePath: "/webhooks/inbound",
      endpoints: {
        alert: { agentId: "alert-handler", template: "收到告警:{{body.title}}" },
      }
    }
  }
}`;
let cli: CommandLine;
let file: string;

beforeEach(async () => {
	cli = await createCommandLine();
	cli.config = { gateway: { port: 18789 } };
	file = join(cli.stateDir, 'openclaw.json5');
	await writeFile(file, FILE);
});

afterEach(async () => {
	await cli.remove();
});

describe('import', () => {
	it('shows what it would change, and changes nothing', async () => {
		const { stdout, exitCode } = await cli.run(`import ${file} --dry-run`);

		expect(stdout).toContain('plugins.entries["event-webhooks"]');
		expect(stdout).toContain('+         name: "main-webhook"');
		expect(stdout).toContain('"收到告警:{{body.title}}"');
		expect(stdout).toContain('+     allowConversationAccess: true');
		expect(stdout).toContain('Nothing was changed.');
		expect(stdout).not.toContain('whsec_');
		expect(exitCode).toBe(0);
		expect(cli.config).toEqual({ gateway: { port: 18789 } });
	});

	it('says which names the environment of the gateway needs', async () => {
		const { stdout } = await cli.run(`import ${file} --dry-run`);
		const known = await cli.run(`import ${file} --dry-run`, { env: { CRM_API_KEY: 'key' } });

		expect(stdout).toContain('environment of the gateway:\n  CRM_API_KEY  (not set here)');
		expect(known.stdout).toContain('  CRM_API_KEY\n');
	});

	it('writes with --yes, references and secrets as they are in the file', async () => {
		const { stdout, exitCode } = await cli.run(`import ${file} --yes`);

		expect(stdout).toContain('Written.');
		expect(exitCode).toBe(0);
		expect(cli.config).toMatchObject({
			gateway: { port: 18789 },
			plugins: {
				entries: {
					'event-webhooks': {
						enabled: true,
						hooks: { allowConversationAccess: true },
						config: {
							endpoints: [
								{ name: 'main-webhook', secret: 'whsec_xxxxxxxxxxxxxxxx' },
								{ headers: { 'X-API-Key': '${CRM_API_KEY}' } },
							],
							inbound: { endpoints: { alert: { agentId: 'alert-handler' } } },
						},
					},
				},
			},
		});
		expect((await cli.run(`import ${file} --yes`)).stdout).toContain('nothing to change');
	});

	it('asks at a terminal', async () => {
		const no = await cli.run(`import ${file}`, { isTerminal: true, typed: 'n' });
		expect(no.stdout).toContain('Nothing was changed.');
		expect(cli.config).toEqual({ gateway: { port: 18789 } });

		const yes = await cli.run(`import ${file}`, { isTerminal: true, typed: 'y' });
		expect(yes.stderr).toContain('Write this into the configuration of the gateway? [y/N]');
		expect(yes.stdout).toContain('Written.');
		expect(cli.config).toHaveProperty('plugins');
	});

	it.each(['', ' --json'])('does not change without an answer (%j)', async (json) => {
		const { stdout, stderr, exitCode } = await cli.run(`import ${file}${json}`);

		expect(stdout + stderr).toContain('add --yes to change');
		expect(exitCode).toBe(2);
		expect(cli.config).toEqual({ gateway: { port: 18789 } });
	});

	it('tells programs the same', async () => {
		const result = await cli.run(`import ${file} --dry-run --json`);

		expect(result.json()).toMatchObject({
			isChanged: true,
			isApplied: false,
			diff: expect.arrayContaining(['+         name: "main-webhook",']) as unknown,
			environment: [{ name: 'CRM_API_KEY', isSet: false }],
		});
		expect(result.stdout).not.toContain('whsec_');
	});

	it('says where a file is wrong', async () => {
		await writeFile(
			file,
			'{ webhooks: { endpoints: [\n{ name: "x", url: "ftp://x", events: ["*"] }] } }',
		);
		const { stderr, exitCode } = await cli.run(`import ${file} --yes`);

		expect(stderr).toContain("line 2:14: 'webhooks.endpoints[0].url' must start with 'http://'");
		expect(exitCode).toBe(1);
		expect(cli.config).toEqual({ gateway: { port: 18789 } });
	});

	it('says that a file is missing', async () => {
		const { stderr, exitCode } = await cli.run('import /nowhere/openclaw.json5 --yes');

		expect(stderr).toContain("'/nowhere/openclaw.json5' cannot be read: ENOENT");
		expect(exitCode).toBe(1);
	});
});
