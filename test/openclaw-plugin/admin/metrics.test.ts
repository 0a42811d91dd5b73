import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { clearFault, reportFault } from '../../../openclaw-plugin/src/health/faults';
import { issueToken } from '../../../openclaw-plugin/src/tokens/tokens';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { adminGateway, type AdminGateway } from './support/adminGateway';

const PREFIX = 'openclaw_event_webhooks_';
let gateway: AdminGateway;

beforeEach(async () => {
	gateway = await adminGateway();
});

afterEach(async () => {
	await gateway.remove();
});

/** The samples by their series, as Prometheus tells them apart. */
const scrape = async (): Promise<ReadonlyMap<string, number>> => {
	const { status, headers, text } = await gateway.ask('GET', '/metrics');
	expect(status).toBe(200);
	expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
	expect(text.endsWith('\n')).toBe(true);
	const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
	const series = samples.map((line): [string, number] => {
		const [, name = '', value = ''] = /^(.*) (\S+)$/.exec(line) ?? [];
		expect(name).toMatch(/^openclaw_event_webhooks_\w+(\{(\w+="(?:[^"\\\n]|\\.)*",?)+\})?$/);
		return [name.slice(PREFIX.length), Number(value)];
	});
	// Prometheus refuses a page that has a series twice.
	expect(new Set(series.map(([name]) => name)).size).toBe(series.length);
	return new Map(series);
};

it('counts events, deliveries and attempts, and tells how long queues and answers are', async () => {
	const createdAt = gateway.time - 90_000;
	storeDeliveries(gateway.database, [
		{ endpoint: 'crm', createdAt, status: 200, durationMs: 40, type: 'message.sent' },
		{
			endpoint: 'crm',
			createdAt,
			status: 500,
			durationMs: 3000,
			state: 'failed',
			error: 'HTTP 500',
			tries: 2,
		},
		{ endpoint: 'crm', createdAt, state: 'pending' },
	]);
	const crm = 'endpoint="crm",id="ep_2"';

	expect(Object.fromEntries(await scrape())).toMatchObject({
		'events{type="message.sent"}': 1,
		'events{type="message.received"}': 2,
		[`deliveries{${crm},state="delivered"}`]: 1,
		[`deliveries{${crm},state="failed"}`]: 1,
		[`deliveries{${crm},state="pending"}`]: 1,
		[`attempts{${crm},result="accepted"}`]: 1,
		[`attempts{${crm},result="failed"}`]: 2,
		[`queue_depth{${crm}}`]: 1,
		[`queue_age_seconds{${crm}}`]: 90,
		[`endpoint_up{${crm}}`]: 1,
		[`attempt_duration_seconds_bucket{${crm},le="0.05"}`]: 1,
		[`attempt_duration_seconds_bucket{${crm},le="2.5"}`]: 1,
		[`attempt_duration_seconds_bucket{${crm},le="5"}`]: 3,
		[`attempt_duration_seconds_bucket{${crm},le="+Inf"}`]: 3,
		[`attempt_duration_seconds_sum{${crm}}`]: 6.04,
		[`attempt_duration_seconds_count{${crm}}`]: 3,
		'queue_depth{endpoint="main-webhook",id="ep_1"}': 0,
		outbox_bytes: expect.any(Number) as number,
		outbox_limit_bytes: 1_073_741_824,
		faults: 0,
	});
});

it('tells a removed endpoint from the one that has its name now', async () => {
	storeDeliveries(gateway.database, [{ endpoint: 'crm', state: 'pending' }, { endpoint: 'crm' }]);
	openEndpointTable(gateway.database).setRemoved(2, gateway.time);
	gateway.time += 120_000;
	expect(storedEndpoint(gateway.database, 'crm').id).toBe(3);
	storeDeliveries(gateway.database, [{ endpoint: 'crm', state: 'pending' }, { endpoint: 'crm' }]);
	const samples = await scrape();

	for (const id of ['ep_2', 'ep_3']) {
		expect(samples.get(`deliveries{endpoint="crm",id="${id}",state="delivered"}`)).toBe(1);
		expect(samples.get(`queue_depth{endpoint="crm",id="${id}"}`)).toBe(1);
	}
	expect(samples.get('endpoint_up{endpoint="crm",id="ep_2"}')).toBe(0);
});

it('says that something is wrong, and keeps within the format whatever a name is', async () => {
	storedEndpoint(gateway.database, 'a "quoted"\\\nname');
	openEndpointTable(gateway.database).setPaused(1, gateway.time);
	reportFault(gateway.folder, {
		code: 'disk-full',
		severity: 'fault',
		message: 'The disk is full',
	});
	const samples = await scrape();
	clearFault(gateway.folder, 'disk-full');

	expect(samples.get('faults')).toBe(1);
	expect(samples.get('endpoint_up{endpoint="main-webhook",id="ep_1"}')).toBe(0);
	expect(samples.get('queue_depth{endpoint="a \\"quoted\\"\\\\\\nname",id="ep_2"}')).toBe(0);
});

it('adds up what it counts in steps', async () => {
	storeDeliveries(
		gateway.database,
		Array.from({ length: 12_000 }, () => ({ endpoint: 'crm', status: 200, durationMs: 5 })),
	);
	const samples = await scrape();

	expect(samples.get('attempts{endpoint="crm",id="ep_2",result="accepted"}')).toBe(12_000);
	expect(samples.get('attempt_duration_seconds_count{endpoint="crm",id="ep_2"}')).toBe(12_000);
});

it('is for tokens with the scope endpoints', async () => {
	const { token } = issueToken(gateway.database, { name: 'ci', scopes: ['inbound'] });
	expect((await gateway.ask('GET', '/metrics', undefined, token)).status).toBe(403);
	expect((await gateway.ask('GET', '/metrics', undefined, 'none')).status).toBe(401);
});
