import type { DatabaseSync } from 'node:sqlite';
import { listFaults } from '../../../openclaw-plugin/src/health/faults';
import {
	applyConfig,
	followConfig,
	readLastingSettings,
	rememberOutbox,
	reportSettings,
	type GatewayConfig,
} from '../../../openclaw-plugin/src/settings/appliedSettings';
import { readSettings } from '../../../openclaw-plugin/src/settings/settings';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

const ENDPOINT = { name: 'sink', url: 'https://sink.example/', events: ['*'] };
const INBOUND = { endpoints: { alert: { agentId: 'alerts', template: '{{body.title}}' } } };

describe('the configuration in force', () => {
	function config(instanceId: string) {
		return { plugins: { entries: { 'event-webhooks': { config: { instanceId } } } } };
	}

	const own: GatewayConfig = { whole: config('own'), plugin: { instanceId: 'own' } };

	it('holds what an instance was registered with until another is applied', () => {
		const made: GatewayConfig[] = [];
		const current = followConfig('/one', own, (from) => {
			made.push(from);
			return from.plugin;
		});
		expect(current()).toEqual({ instanceId: 'own' });
		applyConfig('/one', config('next'));
		expect(current()).toEqual({ instanceId: 'next' });
		expect(current()).toBe(current());
		expect(made).toHaveLength(2);
	});

	it('reaches all instances of a folder, and no other folder', () => {
		const read = (from: GatewayConfig) => from.plugin;
		const instances = [followConfig('/two', own, read), followConfig('/two', own, read)];
		const other = followConfig('/three', own, read);
		applyConfig('/two', config('next'));
		expect(instances.map((current) => current())).toEqual([
			{ instanceId: 'next' },
			{ instanceId: 'next' },
		]);
		expect(other()).toEqual({ instanceId: 'own' });
	});

	it('does not give a new instance what was applied before it was registered', () => {
		applyConfig('/four', config('older'));
		const current = followConfig('/four', own, ({ plugin }) => plugin);
		expect(current()).toEqual({ instanceId: 'own' });
	});

	it('gives undefined for a configuration without the plugin', () => {
		const current = followConfig('/five', own, ({ plugin }) => plugin);
		applyConfig('/five', {});
		expect(current()).toBeUndefined();
	});
});

describe('the report of what is wrong', () => {
	let folder: string;

	beforeEach(async () => {
		folder = await temporaryFolder('settings');
	});

	afterEach(async () => {
		await removeTemporaryFolder(folder);
	});

	function report(config: unknown, agents = ['alerts']): readonly string[] {
		const lines: string[] = [];
		const write = (message: string) => {
			lines.push(message);
		};
		const logger = { info: write, warn: write, error: write };
		reportSettings(
			{ folder, settings: readSettings(config), logger },
			agents.map((id) => ({ id })),
		);
		return lines;
	}

	it('says nothing where nothing is wrong', () => {
		expect(report({ endpoints: [ENDPOINT], inbound: INBOUND })).toEqual([]);
		expect(listFaults(folder)).toEqual([]);
	});

	it('names the key of a mistake', () => {
		expect(report({ endpoints: [{ ...ENDPOINT, retry: { maxAttempt: 1 } }] })).toEqual([
			expect.stringContaining('endpoints[0].retry.maxAttempt'),
		]);
		expect(listFaults(folder)).toMatchObject([
			{ code: 'config', subject: 'endpoints[0].retry.maxAttempt', severity: 'fault' },
		]);
	});

	it('names inbound endpoints without an agent, as a notice', () => {
		expect(report({ inbound: INBOUND }, ['Main', 'Alerts'])).toEqual([]);
		expect(report({ inbound: INBOUND }, ['main'])).toEqual([
			"The inbound endpoint 'alert' is for the agent 'alerts', which this gateway does not have",
		]);
		expect(listFaults(folder)).toMatchObject([
			{ code: 'config', severity: 'notice', subject: 'inbound.endpoints["alert"].agentId' },
		]);
	});

	it('forgets what was mended', () => {
		report({ endpoints: [{ ...ENDPOINT, retries: 1 }] });
		report({ endpoints: [ENDPOINT] });
		expect(listFaults(folder)).toEqual([]);
	});
});

describe('the outbox of a configuration with a mistake', () => {
	const DEFAULTS = { retentionDays: 14, maxMegabytes: 1024, powerSafe: false };

	let folder: string;
	let database: DatabaseSync;

	beforeEach(async () => {
		folder = await temporaryFolder('outbox-settings');
		database = openDatabase(folder);
	});

	afterEach(async () => {
		database.close();
		await removeTemporaryFolder(folder);
	});

	const outboxOf = (config: unknown) => readLastingSettings(config, database).outbox;

	it('a mistake leaves what was in force, after a restart, too', () => {
		rememberOutbox(database, outboxOf({ outbox: { retentionDays: 90, maxMegabytes: 64 } }));
		database.close();
		database = openDatabase(folder);
		const mistaken = { outbox: { retentionDays: '90 days', maxMegabytes: 32 } };
		expect(outboxOf(mistaken)).toEqual({ ...DEFAULTS, retentionDays: 90, maxMegabytes: 32 });
		rememberOutbox(database, outboxOf(mistaken));
		for (const config of [{ outbox: 7 }, 'text']) {
			expect(outboxOf(config)).toEqual({ ...DEFAULTS, retentionDays: 90, maxMegabytes: 32 });
		}
	});

	it('a key that is taken away has its default again', () => {
		rememberOutbox(database, { ...DEFAULTS, retentionDays: 90 });
		expect(outboxOf({ endpoints: 7 })).toEqual(DEFAULTS);
	});

	it('the defaults hold where nothing was in force', () => {
		expect(outboxOf({ outbox: { retentionDays: 0 } })).toEqual(DEFAULTS);
	});

	it('a database that cannot be read is no reason to end', () => {
		const broken = {
			prepare: () => {
				throw new Error('database is locked');
			},
		} as unknown as DatabaseSync;
		expect(readLastingSettings({ outbox: 7 }, broken).outbox).toEqual(DEFAULTS);
	});

	it('is written only when it has changed', () => {
		const changes = () => Number(database.prepare('SELECT total_changes() AS count').get()?.count);
		rememberOutbox(database, DEFAULTS);
		const before = changes();
		rememberOutbox(database, DEFAULTS);
		expect(changes()).toBe(before);
		rememberOutbox(database, { ...DEFAULTS, powerSafe: true });
		expect(changes()).toBe(before + 1);
	});
});
