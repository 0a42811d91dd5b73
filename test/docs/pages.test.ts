import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const read = (file: string) => readFileSync(file, 'utf8');
/** The files below a folder with an ending. */
const found = (folder: string, ending: string) =>
	readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith(ending))
		.map((name) => join(ROOT, folder, name));
const named = (files: readonly string[]) =>
	files.map((file) => [relative(ROOT, file), file] as const);

const pages = [
	...['README.md', 'examples/README.md', 'openclaw-plugin/README.md', 'conformance/README.md'].map(
		(name) => join(ROOT, name),
	),
	...found('docs', '.md'),
	...found('openclaw-plugin/docs', '.md'),
];
const withoutCode = (text: string) =>
	text.replace(/^ *```.*?^ *```/gms, '').replace(/`[^`\n]*`/g, '');

/** The anchors that GitHub gives to a page's headings. */
function anchors(file: string): Set<string> {
	const headings = read(file)
		.replace(/^ *```.*?^ *```/gms, '')
		.matchAll(/^#+ (.+)$/gm);
	const used = new Map<string, number>();
	const ids = Array.from(headings, ([, heading = '']) => {
		const id = heading
			.trim()
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
			.replaceAll(' ', '-');
		const times = used.get(id) ?? 0;
		used.set(id, times + 1);
		return times === 0 ? id : `${id}-${String(times)}`;
	});
	return new Set(ids);
}

function brokenLinks(file: string): string[] {
	const links = withoutCode(read(file)).matchAll(/\]\(([^)\s]+)\)/g);
	return Array.from(links, ([, target = '']) => target).filter((target) => {
		if (/^[a-z]+:/.test(target)) return false;
		const [path = '', anchor] = target.split('#');
		const there = path === '' ? file : join(dirname(file), path);
		if (!existsSync(there)) return true;
		const isTheme = anchor?.startsWith('gh-') === true;
		return anchor !== undefined && !isTheme && !anchors(there).has(decodeURIComponent(anchor));
	});
}

describe.each(named(pages))('%s', (_, file) => {
	it('has no broken links and anchors', () => {
		expect(brokenLinks(file)).toEqual([]);
	});
});

describe('what troubleshooting quotes', () => {
	// Texts that go over several lines are joined, as they are when the program runs.
	const sources = ['nodes', 'protocol', 'openclaw-plugin/src']
		.flatMap((folder) => found(folder, '.ts'))
		.map((file) => read(file).replace(/['"`] \+\s+['"`]/g, ''));
	const quotes = (folder: string) =>
		Array.from(
			read(join(ROOT, folder, 'troubleshooting.md')).matchAll(/^> (.+)$/gm),
			([, quote = '']) => quote,
		);

	it.each(quotes('docs'))('%s', (quote) => {
		const parts = quote.split('…').filter((part) => part.trim().length > 3);
		expect(parts.filter((part) => !sources.some((text) => text.includes(part)))).toEqual([]);
	});

	it('is the same in Chinese', () => {
		expect(quotes('openclaw-plugin/docs/zh')).toEqual(quotes('docs'));
	});
});

describe('pictures', () => {
	it.each(named(found('docs/images', '.png')))('%s is not larger than 200 KB', (_, file) => {
		expect(readFileSync(file).length).toBeLessThanOrEqual(200 * 1024);
	});
});
