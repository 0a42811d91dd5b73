import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const DOCS = join(ROOT, 'docs');
/** References, which are in English only. */
const WITHOUT_TWIN = [
	'agent-tools.md',
	'approvals.md',
	'comparison.md',
	'compatibility.md',
	'deduplication.md',
	'delivery.md',
	'events.md',
	'human-review.md',
	'production.md',
	'protocol.md',
	'senders.md',
];

const read = (file: string) => readFileSync(file, 'utf8');
/** The files below a folder with an ending. */
const found = (folder: string, ending: string) =>
	readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith(ending))
		.map((name) => join(ROOT, folder, name));
const named = (files: readonly string[]) =>
	files.map((file) => [relative(ROOT, file), file] as const);

const pages = [
	...['README.md', 'examples/README.md', 'openclaw-plugin/README.md'].map((name) =>
		join(ROOT, name),
	),
	...found('docs', '.md'),
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

describe('languages', () => {
	const english = found('docs', '.md')
		.map((file) => relative(DOCS, file))
		.filter((name) => !name.startsWith('zh/') && !WITHOUT_TWIN.includes(name));

	it('has each page in Chinese, and none besides', () => {
		const chinese = found('docs/zh', '.md').map((file) => relative(join(DOCS, 'zh'), file));
		expect(chinese.sort()).toEqual([...english].sort());
	});

	it.each(english)('%s and its twin show the same pictures and link to each other', (name) => {
		const pair = [join(DOCS, name), join(DOCS, 'zh', name)] as const;
		const pictures = pair.map((file) =>
			Array.from(read(file).matchAll(/!\[[^\]]*\]\(([^)]+)\)/g), ([, path = '']) =>
				resolve(dirname(file), path),
			),
		);
		expect(pictures[1]).toEqual(pictures[0]);
		expect(read(pair[0])).toContain(`[中文](${relative(dirname(pair[0]), pair[1])})`);
		expect(read(pair[1])).toContain(`[English](${relative(dirname(pair[1]), pair[0])})`);
	});
});

describe('what troubleshooting quotes', () => {
	// Texts that go over several lines are joined, as they are when the program runs.
	const sources = ['nodes', 'protocol', 'openclaw-plugin/src']
		.flatMap((folder) => found(folder, '.ts'))
		.map((file) => read(file).replace(/['"`] \+\s+['"`]/g, ''));
	const quotes = (file: string) =>
		Array.from(read(join(DOCS, file)).matchAll(/^> (.+)$/gm), ([, quote = '']) => quote);

	it.each(quotes('troubleshooting.md'))('%s', (quote) => {
		const parts = quote.split('…').filter((part) => part.trim().length > 3);
		expect(parts.filter((part) => !sources.some((text) => text.includes(part)))).toEqual([]);
	});

	it('is the same in Chinese', () => {
		expect(quotes('zh/troubleshooting.md')).toEqual(quotes('troubleshooting.md'));
	});
});

describe('pictures', () => {
	it.each(named(found('docs/images', '.png')))('%s is not larger than 200 KB', (_, file) => {
		expect(readFileSync(file).length).toBeLessThanOrEqual(200 * 1024);
	});
});
