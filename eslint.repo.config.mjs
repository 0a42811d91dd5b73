import { fileURLToPath } from 'node:url';

import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const root = fileURLToPath(new URL('.', import.meta.url));

/** What each folder may import. Data flows one way, so do imports. */
const zones = [
	{ target: 'protocol', from: ['nodes', 'credentials', 'openclaw-plugin', 'conformance'] },
	{ target: 'nodes', from: ['credentials', 'openclaw-plugin', 'conformance'] },
	{ target: 'credentials', from: ['nodes', 'protocol', 'openclaw-plugin', 'conformance'] },
	{ target: 'openclaw-plugin', from: ['nodes', 'credentials', 'conformance'] },
	{
		target: 'conformance',
		from: ['nodes', 'credentials', 'openclaw-plugin', 'testbed', 'test', 'trials', 'scripts'],
	},
].map(({ target, from }) => ({
	target: `${root}${target}`,
	from: from.map((folder) => `${root}${folder}`),
	message: `${target}/ must not import from there: see CONTRIBUTING.md, "Layout".`,
}));

/**
 * Without `extensions` and `parsers` the rules on imports take TypeScript for something they cannot read, and
 * find nothing.
 */
const importSettings = {
	'import-x/resolver-next': [createTypeScriptImportResolver()],
	'import-x/extensions': ['.ts'],
	'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
};

const outsidePackages = (allowed) => [
	'error',
	{
		patterns: [
			{
				regex: `^(?!\\.{1,2}/|${allowed}).+`,
				message: 'The published package has no runtime dependencies.',
			},
		],
	},
];

/** The plugin shares code with the nodes through one file, and lives on the gateway's SDK alone. */
const pluginImports = [
	'error',
	{
		patterns: [
			{
				regex: '(^|/)\\.\\./\\.\\./(\\.\\./)*protocol/',
				message: 'Import from the src/protocol.ts of the plugin.',
			},
			{
				regex: '^(?!\\.{1,2}/|node:|openclaw/plugin-sdk/).+',
				message: 'The plugin has no runtime dependencies.',
			},
		],
	},
];

export default tseslint.config(
	{
		ignores: [
			'dist/',
			'openclaw-plugin/dist/',
			'conformance/dist/',
			'coverage/',
			'node_modules/',
			'.e2e/',
			'testbed/runtime/',
			'test/fixtures/',
		],
	},
	{
		files: [
			'test/**/*.ts',
			'testbed/**/*.ts',
			'scripts/**/*.ts',
			'trials/**/*.ts',
			'benchmarks/**/*.ts',
		],
		extends: [tseslint.configs.strictTypeChecked],
		languageOptions: { parserOptions: { project: './test/tsconfig.json', tsconfigRootDir: root } },
		plugins: { 'import-x': importX },
		settings: importSettings,
		rules: {
			'import-x/no-cycle': 'error',
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			'@typescript-eslint/consistent-type-imports': 'error',
		},
	},
	{
		files: ['protocol/**/*.ts', 'nodes/**/*.ts', 'credentials/**/*.ts', 'index.ts'],
		extends: [tseslint.configs.strictTypeChecked],
		languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: root } },
		plugins: { 'import-x': importX },
		// Inline switches in these folders answer to n8n's own rules, which run from eslint.config.mjs.
		linterOptions: { reportUnusedDisableDirectives: 'off' },
		settings: importSettings,
		rules: {
			'import-x/no-cycle': 'error',
			'import-x/no-restricted-paths': ['error', { zones }],
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			'@typescript-eslint/consistent-type-imports': 'error',
		},
	},
	{
		files: ['openclaw-plugin/src/**/*.ts'],
		extends: [tseslint.configs.strictTypeChecked],
		languageOptions: {
			parserOptions: { project: './openclaw-plugin/tsconfig.json', tsconfigRootDir: root },
		},
		plugins: { 'import-x': importX },
		settings: importSettings,
		rules: {
			'import-x/no-cycle': 'error',
			'import-x/no-restricted-paths': ['error', { zones }],
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			'@typescript-eslint/consistent-type-imports': 'error',
			'no-restricted-imports': pluginImports,
		},
	},
	{
		files: ['openclaw-plugin/src/dashboard/client/**/*.ts'],
		languageOptions: {
			parserOptions: {
				project: './openclaw-plugin/src/dashboard/client/tsconfig.json',
				tsconfigRootDir: root,
			},
		},
	},
	{
		files: ['conformance/src/**/*.ts'],
		extends: [tseslint.configs.strictTypeChecked],
		languageOptions: {
			parserOptions: { project: './conformance/tsconfig.json', tsconfigRootDir: root },
		},
		plugins: { 'import-x': importX },
		settings: importSettings,
		rules: {
			'import-x/no-cycle': 'error',
			'import-x/no-restricted-paths': ['error', { zones }],
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			'@typescript-eslint/consistent-type-imports': 'error',
			'no-restricted-imports': outsidePackages('node:'),
		},
	},
	{
		files: ['conformance/src/eventFaults.ts'],
		rules: { 'no-restricted-imports': outsidePackages('node:|@cfworker/json-schema$') },
	},
	{
		// A module of the gateway that is declared here can name our types in no other way.
		files: ['openclaw-plugin/src/openclaw.d.ts'],
		rules: {
			'@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
		},
	},
	{
		files: ['openclaw-plugin/src/protocol.ts'],
		rules: { 'no-restricted-imports': 'off' },
	},
	{
		files: ['protocol/**/*.ts'],
		ignores: ['protocol/json5.ts'],
		rules: { 'no-restricted-imports': outsidePackages('node:crypto$') },
	},
	{
		files: ['nodes/**/*.ts'],
		ignores: ['nodes/shared/jsonSchema.ts'],
		rules: { 'no-restricted-imports': outsidePackages('n8n-workflow$') },
	},
	{
		files: ['credentials/**/*.ts'],
		rules: { 'no-restricted-imports': outsidePackages('n8n-workflow$') },
	},
);
