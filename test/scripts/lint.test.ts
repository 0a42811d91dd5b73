import { spawnSync } from 'node:child_process';

/** A file for each part of the lint configuration that has rules on imports. */
const FILES = [
	'protocol/event.ts',
	'nodes/OpenClawTrigger/OpenClawTrigger.node.ts',
	'credentials/OpenClawApi.credentials.ts',
	'openclaw-plugin/src/plugin.ts',
	'openclaw-plugin/src/dashboard/client/main.ts',
	'conformance/src/attacks.ts',
	'test/openclaw-plugin/service.test.ts',
	'testbed/httpSink.ts',
	'scripts/build.ts',
	'benchmarks/run.ts',
];

/** Lints two files that import each other, by what holds for the imports of each of the files above. */
const PROGRAM = `
	import { ESLint } from 'eslint';
	const parser = await import('@typescript-eslint/parser');
	const repo = new ESLint({ overrideConfigFile: 'eslint.repo.config.mjs' });
	const found = {};
	for (const file of process.argv.slice(1)) {
		const { plugins, settings, rules } = await repo.calculateConfigForFile(file);
		const own = {
			files: ['**/*.ts'],
			languageOptions: { parser },
			plugins: { 'import-x': plugins['import-x'] },
			settings,
			rules: { 'import-x/no-cycle': rules['import-x/no-cycle'] },
		};
		const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: [own] });
		const results = await eslint.lintFiles(['test/fixtures/circle/*.ts']);
		found[file] = results.flatMap(({ messages }) => messages.map((message) => message.ruleId));
	}
	console.log(JSON.stringify(found));
`;

it('a circle of imports is an error in every folder', () => {
	const args = ['--input-type=module', '-e', PROGRAM, ...FILES];
	const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });

	expect(stderr).toBe('');
	const both = ['import-x/no-cycle', 'import-x/no-cycle'];
	expect(JSON.parse(stdout)).toEqual(Object.fromEntries(FILES.map((file) => [file, both])));
}, 60_000);
