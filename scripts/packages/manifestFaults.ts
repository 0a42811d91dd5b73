import { at, isObject, objectAt } from '../../testbed/json';
import type { PackageRules } from './packageRules';

/** npm runs these where the package is installed. */
const INSTALL_SCRIPTS = [
	...['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare'],
	...['preuninstall', 'uninstall', 'postuninstall', 'prepublish', 'dependencies'],
];

/** All that would bring other packages along. */
const DEPENDENCIES = [
	...['dependencies', 'optionalDependencies', 'bundleDependencies', 'bundledDependencies'],
];

/**
 * Names what a packed `package.json` must not have: dependencies, scripts that run at installation,
 * commands. A package that brings no other along needs no audit of others.
 */
export function manifestFaults(manifest: unknown, rules: PackageRules): readonly string[] {
	const scripts = Object.keys(objectAt(manifest, 'scripts'));
	const peers = Object.keys(objectAt(manifest, 'peerDependencies'));
	return [
		...DEPENDENCIES.filter((key) => isFilled(at(manifest, key))).map(
			(key) => `package.json has ${key}`,
		),
		...scripts
			.filter((name) => INSTALL_SCRIPTS.includes(name))
			.map((name) => `package.json has the script '${name}', which runs at installation`),
		...peers
			.filter((name) => !rules.peers.includes(name))
			.map((name) => `package.json wants the peer '${name}'`),
		...(rules.mayHaveBin ? ['gypfile'] : ['bin', 'gypfile'])
			.filter((key) => at(manifest, key) !== undefined)
			.map((key) => `package.json has '${key}'`),
	];
}

function isFilled(value: unknown): boolean {
	if (Array.isArray(value)) return value.length > 0;
	return isObject(value) ? Object.keys(value).length > 0 : value !== undefined && value !== false;
}
