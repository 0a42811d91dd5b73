import { createEndpointRegistry } from '../../../openclaw-plugin/src/endpoints/registry';
import { listFaults } from '../../../openclaw-plugin/src/health/faults';
import { reportSettings } from '../../../openclaw-plugin/src/settings/reportSettings';
import { readSettings } from '../../../openclaw-plugin/src/settings/settings';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

const ENDPOINT = { name: 'sink', url: 'https://sink.example/', events: ['*'] };
const INBOUND = { endpoints: { alert: { agentId: 'alerts', template: '{{body.title}}' } } };

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
	const database = openDatabase(folder);
	try {
		const settings = readSettings(config);
		const registry = createEndpointRegistry(settings.endpoints, database);
		const logger = { info: write, warn: write, error: write };
		reportSettings(
			{ folder, settings, registry, logger },
			agents.map((id) => ({ id })),
		);
	} finally {
		database.close();
	}
	return lines;
}

describe('settings', () => {
	it('are empty where the gateway has none', () => {
		const settings = readSettings(undefined);
		expect(settings).toMatchObject({ endpoints: [], issues: [], inbound: { enabled: true } });
		expect(settings.instanceId).not.toBe('');
	});

	it('with a mistake let nothing in and send nothing', () => {
		const settings = readSettings({ endpoints: [ENDPOINT], inbound: { enable: true } });
		expect(settings.endpoints).toEqual([]);
		expect(settings.inbound.enabled).toBe(false);
		expect(settings.issues).toHaveLength(1);
	});
});

describe('the report', () => {
	it('says nothing where nothing is wrong', () => {
		expect(report({ endpoints: [ENDPOINT], inbound: INBOUND })).toEqual([]);
		expect(listFaults(folder)).toEqual([]);
	});

	it('names the key of a mistake', () => {
		expect(report({ endpoints: [{ ...ENDPOINT, retry: { maxAttempt: 1 } }] })).toEqual([
			expect.stringContaining('endpoints[0].retry.maxAttempt'),
		]);
		expect(listFaults(folder)).toMatchObject([{ code: 'config', severity: 'fault' }]);
	});

	it('names endpoints whose secret the gateway could not fill in', () => {
		const lines = report({ endpoints: [{ ...ENDPOINT, secret: '${NOT_SET}' }] });
		expect(lines).toEqual([expect.stringContaining("'sink'")]);
	});

	it('names inbound endpoints without an agent, as a notice', () => {
		expect(report({ inbound: INBOUND }, ['main'])).toEqual([expect.stringContaining("'alerts'")]);
		expect(listFaults(folder)).toMatchObject([{ code: 'config', severity: 'notice' }]);
	});

	it('forgets what was mended', () => {
		report({ endpoints: [{ ...ENDPOINT, retries: 1 }] });
		report({ endpoints: [ENDPOINT] });
		expect(listFaults(folder)).toEqual([]);
	});
});
