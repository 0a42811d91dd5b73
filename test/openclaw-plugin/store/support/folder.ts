import { removeTemporaryFolder, temporaryFolder } from '../../../../testbed/temporaryFolder';

/** Gives each test a folder of its own, deleted after it. */
export function useFolder(): { readonly path: string } {
	let path = '';
	beforeEach(async () => {
		path = await temporaryFolder('store');
	});
	afterEach(async () => removeTemporaryFolder(path));
	return {
		get path() {
			return path;
		},
	};
}
