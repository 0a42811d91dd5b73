import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const PAGE = readFileSync('CONTRIBUTING.md', 'utf8');
/** The halves of the product: between them a walk goes over HTTP. */
const HALVES = ['nodes', 'openclaw-plugin/src'] as const;
/** Whoever follows one thing opens about so many places. */
const MOST_STEPS = 10;

/** One way through the code: its name, and the files of each step. */
type Walk = readonly [name: string, steps: readonly (readonly string[])[]];

function readWalks(page: string): readonly Walk[] {
	const [, section = ''] = /### Where to read\n([\s\S]*?)\n## /.exec(page) ?? [];
	return section
		.split(/^(?=One .*:$)/m)
		.slice(1)
		.map((part) => {
			const [name = '', ...lines] = part.split('\n');
			const steps = lines.filter((line) => /^\d+\. /.test(line)).map(filesOf);
			return [name, steps] as const;
		});
}

/** A name after another is in the same folder, or in one beside it. */
function filesOf(step: string): readonly string[] {
	const named = [...step.matchAll(/`([\w./-]+\.ts)`/g)].map(([, name = '']) => name);
	const [first = ''] = named;
	return named.map((name) => {
		for (let folder = dirname(first); folder !== '.'; folder = dirname(folder)) {
			if (existsSync(join(folder, name))) return join(folder, name);
		}
		return name;
	});
}

/** What each file of a half imports of it. */
function readImports(half: string): ReadonlyMap<string, ReadonlySet<string>> {
	const files = readdirSync(half, { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.ts'))
		.map((name) => join(half, name));
	return new Map(
		files.map((file) => {
			const imported = [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)];
			return [
				file,
				new Set(imported.map(([, path = '']) => `${normalize(join(dirname(file), path))}.ts`)),
			];
		}),
	);
}

const walks = readWalks(PAGE);
const halves = HALVES.map((half) => ({ half, imports: readImports(half) }));

it('CONTRIBUTING shows an event, a message, an approval and a question', () => {
	expect(walks.map(([name]) => name)).toEqual([
		expect.stringContaining('event'),
		expect.stringContaining('message'),
		expect.stringContaining('tool call'),
		expect.stringContaining('question'),
	]);
});

describe.each(walks)('%s', (_, steps) => {
	it('opens about ten places', () => {
		expect(steps.length).toBeGreaterThan(3);
		expect(steps.length).toBeLessThanOrEqual(MOST_STEPS);
	});

	it.each(steps.flat())('%s has to do with another file on the way', (file) => {
		expect(existsSync(file)).toBe(true);
		const own = halves.find(({ half }) => file.startsWith(half));
		if (own === undefined) throw new Error(`${file} is in neither half`);
		const { half, imports } = own;
		const others = steps.flat().filter((other) => other !== file && other.startsWith(half));
		const isLinked = (other: string) =>
			imports.get(file)?.has(other) === true ||
			imports.get(other)?.has(file) === true ||
			// Put together by a third one.
			[...imports.values()].some((imported) => imported.has(file) && imported.has(other));
		// The only one of its half is reached over HTTP.
		expect(others.length === 0 || others.some(isLinked)).toBe(true);
	});
});
