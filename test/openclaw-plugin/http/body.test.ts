import fc from 'fast-check';
import {
	findJsonFault,
	isForm,
	parseFormBody,
	parseJsonBody,
} from '../../../openclaw-plugin/src/http/body';

const parse = (text: string, type?: string) =>
	parseJsonBody(type === undefined ? {} : { 'content-type': type }, Buffer.from(text));

function messageOf(text: string): string {
	const parsed = parse(text);
	return parsed.ok ? '' : parsed.refusal.message;
}

describe('parseJsonBody', () => {
	it.each([
		undefined,
		'application/json',
		'Application/JSON; charset=utf-8',
		'application/json;charset="UTF8"',
		'application/vnd.github+json',
	])('takes JSON of the type %s', (type) => {
		expect(parse('{"a":[1]}', type)).toEqual({ ok: true, value: { a: [1] } });
	});

	it.each([
		'text/plain',
		'application/x-www-form-urlencoded',
		'application/jsonp',
		'application/json; charset=latin1',
		'multipart/form-data; boundary=x',
	])('refuses the type %s with 415', (type) => {
		expect(parse('{}', type)).toMatchObject({ ok: false, refusal: { status: 415 } });
	});

	it.each(['[]', '"text"', '0', 'null', ' {"__proto__":1}\n'])('takes any value: %s', (text) => {
		expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
	});

	it.each([
		['{"a": }', 'line 1, column 7'],
		['{\n\t"a": 1,\n\t"b": 2,\n}', 'line 4, column 1'],
		["{'a': 1}", 'line 1, column 2'],
		['{"a": 1} x', 'line 1, column 10'],
		['{"a": 01}', 'line 1, column 7'],
		['{"a": "line\nbreak"}', 'line 1, column 7'],
		['[1, [2, {"a": tru}]]', 'line 1, column 15'],
		['{"a": [1, 2}', 'line 1, column 12'],
		['{"a" 1}', 'line 1, column 6'],
		['{"a": [1', 'it ends too early, at line 1, column 9'],
		['  ', 'it ends too early, at line 1, column 3'],
	])('says where %j is broken', (text, place) => {
		expect(messageOf(text)).toContain(place);
	});

	it('refuses an empty body and broken UTF-8 in other words', () => {
		expect(messageOf('')).toContain('The body is empty');
		const bytes = Buffer.from([0x22, 0xff, 0x22]);
		expect(parseJsonBody({}, bytes)).toMatchObject({
			ok: false,
			refusal: { status: 400, message: 'The body is not valid UTF-8' },
		});
	});

	it('survives a body that is nested as deep as a body can be', () => {
		const depth = 131_072;
		expect(parse('['.repeat(depth) + ']'.repeat(depth)).ok).toBe(true);
		expect(messageOf('['.repeat(depth))).toContain(`column ${String(depth + 1)}`);
	});
});

describe('findJsonFault', () => {
	it('finds a fault exactly where JSON.parse finds one', () => {
		fc.assert(
			fc.property(
				fc.json(),
				fc.nat(),
				fc.constantFrom('', ',', '"', '}', 'x', '0'),
				(json, at, cut) => {
					const offset = at % (json.length + 1);
					const text = json.slice(0, offset) + cut + json.slice(offset + (cut === '' ? 1 : 0));
					let isValid = true;
					try {
						JSON.parse(text);
					} catch {
						isValid = false;
					}
					expect(findJsonFault(text) === undefined).toBe(isValid);
				},
			),
			{ numRuns: 2000 },
		);
	});
});

const parseForm = (text: string) => parseFormBody(Buffer.from(text));
const codeOfForm = (text: string | Buffer) => {
	const parsed = parseFormBody(Buffer.from(text));
	return parsed.ok ? 'ok' : parsed.refusal.code;
};

it.each([
	['application/x-www-form-urlencoded', true],
	['Application/X-WWW-Form-Urlencoded; charset=UTF-8', true],
	['application/x-www-form-urlencoded;charset="utf8"', true],
	['application/x-www-form-urlencoded;', true],
	['application/x-www-form-urlencoded; charset=latin1', false],
	['application/x-www-form-urlencoded; boundary=x', false],
	['multipart/form-data', false],
	['application/json', false],
	[undefined, false],
])('a body of the type %p is a form: %p', (type, expected) => {
	expect(isForm(type)).toBe(expected);
});

describe('a form', () => {
	it.each([
		[
			'command=%2Fdeploy&text=now+or+never&empty=',
			{ command: '/deploy', text: 'now or never', empty: '' },
		],
		['a=1&b=2&a=3&a=4', { a: ['1', '3', '4'], b: '2' }],
		['a=b=c&d', { a: 'b=c', d: '' }],
		['%E5%B7%A5%E5%8D%95=%F0%9F%9A%9A&plain=工单', { 工单: '🚚', plain: '工单' }],
		['rest=100%&odd=%zz&plus=%2B', { rest: '100%', odd: '%zz', plus: '+' }],
		['&&a=1&', { a: '1' }],
	])('%s becomes its fields', (text, expected) => {
		expect(parseForm(text)).toEqual({ ok: true, value: expected });
	});

	it('has no field that is more than a field', () => {
		const parsed = parseForm('__proto__=x&constructor=y&toString=z');
		if (!parsed.ok) throw new Error(parsed.refusal.code);
		expect(Object.entries(parsed.value as object)).toEqual([
			['__proto__', 'x'],
			['constructor', 'y'],
			['toString', 'z'],
		]);
		expect(({} as Record<string, unknown>).x).toBeUndefined();
	});

	it('of a payload alone is the JSON in it, numbers with all their digits', () => {
		const json = '{"id":8202522731445525542,"a":"b+c & d"}';
		const parsed = parseForm(`payload=${encodeURIComponent(json)}`);
		expect(parsed.ok && JSON.stringify(parsed.value)).toBe(json);
		expect(parseForm('payload=hello')).toEqual({ ok: true, value: { payload: 'hello' } });
		expect(parseForm('payload=%7B%7D&b=1')).toEqual({ ok: true, value: { payload: '{}', b: '1' } });
	});

	it.each([
		['', 'invalid-form'],
		['&', 'invalid-form'],
		['a=%FF', 'invalid-form'],
		['%C3=a', 'invalid-form'],
		[Buffer.from([0x61, 0x3d, 0xff]), 'invalid-form'],
		['payload=%7B%22a%22%3A', 'invalid-json'],
		['a=1&'.repeat(1001), 'invalid-form'],
	])('%p is refused', (text, code) => {
		expect(codeOfForm(text)).toBe(code);
	});
});
