import { checkConfig } from '../../protocol';

const PLACE = 'inbound.endpoints.a.when';

function read(when: unknown): { readonly when: unknown; readonly issues: readonly string[] } {
	const checked = checkConfig({
		inbound: { endpoints: { a: { agentId: 'main', template: '{{body.a}}', when } } },
	});
	if (!checked.ok) return { when: undefined, issues: checked.issues.map(({ message }) => message) };
	return { when: checked.config.inbound?.endpoints.a?.when, issues: [] };
}

describe("an inbound endpoint's when", () => {
	it.each<[unknown, unknown]>([
		[{ path: 'body.a', equals: 'x' }, [{ path: 'body.a', in: ['x'] }]],
		[{ path: 'body.a', equals: false }, [{ path: 'body.a', in: [false] }]],
		[{ path: 'body.a', equals: '' }, [{ path: 'body.a', in: [''] }]],
		[{ path: 'body["a b"][0]', in: ['x', 1] }, [{ path: 'body["a b"][0]', in: ['x', 1] }]],
		[{ path: 'query.a', exists: false }, [{ path: 'query.a', exists: false }]],
		[{ path: 'body.a', over: 100 }, [{ path: 'body.a', over: 100 }]],
		[
			{ path: 'body.a', under: '9007199254740993' },
			[{ path: 'body.a', under: '9007199254740993' }],
		],
		[
			[
				{ path: 'headers.x-github-event', equals: 'issues' },
				{ path: 'body.a', exists: true },
			],
			[
				{ path: 'headers.x-github-event', in: ['issues'] },
				{ path: 'body.a', exists: true },
			],
		],
	])('can be %j', (when, expected) => {
		expect(read(when)).toEqual({ when: expected, issues: [] });
	});

	const scalar = "must be a text, a number, true or false. For nothing: 'exists: false'";
	const one = "must have one of 'equals', 'in', 'exists', 'over', 'under'";
	const bound = "must be a number, as a text such as '9007199254740993' where it has many digits";
	it.each<[unknown, readonly string[]]>([
		['body.a', [`'${PLACE}' must be an object`]],
		[[], [`'${PLACE}' must have from 1 to 20 conditions`]],
		[
			Array(21).fill({ path: 'body.a', exists: true }),
			[`'${PLACE}' must have from 1 to 20 conditions`],
		],
		[{ path: 'body.a' }, [`'${PLACE}' ${one}`]],
		[{ path: 'body.a', equals: 1, exists: true }, [`'${PLACE}' ${one}`]],
		[{ equals: 1 }, [`'${PLACE}.path' is missing`]],
		[{ exists: true }, [`'${PLACE}.path' is missing`]],
		[{ path: 'data.a', equals: 1 }, [`'${PLACE}.path' must be a path such as 'body.title'`]],
		[
			{ path: 'body.a}}{{body.b', equals: 1 },
			[`'${PLACE}.path' must be a path such as 'body.title'`],
		],
		[
			{ path: 'headers.X-GitHub-Event', equals: 1 },
			[`'${PLACE}.path' must have the header's name in small letters: 'headers.x-github-event'`],
		],
		[{ path: 'body.a', equals: null }, [`'${PLACE}.equals' ${scalar}`]],
		[{ path: 'body.a', equals: Infinity }, [`'${PLACE}.equals' ${scalar}`]],
		[{ path: 'body.a', over: 'many' }, [`'${PLACE}.over' ${bound}`]],
		[{ path: 'body.a', under: true }, [`'${PLACE}.under' ${bound}`]],
		[{ path: 'body.a', exists: 1 }, [`'${PLACE}.exists' must be true or false`]],
		[
			{ path: 'body.a', in: [{}] },
			[`'${PLACE}.in[0]' ${scalar}`, `'${PLACE}.in' must have from 1 to 500 values`],
		],
		[{ path: 'body.a', in: 'x' }, [`'${PLACE}.in' must be a list`]],
		[{ path: 'body.a', in: [] }, [`'${PLACE}.in' must have from 1 to 500 values`]],
		[{ path: 'body.a', exists: 'yes' }, [`'${PLACE}.exists' must be true or false`]],
		[
			{ path: 'body.a', equal: 1, exists: true },
			[`'${PLACE}.equal' is not a known key. Did you mean 'equals'?`],
		],
		[
			[{ path: 'body.a', equals: 1 }, { path: 'x' }],
			[`'${PLACE}[1].path' must be a path such as 'body.title'`, `'${PLACE}[1]' ${one}`],
		],
	])('cannot be %j', (when, issues) => {
		expect(read(when).issues).toEqual(issues);
	});
});
