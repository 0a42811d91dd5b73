import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const DOCS = join(ROOT, 'docs');
const CHINESE = join(ROOT, 'openclaw-plugin/docs/zh');
/** Pages that are in English alone. */
const WITHOUT_TWIN = ['comparison.md', 'compatibility.md', 'protocol.md'];
/** What belongs to the package for n8n. */
const N8N_PACKAGE = [
	'README.md',
	'CHANGELOG.md',
	'credentials',
	'docs',
	'examples',
	'nodes',
	'protocol',
];
/** The message template of the ticket round trip, as its source has it, and a key in another script. */
const MAY_HAVE_CHINESE = [
	'examples/openclaw.json5',
	'examples/ticket-round-trip.workflow.json',
	'protocol/idempotencyKey.ts',
];
const HAN = /[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u;

const read = (file: string) => readFileSync(file, 'utf8');

/** The files of a folder, by their paths in it; of a file itself. */
function filesOf(path: string): readonly string[] {
	if (statSync(path).isFile()) return [''];
	return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
		statSync(join(path, name)).isFile(),
	);
}

const pages = filesOf(CHINESE);
const english = filesOf(DOCS).filter(
	(name) => name.endsWith('.md') && !WITHOUT_TWIN.includes(name),
);
const pair = (name: string) => [join(DOCS, name), join(CHINESE, name)] as const;

const FENCE = /^ *```(\w*)\n(.*?)^ *```/gms;
const withoutCode = (page: string) => page.replace(FENCE, '');
/** The levels of a page's headings below its title, in order. */
const levels = (page: string) =>
	Array.from(withoutCode(page).matchAll(/^(##+) /gm), ([, level]) => level);
/** How many lines each table of a page has. */
const tables = (page: string) =>
	Array.from(withoutCode(page).matchAll(/(?:^ *\|.*\n)+/gm), ([table]) => table.split('\n').length);
/** What a page shows to be copied. Comments and drawings are translated; examples of events are in the reference. */
const code = (page: string) =>
	Array.from(page.matchAll(FENCE))
		.filter(([, language = '']) => !['mermaid', 'json'].includes(language))
		.map(([, , text = '']) => text.replace(/ +# .*$/gm, ''));
/** Names of fields, settings and commands, as they stand in the text. */
const names = (page: string) => [...new Set(withoutCode(page).match(/`[^`\n]+`/g) ?? [])];
const pictures = (file: string) =>
	Array.from(read(file).matchAll(/!\[[^\]]*\]\(([^)]+)\)/g), ([, path = '']) =>
		resolve(dirname(file), path),
	);

describe('pages in Chinese', () => {
	it('are there for each page, and none besides', () => {
		expect([...pages].sort()).toEqual([...english].sort());
	});

	it.each(pages)("%s is linked from the plugin's README", (name) => {
		expect(read(join(ROOT, 'openclaw-plugin/README.md'))).toContain(`](docs/zh/${name})`);
	});

	it.each(pages.filter((name) => existsSync(join(DOCS, name))))(
		'%s has what the page in English has',
		(name) => {
			const [original, twin] = pair(name);
			const [here, there] = [read(twin), read(original)];

			expect(levels(here)).toEqual(levels(there));
			expect(tables(here)).toEqual(tables(there));
			expect(code(here)).toEqual(code(there));
			expect(names(there).filter((name) => !here.includes(name))).toEqual([]);
			expect(pictures(twin)).toEqual(pictures(original));
			expect(there).toContain(`[Chinese](${relative(dirname(original), twin)})`);
			expect(here).toContain(`[English](${relative(dirname(twin), original)})`);
		},
	);
});

describe('the package for n8n', () => {
	const texts = N8N_PACKAGE.flatMap((path) =>
		filesOf(join(ROOT, path)).map((name) => join(path, name)),
	).filter((path) => !path.endsWith('.png'));

	it('is in English', () => {
		const found = texts.filter((path) => HAN.test(read(join(ROOT, path))));

		expect(texts.length).toBeGreaterThan(100);
		expect(found.sort()).toEqual(MAY_HAVE_CHINESE);
	});
});
