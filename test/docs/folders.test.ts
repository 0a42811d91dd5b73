import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = 'openclaw-plugin/src';

/** Folders of the plugin's source, by what its files are called. */
const folders = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
	.filter((path) => path.endsWith('.ts') && path.includes('/'))
	.reduce((found, path) => {
		const [, folder = '', name = ''] = /^(.*)\/([^/]+)\.ts$/.exec(path) ?? [];
		return found.set(folder, [...(found.get(folder) ?? []), name]);
	}, new Map<string, readonly string[]>());

/** The files that a block comment of a file names. */
function namesIn(file: string, names: readonly string[]): readonly string[] {
	const comments = readFileSync(file, 'utf8').match(/^\/\*\n[\s\S]*?\n \*\/$/gm) ?? [];
	const words = new Set(comments.flatMap((comment) => comment.match(/\w+/g) ?? []));
	return names.filter((name) => words.has(name));
}

describe.each([...folders])('the folder %s', (folder, names) => {
	it('has one file that says what each of the others is for', () => {
		const stories = names.map((name) => namesIn(join(SOURCE, folder, `${name}.ts`), names));
		const fullest = stories.sort((left, right) => right.length - left.length)[0] ?? [];

		expect(fullest).toEqual(names);
	});
});

it('the folder delivery draws the way of a delivery, with all its states', () => {
	const [drawing = ''] =
		/^\/\*\n[\s\S]*?\n \*\/$/m.exec(readFileSync(`${SOURCE}/delivery/dispatcher.ts`, 'utf8')) ?? [];

	for (const state of ['pending', 'under way', 'delivered', 'failed', 'replay']) {
		expect(drawing).toContain(state);
	}
});
