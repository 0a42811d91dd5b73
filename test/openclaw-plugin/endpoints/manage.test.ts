import type { DatabaseSync } from 'node:sqlite';
import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import type { ConfigFile } from '../../../openclaw-plugin/src/settings/gatewayConfig';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { countRows, someEvent } from '../store/support/events';
import { useFolder } from '../store/support/folder';
import { openManager } from './support/manager';
import { storedEndpoint, targetsOf } from './support/storedEndpoints';

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const folder = useFolder();
let database: DatabaseSync;

beforeEach(() => {
	database = openDatabase(folder.path);
});

afterEach(() => {
	database.close();
});

const open = (configFile?: ConfigFile) => openManager(database, folder.path, () => NOW, configFile);
/** A file that holds these endpoints; `lost`: they are gone when it is to be changed. */
const fileWith = (endpoints: object[], isLost = false) => {
	const content = (entries: object[]) => ({
		plugins: { entries: { 'event-webhooks': { config: { endpoints: entries } } } },
	});
	const file = content(endpoints);
	const configFile: ConfigFile = {
		read: async () => Promise.resolve(structuredClone(file)),
		change: async (edit) => {
			edit(isLost ? content([]) : file);
			return Promise.resolve();
		},
	};
	return { configFile, file };
};

describe('a new secret', () => {
	beforeEach(() => {
		storedEndpoint(database, 'crm', { origin: 'config' });
	});

	it('is written where the configuration file has the old one, which goes on to sign', async () => {
		const { configFile, file } = fileWith([{ name: 'crm', secret: 'whsec_two whsec_one' }]);
		const rotated = await open(configFile).manager.rotate('ep_1', { overlapHours: 1 });

		expect(rotated).toMatchObject({
			ok: true,
			value: { endpoint: { name: 'crm' }, isMade: true, previousUntil: NOW + HOUR_MS },
		});
		const secret = rotated.ok ? rotated.value.secret : '';
		expect(file.plugins.entries['event-webhooks'].config.endpoints).toEqual([
			{ name: 'crm', secret },
		]);
		const { current, retiring } = openEndpointTable(database).secretsOf(1, NOW);
		expect(current).toEqual([]);
		expect([...retiring].sort()).toEqual(['whsec_one', 'whsec_two']);
	});

	it('is refused over the API, which changes no configuration file', async () => {
		expect(await open().manager.rotate('crm', {})).toMatchObject({
			ok: false,
			refused: { code: 'set-in-configuration' },
		});
	});

	it.each([
		[undefined, 'not-signed'],
		['${CRM_SECRET}', 'kept-elsewhere'],
		[{ source: 'env', id: 'CRM_SECRET' }, 'kept-elsewhere'],
	])('is refused where the file has %j', async (secret, code) => {
		const { configFile } = fileWith([{ name: 'crm', ...(secret && { secret }) }]);

		expect(await open(configFile).manager.rotate('crm', {})).toMatchObject({
			ok: false,
			refused: { code },
		});
	});

	it('is not told when it could not be written: somebody has taken the endpoint out', async () => {
		const { configFile } = fileWith([{ name: 'crm', secret: 'whsec_one' }], true);

		expect(await open(configFile).manager.rotate('crm', {})).toMatchObject({ ok: false });
	});
});

test('what waits for another try has it at once when its endpoint is set up again, or enabled', () => {
	const { manager, outbox } = open();
	const body = { url: 'https://hooks.example/n8n', events: ['*'] };
	const changes = [
		() => manager.put('n8n', body),
		() => manager.change('n8n', { events: ['message.sent'] }),
		() => manager.enable('n8n'),
	];
	expect(manager.put('n8n', body).ok).toBe(true);
	const endpointId = manager.find('n8n')?.id ?? 0;
	const [id = 0] = outbox.append(someEvent(), [{ endpointId }]);
	for (const change of changes) {
		database.prepare('UPDATE deliveries SET tries = 1, next_at = ?').run(NOW + HOUR_MS);
		expect(outbox.due(endpointId, NOW, 10)).toEqual([]);
		expect(change().ok).toBe(true);
		expect(outbox.due(endpointId, NOW, 10)).toEqual([id]);
	}
});

describe('a replay of many', () => {
	it('makes one new event of each, however many endpoints had it', async () => {
		const { manager, outbox } = open();
		const targets = targetsOf(database, 'one', 'two', 'three');
		for (let index = 0; index < 101; index += 1) outbox.append(someEvent('Hello'), targets);
		database.exec("UPDATE deliveries SET state = 'delivered'");

		expect(await manager.replay({ status: 'delivered' })).toEqual({
			ok: true,
			value: { count: 303, notKept: 0 },
		});
		expect(countRows(database, 'events')).toBe(202);
	});
});
