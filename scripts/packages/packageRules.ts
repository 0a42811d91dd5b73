/** What one of our packages may consist of. */
export interface PackageRules {
	/** Name in `package.json`. */
	readonly name: string;
	/** Files that may be in it. */
	readonly files: readonly RegExp[];
	/** Modules that its code may load. */
	readonly modules: RegExp;
	/** Packages that whoever installs it provides. */
	readonly peers: readonly string[];
	/** Whether its code may look at `process`: environment, terminal, process id. */
	readonly mayUseProcess: boolean;
	/** Whether it is a command. */
	readonly mayHaveBin: boolean;
}

/** n8n runs community nodes within its own process, and reviews them: nothing but crypto is needed. */
export const NODES_RULES: PackageRules = {
	name: 'n8n-nodes-openclaw-webhooks',
	files: [
		/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|THIRD_PARTY_LICENSES\.md)$/,
		/^dist\/index\.(js|d\.ts)$/,
		/^dist\/(nodes|credentials|protocol)\/[\w/.]+\.(js|d\.ts)$/,
		/^dist\/nodes\/(\w+)\/\1\.node\.json$/,
		/^dist\/icons\/[\w.]+\.svg$/,
	],
	modules: /^(\.{1,2}\/[\w./-]+|node:crypto|crypto|n8n-workflow)$/,
	peers: ['n8n-workflow'],
	mayUseProcess: false,
	mayHaveBin: false,
};

/** The plugin has a database and a command line, and starts no programs. */
export const PLUGIN_RULES: PackageRules = {
	name: 'openclaw-plugin-event-webhooks',
	files: [
		/^(package\.json|README\.md|LICENSE|THIRD_PARTY_LICENSES\.md|openclaw\.plugin\.json)$/,
		/^dist\/index\.js$/,
	],
	modules:
		/^(openclaw\/plugin-sdk\/[\w./-]+|node:(async_hooks|crypto|dns|dns\/promises|fs|fs\/promises|http|https|net|os|path|readline\/promises|sqlite|stream\/(?:consumers|promises)|timers\/promises|tls|url|util))$/,
	peers: ['openclaw'],
	mayUseProcess: true,
	mayHaveBin: false,
};

/** The conformance kit sends requests and takes them, and touches no files. */
export const KIT_RULES: PackageRules = {
	name: 'openclaw-webhooks-conformance',
	files: [/^(package\.json|README\.md|LICENSE|THIRD_PARTY_LICENSES\.md)$/, /^dist\/index\.js$/],
	modules: /^node:(crypto|http|https|util|zlib)$/,
	peers: [],
	mayUseProcess: true,
	mayHaveBin: true,
};

/** The rules for a package by its name. @throws Error when it is none of ours */
export function rulesFor(name: string): PackageRules {
	const rules = [NODES_RULES, PLUGIN_RULES, KIT_RULES].find((each) => each.name === name);
	if (rules === undefined) throw new Error(`'${name}' is none of our packages`);
	return rules;
}
