import { chooseVersions, nameOf, VERSIONS } from '../../../trials/compat/versions';

describe('the versions that are tried', () => {
	it('are all when none is named', () => {
		expect(chooseVersions([])).toEqual(VERSIONS);
	});

	it('are those that are named', () => {
		const names = VERSIONS.slice(1, 3).map(nameOf);

		expect(chooseVersions(names).map(nameOf)).toEqual(names);
	});

	it('are on the list', () => {
		expect(() => chooseVersions(['n8n@0.1.0'])).toThrow("'n8n@0.1.0' is none of n8n@");
	});
});
