import { join, resolve } from 'node:path';
import { packPackage, REPOSITORY } from '../testbed/packPackage';
import { packPlugin } from '../testbed/plugin';
import { removeTemporaryFolder, temporaryFolder } from '../testbed/temporaryFolder';
import { unpack } from '../testbed/unpack';
import { buildConformance } from './conformance/bundle';
import { checkPackage } from './packages/packageFaults';

async function packKit(folder: string): Promise<string> {
	buildConformance();
	return await packPackage(folder, join(REPOSITORY, 'conformance'));
}

/**
 * Looks at what the packages ship: files, manifest, code. Arguments are their tarballs; without any,
 * the built n8n package, the plugin and the conformance kit are packed first.
 */
async function main(): Promise<void> {
	const folder = await temporaryFolder('packages');
	try {
		const given = process.argv.slice(2).map((file) => resolve(file));
		const tarballs =
			given.length > 0
				? given
				: [await packPackage(folder), await packPlugin(folder), await packKit(folder)];
		for (const tarball of tarballs) {
			const { name, fileCount, faults } = await checkPackage(await unpack(tarball, folder));
			console.log(`${faults.length === 0 ? '✔' : '✖'} ${name}: ${String(fileCount)} files`);
			for (const fault of faults) console.log(`  ${fault}`);
			if (faults.length > 0) process.exitCode = 1;
		}
	} finally {
		await removeTemporaryFolder(folder);
	}
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
