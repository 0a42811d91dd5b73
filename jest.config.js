/** @type {import('jest').Config} */
const base = {
	preset: 'ts-jest',
	testEnvironment: 'node',
	transform: {
		'^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/test/tsconfig.json', diagnostics: false }],
	},
	modulePathIgnorePatterns: [
		'<rootDir>/dist/',
		'<rootDir>/openclaw-plugin/dist/',
		'<rootDir>/conformance/dist/',
		'<rootDir>/testbed/runtime/',
		'<rootDir>/.e2e/',
	],
};

/** End-to-end tests to leave out, by the names of their files: where `npm run compat` runs them anyway. */
const leftOut = (process.env.OPENCLAW_WEBHOOKS_LEAVE_OUT ?? '')
	.split(/\s+/)
	.filter((name) => name !== '')
	.map((name) => `/test/e2e/${name}\\.e2e\\.test\\.ts$`);

const suffix = (kind) => `<rootDir>/test/**/*.${kind}.test.ts`;

module.exports = {
	testSequencer: '<rootDir>/test/support/secretsLast.js',
	reporters: ['default', '<rootDir>/test/support/closingLineReporter.js'],
	collectCoverageFrom: ['protocol/**/*.ts'],
	coverageThreshold: {
		global: { branches: 100, functions: 100, lines: 100, statements: 100 },
	},
	projects: [
		{
			...base,
			displayName: 'unit',
			testMatch: ['<rootDir>/test/**/*.test.ts'],
			testPathIgnorePatterns: [
				'/node_modules/',
				'\\.integration\\.test\\.ts$',
				'\\.e2e\\.test\\.ts$',
			],
		},
		{ ...base, displayName: 'integration', testMatch: [suffix('integration')] },
		{
			...base,
			displayName: 'e2e',
			testMatch: [suffix('e2e')],
			testPathIgnorePatterns: ['/node_modules/', '/test/e2e/plugin[^/]*$', ...leftOut],
			setupFilesAfterEnv: ['<rootDir>/test/e2e/support/checkEvents.ts'],
			globalSetup: '<rootDir>/test/e2e/support/globalSetup.ts',
			globalTeardown: '<rootDir>/test/e2e/support/globalTeardown.ts',
		},
		{
			...base,
			displayName: 'e2e-plugin',
			testMatch: ['<rootDir>/test/e2e/plugin*.e2e.test.ts'],
			testPathIgnorePatterns: ['/node_modules/', ...leftOut],
			setupFilesAfterEnv: ['<rootDir>/test/e2e/support/checkEvents.ts'],
			globalSetup: '<rootDir>/test/e2e/support/pluginSetup.ts',
			globalTeardown: '<rootDir>/test/e2e/support/pluginTeardown.ts',
		},
	],
};
