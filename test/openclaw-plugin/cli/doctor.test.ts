import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SUPPORTED_GATEWAYS } from '../../../openclaw-plugin/src/cli/ownChecks';
import { startHealth } from '../../../openclaw-plugin/src/health/health';
import { DATABASE_FILE, openDatabase } from '../../../openclaw-plugin/src/store/database';
import { startForwardProxy } from '../../../testbed/forwardProxy';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { at, listAt, textAt } from '../../../testbed/json';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { createCommandLine, type CommandLine, type RunOptions } from './support/commandLine';

const MINUTE_MS = 60_000;
let sink: HttpSink;
let cli: CommandLine;
let stopGateway: () => void;

beforeEach(async () => {
	sink = await startHttpSink();
	cli = await createCommandLine({ endpoints: [endpoint()] });
	cli.config = withHooks({ allowConversationAccess: true });
	stopGateway = startHealth(cli.folder, { version: '0.0.0-test' });
	writeHooks({ version: '2026.9.6', calls: { message_sent: 12 } });
});

afterEach(async () => {
	stopGateway();
	await cli.remove();
	await sink.stop();
});

const endpoint = (more: Record<string, unknown> = {}) => ({
	name: 'ops',
	url: `${sink.url}/hook/secret-path`,
	events: ['*'],
	allowPrivateHosts: true,
	headers: { 'X-API-Key': 'canary' },
	...more,
});

const withHooks = (
	hooks: unknown,
	endpoints: readonly unknown[] = [endpoint()],
	inbound: unknown = {},
) => ({
	plugins: {
		entries: { 'event-webhooks': { enabled: true, hooks, config: { endpoints, inbound } } },
	},
});

const writeHooks = (
	current: { version: string; calls: Record<string, number> },
	previous?: { version: string; calls: Record<string, number> },
) => {
	const since = Date.now() - 60 * MINUTE_MS;
	const seen = {
		current: { since, ...current },
		...(previous === undefined ? {} : { previous: { since, ...previous } }),
		lastAt: Object.fromEntries(Object.keys(current.calls).map((hook) => [hook, since])),
	};
	cli.database
		.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('hooks_seen', ?)")
		.run(JSON.stringify(seen));
};

/** What one kind of look has shown. */
const checksOf = async (about: string, args = '', options: RunOptions = {}) => {
	const result = await cli.run(`doctor --json ${args}`, options);
	const { exitCode } = result;
	const checks = listAt(result.json(), 'checks').filter((check) => at(check, 'about') === about);
	return { exitCode, checks, message: checks.map((check) => textAt(check, 'message')).join('\n') };
};

/** A receiver whose clock is off by so much. */
const setClock = (offMs: number) => {
	sink.answerBy(() => ({
		status: 204,
		body: '',
		headers: { date: new Date(Date.now() + offMs).toUTCString() },
	}));
};

it('finds nothing wrong where nothing is, and delivers nothing', async () => {
	setClock(0);
	const { stdout, stderr, exitCode } = await cli.run('doctor');

	expect(stderr).toBe('');
	expect(exitCode).toBe(0);
	expect(stdout).toContain('✔ settings      They are right: 1 endpoints, 0 inbound endpoints');
	expect(stdout).toContain('✔ database      It opens and is whole: ');
	expect(stdout).toMatch(/✔ disk {10}\d+ MB are free/);
	expect(stdout).toContain('✔ gateway       It runs, with version 0.0.0-test of the plugin');
	expect(stdout).toContain(
		'✔ gateway       OpenClaw 2026.9.6 (needed: OpenClaw 2026.9.0 and later)',
	);
	expect(stdout).toContain('✔ conversations The plugin may see conversations');
	expect(stdout).toContain('✔ hooks         Last called: message_sent 1h ago');
	expect(stdout).toContain("✔ receiver      'ops' answers at http://127.0.0.1:");
	expect(stdout).toContain('its clock agrees');
	expect(stdout.endsWith('All is well.\n')).toBe(true);
	expect(stdout).not.toMatch(/canary|secret-path/);

	expect(sink.requests.map(({ method, headers }) => [method, headers['x-api-key']])).toEqual([
		['OPTIONS', undefined],
	]);
	expect((await cli.run('list')).stdout).toContain('No deliveries yet');
});

it('can leave the receivers out', async () => {
	expect((await checksOf('receiver', '--offline')).checks).toEqual([]);
	expect(sink.requests).toEqual([]);
});

describe('receivers', () => {
	it.each([
		[10 * MINUTE_MS, 1, "is 10 min ahead of this one's: it refuses all signatures"],
		[-10 * MINUTE_MS, 1, "is 10 min behind this one's: it refuses all signatures"],
		[2 * MINUTE_MS, 0, "is 2 min ahead of this one's: with 5 min it refuses all signatures"],
		[3000, 0, 'its clock agrees'],
	])('says when a clock is off by %d ms', async (offMs, code, text) => {
		setClock(offMs);
		const { message, exitCode } = await checksOf('receiver');

		expect(message).toContain(text);
		expect(exitCode).toBe(code);
	});

	it('says why one is not reached, those made over the API too', async () => {
		const closed = await startHttpSink();
		await closed.stop();
		const settings = { url: `${closed.url}/x`, events: ['*'], allowPrivateHosts: true } as const;
		storedEndpoint(cli.database, 'n8n', { settings });
		const { message, exitCode } = await checksOf('receiver');

		expect(message).toContain("'n8n' is not reached at http://127.0.0.1:");
		expect(message).toContain('Nothing listens there');
		expect(exitCode).toBe(1);
	});

	it('asks no receiver that deliveries would not be sent to', async () => {
		for (const name of ['paused', 'disabled', 'removed']) {
			const settings = { url: `${sink.url}/${name}`, events: ['*'] } as const;
			storedEndpoint(cli.database, name, { settings: { ...settings, allowPrivateHosts: true } });
		}
		await cli.run('endpoints pause paused');
		await cli.run('endpoints disable disabled');
		await cli.run('endpoints remove removed');
		await cli.run('doctor');

		expect(sink.requests.map(({ path }) => path).sort()).toEqual(['/hook/secret-path', '/paused']);
	});

	it('names an address that a proxy program made up, and keeps to the guard', async () => {
		cli.config = withHooks({}, [
			endpoint({ url: 'http://198.18.0.7/hook', allowPrivateHosts: false }),
		]);
		const { message, exitCode } = await checksOf('receiver');

		expect(message).toContain('fake-IP DNS, 198.18.0.0/15');
		expect(exitCode).toBe(1);
	});

	it('goes through the proxy, and names it', async () => {
		const proxy = await startForwardProxy({ hosts: { 'ops.example': '127.0.0.1' } });
		setClock(0);
		cli.config = withHooks({}, [endpoint({ url: `http://ops.example:${sink.port}/hook` })]);
		const { message, exitCode } = await checksOf('receiver', '', {
			env: { http_proxy: proxy.url },
		});
		const { asked } = proxy;
		await proxy.stop();

		expect(message).toContain(`through the proxy ${proxy.url}`);
		expect(exitCode).toBe(0);
		expect(asked).toEqual([expect.stringMatching(/^OPTIONS http:/)]);
	});

	it('says what the environment lacks', async () => {
		cli.config = withHooks({ allowConversationAccess: true }, [endpoint({ url: '${OPS_URL}' })]);
		expect((await checksOf('receiver')).message).toContain('its url needs OPS_URL');
		expect((await checksOf('environment')).message).toContain('OPS_URL is not set here');
	});

	it('says which secret of a sender the environment lacks', async () => {
		const auth = { type: 'github', secret: '${GITHUB_SECRET}' };
		const inbound = { endpoints: { a: { agentId: 'main', template: '{{body.a}}', auth } } };
		cli.config = withHooks({ allowConversationAccess: true }, [], inbound);
		expect((await checksOf('environment')).message).toContain('GITHUB_SECRET is not set here');
	});
});

describe('connections', () => {
	const HOUR_MS = 60 * MINUTE_MS;
	const setFetching = (unfetchedMs: number, address: string | null = '192.0.2.7') => {
		const settings = { events: ['*'] } as const;
		const { id } = storedEndpoint(cli.database, 'n8n', { kind: 'connection', settings });
		cli.database
			.prepare('INSERT OR REPLACE INTO connections VALUES (?, ?, ?, ?, ?)')
			.run(id, address && 'c1', address, address && Date.now() - 2 * HOUR_MS, unfetchedMs);
	};

	it('tell who fetches, without asking anybody', async () => {
		setFetching(0);
		const { message, exitCode } = await checksOf('connection', '--offline');

		expect(message).toBe("'n8n' is fetched from by 192.0.2.7, who came 2h ago");
		expect(exitCode).toBe(0);
	});

	it('tell that nobody does, and since when; status does, too', async () => {
		setFetching(6 * HOUR_MS);
		const quiet = await checksOf('connection', '--offline');
		expect(quiet.checks).toMatchObject([{ subject: 'n8n', result: 'warning' }]);
		expect(quiet.message).toContain(
			'nobody has fetched its events for 6h; the last one came from 192.0.2.7',
		);
		expect(quiet.exitCode).toBe(0);

		storeDeliveries(cli.database, [{ endpoint: 'n8n', state: 'pending' }]);
		const waiting = await checksOf('connection', '--offline');
		expect(waiting.message).toContain('1 delivery waits. They fail after holdHours.');
		expect(waiting.message).toContain('endpoints remove n8n');
		expect(waiting.exitCode).toBe(1);
		const status = await cli.run('status');
		expect(status.stdout).toContain("✖ Endpoint 'n8n' is not fetched from: nobody has fetched");
		expect(status.exitCode).toBe(1);
	});

	it('tell of a receiver that has never come, and are patient with one that restarts', async () => {
		setFetching(4 * MINUTE_MS);
		expect((await checksOf('connection', '--offline')).checks).toMatchObject([{ result: 'ok' }]);
		setFetching(10 * MINUTE_MS, null);
		const { message } = await checksOf('connection', '--offline');
		expect(message).toContain('nobody has ever fetched its events, for 10m by now');
	});
});

describe('settings', () => {
	it('names key, nearest right word and what works meanwhile', async () => {
		cli.config = withHooks({}, [endpoint(), { ...endpoint(), name: 'crm', evnts: ['*'] }]);
		const { message, exitCode } = await checksOf('settings');

		expect(message).toContain('endpoints[1].evnts: ');
		expect(message).toContain("Did you mean 'events'?");
		expect(message).toContain("Nothing is sent to 'crm' until this is mended");
		expect(exitCode).toBe(1);
	});
});

describe('database', () => {
	/** A folder of which the gateway's files are replaced, or taken away. */
	const doctorOf = async (content: string | undefined) => {
		const line = await createCommandLine();
		line.database.close();
		const files = ['', '-wal', '-shm'].map((suffix) => join(line.folder, DATABASE_FILE + suffix));
		for (const file of files) {
			await (content === undefined ? rm(file, { force: true }) : writeFile(file, content));
		}
		const { stdout, exitCode } = await line.run('doctor');
		const isThere = existsSync(join(line.folder, DATABASE_FILE));
		await line.remove();
		return { stdout, exitCode, isThere };
	};

	it('is not made where the gateway has never run', async () => {
		const { stdout, exitCode, isThere } = await doctorOf(undefined);

		expect(stdout).toContain('✔ database      There is none yet');
		expect(stdout).toContain('! gateway       It has never run with this plugin');
		expect(exitCode).toBe(0);
		expect(isThere).toBe(false);
	});

	it('says so when it is damaged', async () => {
		const { stdout, exitCode } = await doctorOf('this is no database '.repeat(99));

		expect(stdout).toContain('✖ database      It cannot be used: ');
		expect(exitCode).toBe(1);
	});

	it('says so when a newer plugin has written it', async () => {
		const newer = openDatabase(cli.folder);
		newer.exec('PRAGMA user_version = 99');
		newer.close();
		const { message, exitCode } = await checksOf('database');

		expect(message).toContain('a newer version of this plugin has written it');
		expect(exitCode).toBe(1);
	});
});

describe('gateway', () => {
	it('knows the versions that the package names', () => {
		const file = readFileSync('openclaw-plugin/package.json', 'utf8');
		const { compat, build } = (
			JSON.parse(file) as {
				openclaw: {
					compat: { minGatewayVersion: string };
					build: { openclawVersion: string };
				};
			}
		).openclaw;

		expect(SUPPORTED_GATEWAYS.from).toBe(compat.minGatewayVersion);
		expect(build.openclawVersion.startsWith(`${SUPPORTED_GATEWAYS.tried}.`)).toBe(true);
	});

	it.each([
		['2026.8.31', 1, 'is too old'],
		['2026.9.0', 0, 'OpenClaw 2026.9.0 (needed'],
		['2026.10.1', 0, 'the plugin was tried with 2026.9'],
	])('compares OpenClaw %s', async (gatewayVersion, code, text) => {
		const { message, exitCode } = await checksOf('gateway', '', { gatewayVersion });

		expect(message).toContain(text);
		expect(exitCode).toBe(code);
	});

	it('tells a stopped gateway, and one that runs another version', async () => {
		stopGateway();
		expect((await checksOf('gateway')).message).toContain('It was stopped now. Nothing is sent');
		stopGateway = startHealth(cli.folder, { version: '0.0.0-older' });
		expect((await checksOf('gateway')).message).toContain('restart it');
	});

	it('says when conversations may not be seen, or the plugin is off', async () => {
		cli.config = withHooks({});
		expect((await checksOf('conversations')).checks).toMatchObject([{ result: 'warning' }]);
		cli.config = { plugins: { entries: { 'event-webhooks': { enabled: false } } } };
		const off = await checksOf('conversations');
		expect(off.message).toContain('switched off');
		expect(off.exitCode).toBe(1);
	});
});

describe('hooks', () => {
	it('names one that an upgrade has silenced; status does, too', async () => {
		writeHooks(
			{ version: '2026.9.6', calls: { message_sent: 40 } },
			{ version: '2026.9.5', calls: { message_sent: 100, llm_output: 100 } },
		);
		const { message, exitCode } = await checksOf('hooks');
		const text =
			"OpenClaw called the hook 'llm_output' 100 times as version 2026.9.5, and not once";

		expect(message).toContain(text);
		expect(exitCode).toBe(1);
		const status = await cli.run('status');
		expect(status.stdout).toContain(text);
		expect(status.exitCode).toBe(1);
	});

	it('tells when events of each type were last kept', async () => {
		storeDeliveries(cli.database, [
			{ type: 'message.sent', createdAt: Date.now() - 5 * MINUTE_MS },
			{ type: 'message.sent', createdAt: Date.now() - 2 * MINUTE_MS },
			{ type: 'tool.called', createdAt: Date.now() - 3 * MINUTE_MS },
		]);
		expect((await checksOf('events')).message).toBe(
			'Last kept: message.sent 2m ago, tool.called 3m ago',
		);
	});
});
