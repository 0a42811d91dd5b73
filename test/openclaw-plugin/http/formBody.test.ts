import { isForm, parseFormBody } from '../../../openclaw-plugin/src/http/formBody';

const parse = (text: string) => parseFormBody(Buffer.from(text));
const codeOf = (text: string | Buffer) => {
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
		expect(parse(text)).toEqual({ ok: true, value: expected });
	});

	it('has no field that is more than a field', () => {
		const parsed = parse('__proto__=x&constructor=y&toString=z');
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
		const parsed = parse(`payload=${encodeURIComponent(json)}`);
		expect(parsed.ok && JSON.stringify(parsed.value)).toBe(json);
		expect(parse('payload=hello')).toEqual({ ok: true, value: { payload: 'hello' } });
		expect(parse('payload=%7B%7D&b=1')).toEqual({ ok: true, value: { payload: '{}', b: '1' } });
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
		expect(codeOf(text)).toBe(code);
	});
});
