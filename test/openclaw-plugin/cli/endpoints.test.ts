import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { listDeliveries } from '../../../openclaw-plugin/src/outbox/deliveryLog';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { createCommandLine, type CommandLine } from './support/commandLine';

const ENDPOINTS = [
	{
		name: 'main-webhook',
		url: 'https://n8n.example/webhook/1',
		secret: 'whsec_old',
		events: ['*'],
	},
	{ name: 'crm', url: 'https://crm.example/', secret: '${CRM_SECRET}', events: ['tool.called'] },
	{ name: 'unsigned', url: 'https://u.example/', events: ['*'] },
	{ name: 'off', url: 'https://off.example/', events: ['*'], enabled: false },
];
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
let cli: CommandLine;

beforeEach(async () => {
	cli = await createCommandLine({ endpoints: ENDPOINTS });
	const { id } = storedEndpoint(cli.database, 'n8n');
	openEndpointTable(cli.database).setSecret(id, 'whsec_made', undefined, Date.now());
});

afterEach(async () => {
	await cli.remove();
});

/** An endpoint as the database knows it. */
const stored = (name: string) => openEndpointTable(cli.database).findByName(name);
const current = (name: string) =>
	openEndpointTable(cli.database).secretsOf(stored(name)?.id ?? 0, Date.now()).current;

describe('endpoints', () => {
	it('lists them with how they are doing, never with a secret', async () => {
		storeDeliveries(cli.database, [
			{ endpoint: 'main-webhook', status: 200, durationMs: 31 },
			{ endpoint: 'main-webhook', status: 200, durationMs: 1400 },
			{ endpoint: 'main-webhook', state: 'failed' },
			{ endpoint: 'crm', state: 'pending' },
		]);
		const { stdout } = await cli.run('endpoints', { columns: 120 });

		expect(stdout.split('\n').map((line) => line.trimEnd())).toEqual([
			'Endpoint      State     Success  Waiting    p50    p95  Last           URL',
			'main-webhook  active     66.6 %        0  31 ms  1.4 s  never sent to  https://n8n.example/…',
			'crm           active          –        1      –      –  never sent to  https://crm.example/',
			'unsigned      active          –        0      –      –  never sent to  https://u.example/',
			'off           disabled        –        0      –      –  never sent to  https://off.example/',
			'n8n           active          –        0      –      –  never sent to  https://n8n.example/…',
			'',
		]);
		const json = await cli.run('endpoints --json');
		expect((await cli.run('endpoints list --json')).json()).toEqual(json.json());
		expect(json.stdout + stdout).not.toContain('whsec_');
		expect(json.json()).toMatchObject({
			endpoints: [
				{ id: 'ep_1', name: 'main-webhook', origin: 'config', isSigned: true },
				{ name: 'crm', isSigned: true, state: { state: 'active' } },
				{ name: 'unsigned', isSigned: false },
				{ name: 'off', state: { state: 'disabled' } },
				{ name: 'n8n', origin: 'api', isSigned: true },
			],
		});
	});

	it('disables and enables', async () => {
		const disabled = await cli.run("endpoints disable crm --reason 'It moves'");
		expect(disabled.stdout).toContain('Nothing is sent');
		expect(stored('crm')?.lifecycle).toMatchObject({ state: 'disabled', reason: 'It moves' });

		expect((await cli.run('endpoints enable crm')).stdout).toContain('is sent to again');
		expect((await cli.run('endpoints enable crm')).stdout).toContain('was not disabled');
		expect(stored('crm')?.lifecycle).toEqual({ state: 'active' });
	});

	it('pauses and resumes, by name or by id', async () => {
		expect((await cli.run('endpoints pause crm')).stdout).toContain('endpoints resume crm');
		expect(stored('crm')?.lifecycle).toMatchObject({ state: 'paused' });
		expect((await cli.run('endpoints enable crm')).stdout).toContain('is enabled, but paused');

		const resumed = await cli.run('endpoints resume ep_2 --json');
		expect(resumed.json()).toEqual({
			endpoint: { id: 'ep_2', name: 'crm', state: { state: 'active' } },
		});
		expect(stored('crm')?.lifecycle).toEqual({ state: 'active' });
	});

	it('says so when the settings have switched an endpoint off', async () => {
		const { stderr, exitCode } = await cli.run('endpoints enable off');

		expect(stderr).toContain('switched off by "enabled": false in its settings');
		expect(exitCode).toBe(1);
		expect((await cli.run('endpoints resume off')).stdout).toContain('but disabled');
	});

	it('removes what was made over the API, and nothing else', async () => {
		storeDeliveries(cli.database, [{ endpoint: 'n8n', state: 'pending' }]);

		expect((await cli.run('endpoints remove n8n')).stdout).toContain(
			'1 delivery waits for it, and will fail in a minute',
		);
		expect(stored('n8n')).toBeUndefined();
		expect((await cli.run('endpoints')).stdout).toMatch(/^n8n +removed \(ep_5\)/m);

		const refused = await cli.run('endpoints remove crm');
		expect(refused.stderr).toContain("is set in the gateway's configuration file");
		expect(refused.exitCode).toBe(1);
	});

	it('gives up what waits, also for one that was removed', async () => {
		storeDeliveries(cli.database, [{ endpoint: 'n8n', state: 'pending' }]);
		await cli.run('endpoints remove n8n');

		expect((await cli.run('endpoints purge ep_5')).stdout).toBe(
			"1 delivery to endpoint 'n8n' was given up. Take it back with: replay --status failed --endpoint ep_5\n",
		);
		expect(listDeliveries(cli.database).deliveries).toMatchObject([{ status: 'failed' }]);
		expect((await cli.run('endpoints purge n8n')).stdout).toContain('Nothing waits');
	});

	it.each(['enable', 'disable', 'remove', 'pause', 'resume', 'purge', 'change'])(
		'knows when there is nothing to %s',
		async (command) => {
			const { stderr, exitCode } = await cli.run(`endpoints ${command} nope`);

			expect(stderr).toContain(
				"There is no endpoint 'nope' at this gateway. There are 'main-webhook'",
			);
			expect(exitCode).toBe(1);
		},
	);

	it('lets no escape sequence of a name through to the terminal', async () => {
		storedEndpoint(cli.database, '\u001b[2Jred');
		for (const args of ['endpoints', 'endpoints pause \u001b[2Jred', 'endpoints --json']) {
			const { stdout } = await cli.run(args);
			expect(stdout).toContain('red');
			expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
		}
	});
});

describe('endpoints add', () => {
	it('makes an endpoint and shows its secret once', async () => {
		const { stdout, exitCode } = await cli.run(
			'endpoints add shop --url https://shop.example/hook --events message.received,message.sent',
		);
		const secret = /^whsec_\S+/.exec(stdout)?.[0];

		expect(exitCode).toBe(0);
		expect(stdout).toContain("Endpoint 'shop' (ep_6) is made.");
		expect(current('shop')).toEqual([secret]);
		expect(stored('shop')?.settings).toEqual({
			url: 'https://shop.example/hook',
			events: ['message.received', 'message.sent'],
		});
		expect((await cli.run('endpoints --json')).stdout).not.toContain(secret);
	});

	it('takes every setting', async () => {
		const options = [
			'--url https://shop.example/hook --events * --agent support-*,!support-test --channel telegram',
			'--user u1 --session s1 --instance node-1 --tool exec --trigger user',
			`--header X-API-Key=k=1 --header 'X-Tag=a b' --transform '{"text":"{{data.agentId}}"}'`,
			'--retry-delays 5s,5s,1m --rate-limit 10/60s --timeout 30s --concurrency 4',
			'--allow-private-hosts n8n.lan,10.0.0.0/8 --ca-file /etc/ca.pem',
		].join(' ');
		const { stderr } = await cli.run(`endpoints add shop ${options}`);

		expect(stderr).toBe('');
		expect(stored('shop')?.settings).toEqual({
			url: 'https://shop.example/hook',
			events: ['*'],
			filter: {
				agentIds: ['support-*', '!support-test'],
				channels: ['telegram'],
				userIds: ['u1'],
				sessionIds: ['s1'],
				instanceIds: ['node-1'],
				toolNames: ['exec'],
				triggers: ['user'],
			},
			headers: { 'X-API-Key': 'k=1', 'X-Tag': 'a b' },
			transform: { text: '{{data.agentId}}' },
			retry: { delaysMs: [5000, 5000, 60_000] },
			rateLimit: { requests: 10, perSeconds: 60 },
			timeoutMs: 30_000,
			concurrency: 4,
			allowPrivateHosts: ['n8n.lan', '10.0.0.0/8'],
			caFile: '/etc/ca.pem',
		});
	});

	it('makes a connection, and takes a secret that somebody else made', async () => {
		const args =
			'endpoints add fetched --kind connection --events * --hold-hours 24 --secret-stdin';
		const result = await cli.run(`${args} --json`, { input: `${SECRET}\n` });

		expect(result.json()).toEqual({
			id: 'ep_6',
			name: 'fetched',
			kind: 'connection',
			created: true,
			state: { state: 'active' },
		});
		expect(current('fetched')).toEqual([SECRET]);
		expect(stored('fetched')).toMatchObject({ kind: 'connection', settings: { holdHours: 24 } });
	});

	it.each([
		['n8n --url https://x.example/ --events *', "There is an endpoint 'n8n' already", 1],
		['shop --events *', "'url' is missing", 1],
		[
			'shop --url https://x.example/ --events message.recieved',
			"Did you mean 'message.received'?",
			1,
		],
		['ep_7 --url https://x.example/ --events *', 'must not look like an id', 1],
		['shop --header X-API-Key', '--header must be such as X-API-Key=value', 2],
		['shop --transform text', '--transform must be a JSON object', 2],
		['shop --rate-limit 10', '--rate-limit must be such as 10/60s', 2],
		['shop --retry-delays 5', '--retry-delays must be durations', 2],
		['shop --retry-delays 5s --retry-attempts 2', 'leave the other two out', 2],
	])('makes nothing for %s', async (args, message, code) => {
		const { stdout, stderr, exitCode } = await cli.run(`endpoints add ${args}`);

		expect(stderr).toContain(message);
		expect(stdout).toBe('');
		expect(exitCode).toBe(code);
		expect(stored('shop')).toBeUndefined();
	});

	it('shows no secret that was refused', async () => {
		const args = 'endpoints add shop --url https://x.example/ --events * --secret-stdin';
		const { stdout, stderr, exitCode } = await cli.run(args, { input: 'hunter2' });

		expect(exitCode).toBe(1);
		expect(stderr).toContain("'secret' must be");
		expect(stdout + stderr).not.toContain('hunter2');
	});
});

describe('endpoints change', () => {
	beforeEach(async () => {
		await cli.run(
			'endpoints add shop --url https://shop.example/hook --events * --agent a --channel telegram --header X-A=1 --retry-attempts 5 --retry-backoff 2s',
		);
	});

	it('changes what is named, and nothing else', async () => {
		const [secret] = current('shop');
		const { stdout, stderr } = await cli.run(
			'endpoints change shop --events message.sent --agent b --header X-B=2 --retry-attempts 7',
		);

		expect(stderr).toBe('');
		expect(stdout).toBe("Endpoint 'shop' (ep_6) is changed.\n");
		expect(stored('shop')?.settings).toEqual({
			url: 'https://shop.example/hook',
			events: ['message.sent'],
			filter: { agentIds: ['b'], channels: ['telegram'] },
			headers: { 'X-A': '1', 'X-B': '2' },
			retry: { maxAttempts: 7, backoffMs: 2000 },
		});
		expect(current('shop')).toEqual([secret]);
	});

	it('says what is to stay at the gateway', async () => {
		await cli.run('endpoints change shop --omit data.sender,data.message.content --drop-bodies');
		await cli.run('endpoints change shop --redact data.tool.params.*');
		expect(stored('shop')?.settings.privacy).toEqual({
			omit: ['data.sender', 'data.message.content'],
			redact: ['data.tool.params.*'],
			dropBodiesAfterDelivery: true,
		});
		const { stderr } = await cli.run('endpoints change shop --omit id');
		expect(stderr).toContain("'privacy.omit[0]' names 'id', which cannot be left out");
		await cli.run('endpoints change shop --unset privacy');
		expect(stored('shop')?.settings).not.toHaveProperty('privacy');
	});

	it('takes settings away', async () => {
		await cli.run('endpoints change ep_6 --unset filter,retry --header x-a=');

		expect(stored('shop')?.settings).toEqual({
			url: 'https://shop.example/hook',
			events: ['*'],
			headers: {},
		});
	});

	it.each([
		['shop', 'Say what to change', 2],
		['shop --url ftp://x', "must start with 'http://' or 'https://'", 1],
		['shop --unset filtre', "'filtre' is not a known key. Did you mean 'filter'?", 1],
		['crm --events *', "is set in the gateway's configuration file", 1],
	])('changes nothing for %s', async (args, message, code) => {
		const before = stored('shop');
		const { stderr, exitCode } = await cli.run(`endpoints change ${args}`);

		expect(stderr).toContain(message);
		expect(exitCode).toBe(code);
		expect(stored('shop')).toEqual(before);
	});
});
