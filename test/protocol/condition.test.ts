import { parseExactJsonBody } from '../../openclaw-plugin/src/http/body';
import type { Condition } from '../../protocol';
import { createConditions } from '../../protocol/condition';

function unmet(conditions: readonly Condition[], json: string, headers = {}): string | undefined {
	const body = parseExactJsonBody({}, Buffer.from(json));
	if (!body.ok) throw new Error(json);
	return createConditions(conditions)({ body: body.value, headers, query: { a: '1' } });
}

describe('a condition', () => {
	it.each<[string, Condition, string]>([
		['a text', { path: 'body.a', in: ['opened'] }, '{"a":"opened"}'],
		['one of several', { path: 'body.a', in: ['x', 'opened'] }, '{"a":"opened"}'],
		['an empty text', { path: 'body.a', in: [''] }, '{"a":""}'],
		['a number', { path: 'body.a', in: [5] }, '{"a":5}'],
		['a number with other digits', { path: 'body.a', in: [5] }, '{"a":5.0}'],
		[
			'a large number',
			{ path: 'body.a', in: ['8202522731445525542'] },
			'{"a":8202522731445525542}',
		],
		['a number as text', { path: 'body.a', in: ['5'] }, '{"a":5}'],
		['a boolean', { path: 'body.a', in: [true] }, '{"a":true}'],
		['the query', { path: 'query.a', in: [1] }, '{}'],
		['something that is there', { path: 'body.a', exists: true }, '{"a":false}'],
		['nothing there', { path: 'body.a', exists: false }, '{"b":1}'],
		['null as nothing', { path: 'body.a', exists: false }, '{"a":null}'],
		['a greater number', { path: 'body.a', over: 100 }, '{"a":100.5}'],
		['a greater number as text', { path: 'body.a', over: 100 }, '{"a":" 1e3 "}'],
		[
			'a number that is greater in its last digit',
			{ path: 'body.a', over: '9007199254740992' },
			'{"a":9007199254740993}',
		],
		['a lesser number', { path: 'body.a', under: 0 }, '{"a":-1}'],
		['a place in a list', { path: 'body.a[1].b', in: ['x'] }, '{"a":[0,{"b":"x"}]}'],
	])('is met by %s', (_, condition, json) => {
		expect(unmet([condition], json)).toBeUndefined();
	});

	it.each<[Condition, string, string]>([
		[{ path: 'body.a', in: ['opened'] }, '{"a":"closed"}', "'body.a' is not 'opened'"],
		[{ path: 'body.a', in: ['opened'] }, '{"a":"Opened"}', "'body.a' is not 'opened'"],
		[{ path: 'body.a', in: ['opened'] }, '{}', "'body.a' is not 'opened'"],
		[{ path: 'body.a', in: [0] }, '{"a":""}', "'body.a' is not '0'"],
		[{ path: 'body.a', in: [''] }, '{"a":null}', "'body.a' is not ''"],
		[{ path: 'body.a', in: [1, 'b'] }, '{"a":2}', "'body.a' is none of '1', 'b'"],
		[
			{ path: 'body.a', in: [1, 2, 3, 4, 5, 6] },
			'{"a":7}',
			"'body.a' is none of '1', '2', '3', '4', '5', …",
		],
		[{ path: 'body.a', exists: true }, '[]', "'body.a' is missing"],
		[{ path: 'body.a', exists: false }, '{"a":0}', "'body.a' is there"],
		[{ path: 'body.a', over: 100 }, '{"a":100}', "'body.a' is not over 100"],
		[{ path: 'body.a', over: 100 }, '{"a":"many"}', "'body.a' is not over 100"],
		[{ path: 'body.a', under: 5 }, '{"a":5}', "'body.a' is not under 5"],
		[{ path: 'body.a', under: 5 }, '{}', "'body.a' is not under 5"],
		[{ path: 'body.toString', exists: true }, '{}', "'body.toString' is missing"],
	])('%j is not met by %s', (condition, json, reason) => {
		expect(unmet([condition], json)).toBe(reason);
	});

	it('of several is told when it is the first that is not met', () => {
		const conditions: readonly Condition[] = [
			{ path: 'headers.x-github-event', in: ['issues'] },
			{ path: 'body.action', in: ['opened'] },
		];
		const headers = { 'x-github-event': 'issues' };
		expect(unmet(conditions, '{"action":"opened"}', headers)).toBeUndefined();
		expect(unmet(conditions, '{"action":"closed"}', headers)).toBe("'body.action' is not 'opened'");
		expect(unmet(conditions, '{"action":"opened"}')).toContain("'headers.x-github-event'");
	});

	it.each([{}, { a: 'many' }, { a: [200] }, { a: 'x'.repeat(300_000) }])(
		'stops what it cannot compare where it is to stop something',
		(params) => {
			const findUnmet = createConditions([{ path: 'params.a', over: 100 }], 'met');
			expect(findUnmet({ params })).toBeUndefined();
			expect(findUnmet({ params: { a: 5 } })).toBe("'params.a' is not over 100");
		},
	);

	it('takes what is too long to be looked at for there where it is to stop something', () => {
		const conditions = [{ path: 'params.a', exists: true }];
		const params = { a: 'x'.repeat(300_000) };
		expect(createConditions(conditions, 'met')({ params })).toBeUndefined();
		expect(createConditions(conditions)({ params })).toBe("'params.a' is missing");
	});

	it('whose path cannot be read is unclear, whatever comes', () => {
		const conditions = [{ path: 'body..a', exists: true }];
		expect(createConditions(conditions)({ body: { a: 1 } })).toBe("'body..a' is missing");
		expect(createConditions(conditions, 'met')({ body: {} })).toBeUndefined();
	});
});
