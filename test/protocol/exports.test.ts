import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import manifest from '../../package.json';

const root = join(__dirname, '../..');

describe('the package', () => {
	it('offers the protocol by a name of its own', () => {
		expect(manifest.exports).toMatchObject({
			'.': { default: './dist/index.js' },
			'./protocol': { types: './dist/protocol/index.d.ts', default: './dist/protocol/index.js' },
			'./protocol/schema': {
				types: './dist/protocol/schema/events.d.ts',
				default: './dist/protocol/schema/events.js',
			},
		});
	});

	it('loads nothing of n8n with it', () => {
		const program = `
			require(${JSON.stringify(join(root, 'protocol/index.ts'))});
			process.stdout.write(JSON.stringify(Object.keys(require.cache)));
		`;
		const loader = require.resolve('tsx/cjs');
		const output = execFileSync(process.execPath, ['--require', loader, '-e', program], {
			cwd: root,
			encoding: 'utf8',
		});
		const loaded = JSON.parse(output) as string[];
		expect(loaded.some((file) => file.includes(join('protocol', 'index.ts')))).toBe(true);
		expect(loaded.filter((file) => file.includes('n8n-workflow'))).toEqual([]);
	});
});
