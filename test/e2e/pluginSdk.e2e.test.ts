import { dirname, join } from 'node:path';
import ts from 'typescript';
import { REPOSITORY } from '../../testbed/packPackage';
import { silentProgress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';

const COMPILE_TIMEOUT_MS = 180_000;

/** Compiles the plugin with the gateway's own types in place of those that stand in for them. */
async function compile(source: string): Promise<readonly string[]> {
	const { openclaw } = await ensureRuntimes(silentProgress, { n8n: false });
	const sdk = join(dirname(openclaw), 'dist', 'plugin-sdk');
	const folder = join(REPOSITORY, 'openclaw-plugin');
	const { config } = ts.readConfigFile(join(folder, 'tsconfig.json'), (file) =>
		ts.sys.readFile(file),
	) as { config: unknown };
	const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
	const program = ts.createProgram({
		rootNames: [join(folder, 'src', source), join(folder, 'src', 'build.d.ts')],
		options: {
			...options,
			noEmit: true,
			paths: { 'openclaw/plugin-sdk/*': [join(sdk, '*.d.ts')] },
		},
	});
	return ts
		.getPreEmitDiagnostics(program)
		.filter(({ file }) => file === undefined || file.fileName.startsWith(folder))
		.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe("the gateway's SDK", () => {
	it(
		'has what the plugin uses, in the same form',
		async () => {
			expect(await compile('index.ts')).toEqual([]);
		},
		COMPILE_TIMEOUT_MS,
	);
});
