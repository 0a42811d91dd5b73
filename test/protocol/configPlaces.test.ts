import { parseConfig } from '../../protocol';

function places(text: string): readonly string[] {
	const result = parseConfig(text);
	if (result.ok) return [];
	return result.issues.map(({ path, line, column }) => `${path} ${String(line)}:${String(column)}`);
}

describe('the line of an issue', () => {
	it('is the one of a syntax mistake', () => {
		const result = parseConfig('{\n  endpoints: [\n    { name: "a" b },\n  ],\n}');
		expect(result).toEqual({
			ok: false,
			issues: [
				{
					path: '',
					message: "The configuration cannot be read as JSON5: invalid character 'b'",
					line: 3,
					column: 17,
				},
			],
		});
		expect(places('')).toEqual([' 1:1']);
	});

	it('is the one of the key, not of the same word elsewhere', () => {
		expect(
			places(`{
  // url: url
  endpoints: [
    { name: "url", url: "https://a", events: ["*"] },
    { name: "url: 2", "url": "url:", events: ["*"] }, /* url: 'x' */
    { name: "url 3", 'url' : "https://c", events: ["*"], my_url: 1 },
  ],
}`),
		).toEqual(['endpoints[1].url 5:24', 'endpoints[2].my_url 6:58']);
	});

	it('is the one of the later key where a key is there twice', () => {
		expect(places('{\n inbound: {\n  basePath: "/a",\n  basePath: "a",\n }\n}')).toEqual([
			'inbound.basePath 4:3',
		]);
	});

	it('is the one of the inner key where an outer one has the same name', () => {
		expect(places('{\n inbound: {\n  endpoints: {\n   endpoints: 1,\n  },\n }\n}')).toEqual([
			'inbound.endpoints.endpoints 4:4',
		]);
	});

	it('is the one of a key before a comment', () => {
		expect(places('{ inbound: {\n  basePath // here\n  : "a" } }')).toEqual([
			'inbound.basePath 2:3',
		]);
	});

	it('is where the object begins when a key is missing', () => {
		expect(places('{endpoints: [\n  { name: "a",\n    events: ["*"] },\n]}')).toEqual([
			'endpoints[0].url 2:5',
		]);
	});

	it('is the one of the list when an entry has no keys', () => {
		expect(places('{\n  endpoints: [\n {},\n 7, ]}')).toEqual([
			'endpoints[0].name 2:3',
			'endpoints[0].url 2:3',
			'endpoints[0].events 2:3',
			'endpoints[1] 2:3',
		]);
	});

	it('stays open where the key is written with escapes', () => {
		expect(places('{"inb\\u006fund": []}')).toEqual(['inbound undefined:undefined']);
	});

	it('is the one of the nearest key where the name cannot be found', () => {
		expect(places('{\n"inbound": {\n "base\\u0050ath": "x"}}')).toEqual(['inbound.basePath 2:2']);
		expect(places('{inbound: {endpoints: {"": 1}}}')).toEqual(['inbound.endpoints[""] 1:25']);
	});

	it('stays open for the file as a whole', () => {
		expect(places('[]')).toEqual([' undefined:undefined']);
	});

	it('is not searched in long texts', () => {
		const comment = `/*${'x'.repeat(262_144)}*/`;
		expect(places(`${comment}{inbound: []}`)).toEqual(['inbound undefined:undefined']);
	});

	it('is searched with a limited effort', () => {
		const entries = Array.from({ length: 2000 }, () => '{url: 1}').join();
		const found = places(`{endpoints: [${entries}]}`).filter(
			(place) => !place.endsWith('undefined'),
		);
		expect(found.length).toBeGreaterThan(0);
		expect(found.length).toBeLessThan(2000);
	});
});

describe('parseConfig', () => {
	it.each([undefined, null, 7, {}, []])('refuses %j, which is no text', (value) => {
		expect(parseConfig(value as string)).toEqual({
			ok: false,
			issues: [{ path: '', message: 'The configuration must be a text' }],
		});
	});

	it('refuses texts beyond a million characters', () => {
		expect(parseConfig(' '.repeat(1_048_577))).toMatchObject({
			ok: false,
			issues: [{ message: 'The configuration has more than 1048576 characters' }],
		});
	});
});
