import { runtimeParts } from '../../testbed/runtimeParts';
import { chosenVersions, PINNED_VERSIONS, VERSION_VARIABLES } from '../../testbed/runtimeVersions';

const foldersFor = (versions: Parameters<typeof runtimeParts>[0]) =>
	runtimeParts(versions).map(({ folder }) => folder);

describe('the versions of n8n and OpenClaw', () => {
	const saved = process.env[VERSION_VARIABLES.n8n];

	afterEach(() => {
		process.env[VERSION_VARIABLES.n8n] = saved ?? '';
	});

	it('are the pinned ones unless the environment chooses', () => {
		process.env[VERSION_VARIABLES.n8n] = '';

		expect(chosenVersions()).toEqual(PINNED_VERSIONS);
		expect(foldersFor(PINNED_VERSIONS)).toEqual(['node', 'n8n', 'openclaw']);
	});

	it('stand beside the pinned ones in the cache', () => {
		process.env[VERSION_VARIABLES.n8n] = '2.0.0';

		expect(foldersFor(chosenVersions())).toEqual(['node', 'n8n-2.0.0', 'openclaw']);
	});

	it('are no paths', () => {
		process.env[VERSION_VARIABLES.n8n] = '2/../../x';

		expect(chosenVersions).toThrow(VERSION_VARIABLES.n8n);
	});
});
