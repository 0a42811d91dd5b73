import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** The rows of tables that name tests: those of the threats. */
const rows = read('SECURITY.md')
	.slice(0, read('SECURITY.md').indexOf('## What is kept in clear'))
	.split('\n')
	.filter((line) => line.startsWith('| ') && !line.startsWith('| asset |'))
	.map((line) => ({
		cells: line.replace(/^\| | \|$/g, '').split(' | '),
		tests: Array.from(line.matchAll(/`(test\/[\w/.-]+)`: “([^”]+)”/g), ([, file, title]) => ({
			file: file ?? '',
			title: title ?? '',
		})),
	}));

/** Whether a file has a test with a title, which is a text on its own followed by the function. */
function hasTest(file: string, title: string): boolean {
	const source = read(file);
	const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "\\\\?'");
	return new RegExp(`(['"\`])${escaped}\\1,\\s+(?:async )?\\(`).test(source);
}

describe('the threat model', () => {
	it('has many threats', () => {
		expect(rows.length).toBeGreaterThan(25);
	});

	it.each(rows.map((row) => [row.cells[2] ?? '', row] as const))(
		'names tests that exist: %s',
		(_, { cells, tests }) => {
			expect(cells).toHaveLength(5);
			expect(tests).not.toEqual([]);
			const missing = tests.filter(
				({ file, title }) => !existsSync(join(ROOT, file)) || !hasTest(file, title),
			);
			expect(missing).toEqual([]);
		},
	);

	it('would notice a test that is not there, or is only mentioned', () => {
		const file = 'test/openclaw-plugin/tokens/tokens.test.ts';
		expect(hasTest(file, 'are nowhere in the database')).toBe(true);
		expect(hasTest(file, 'are nowhere')).toBe(false);
		expect(hasTest(file, 'tokens')).toBe(true);
		expect(hasTest(file, 'Without a token nothing is guessed.')).toBe(false);
	});
});

describe('the supply chain', () => {
	const workflows = readdirSync(join(ROOT, '.github/workflows')).map((name) =>
		read(join('.github/workflows', name)),
	);

	it('releases have a provenance statement and pinned actions', () => {
		const uses = workflows.flatMap((text) => Array.from(text.matchAll(/uses: (\S+)/g)));
		expect(uses.length).toBeGreaterThan(0);
		for (const [, action] of uses) expect(action).toMatch(/@[0-9a-f]{40}$/);
		const publishing = workflows.flatMap((text) => text.match(/npm publish.*/g) ?? []);
		expect(publishing).toHaveLength(3);
		for (const command of publishing) expect(command).toContain('--provenance');
		for (const text of workflows) {
			expect(text).not.toMatch(/secrets\.|NPM_TOKEN|NODE_AUTH_TOKEN/);
		}
	});

	it('installs without the scripts of packages', () => {
		expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
	});
});
