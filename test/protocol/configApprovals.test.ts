import { checkConfig } from '../../protocol';
import { readWebhooks } from '../../protocol/configParts';

const RULE = { name: 'payments', tools: ['exec', 'pay_*'] };

function issuesOf(approvals: unknown): readonly string[] {
	const checked = checkConfig({ approvals });
	return checked.ok ? [] : checked.issues.map(({ message }) => message);
}

function partOf(rule: unknown) {
	return readWebhooks({ approvals: [rule] }).approvals[0];
}

it('is a list of rules, each with what it is about and for how long calls wait', () => {
	const whole = {
		...RULE,
		agentIds: ['finance'],
		when: {
			'params.amount': { over: 100, under: '9007199254740993' },
			'params.currency': 'EUR',
			'params.kind': { in: ['a', 'b'] },
			'params["to whom"][0]': { exists: true },
		},
		timeoutSeconds: 600,
	};
	const { approvals, issues } = readWebhooks({ approvals: [whole, { ...RULE, name: 'other' }] });
	expect(issues).toEqual([]);
	expect(approvals).toEqual([
		{
			ok: true,
			rule: {
				...whole,
				when: [
					{ path: 'params.amount', over: 100 },
					{ path: 'params.amount', under: '9007199254740993' },
					{ path: 'params.currency', in: ['EUR'] },
					{ path: 'params.kind', in: ['a', 'b'] },
					{ path: 'params["to whom"][0]', exists: true },
				],
			},
		},
		{ ok: true, rule: { ...RULE, name: 'other', timeoutSeconds: 300 } },
	]);
});

it.each<[unknown, readonly string[]]>([
	[{}, ["'approvals' must be a list"]],
	[['exec'], ["'approvals[0]' must be an object"]],
	[[{ tools: ['exec'] }], ["'approvals[0].name' is missing"]],
	[[{ name: 'a' }], ["'approvals[0].tools' is missing"]],
	[[{ name: 'a', tools: 'exec' }], ["'approvals[0].tools' must be a list"]],
	[[{ name: 'a', tools: [] }], ["'approvals[0].tools' must not be empty"]],
	[
		[{ name: 'a', tools: ['!'] }],
		[
			"'approvals[0].tools[0]' names nothing: write '!' before what is to be left out",
			"'approvals[0].tools' must not be empty",
		],
	],
	[
		[{ name: 'a', tool: ['exec'] }],
		[
			"'approvals[0].tool' is not a known key. Did you mean 'tools'?",
			"'approvals[0].tools' is missing",
		],
	],
	[[RULE, RULE], ["'approvals[1].name' is the name of another rule already"]],
	[
		[{ ...RULE, timeoutSeconds: 601 }],
		["'approvals[0].timeoutSeconds' must be a whole number from 5 to 600"],
	],
	[[{ ...RULE, when: [] }], ["'approvals[0].when' must be an object"]],
	[[{ ...RULE, when: {} }], ["'approvals[0].when' must have from 1 to 20 conditions"]],
	[
		[{ ...RULE, when: { amount: 5 } }],
		["'approvals[0].when.amount' stands under a key that must be a path such as 'params.amount'"],
	],
	[
		[{ ...RULE, when: { params: { exists: true } } }],
		["'approvals[0].when.params' stands under a key that must be a path such as 'params.amount'"],
	],
	[
		[{ ...RULE, when: { 'params.a': {} } }],
		[`'approvals[0].when["params.a"]' must have one of 'equals', 'in', 'exists', 'over', 'under'`],
	],
	[
		[{ ...RULE, when: { 'params.a': { more: 5 } } }],
		[
			`'approvals[0].when["params.a"].more' is not a known key. Possible here: equals, in, exists, over, under`,
			`'approvals[0].when["params.a"]' must have one of 'equals', 'in', 'exists', 'over', 'under'`,
		],
	],
	[
		[{ ...RULE, when: { 'params.a': null } }],
		[
			`'approvals[0].when["params.a"]' must be a text, a number, true or false. For nothing: 'exists: false'`,
		],
	],
	[
		[{ ...RULE, when: { 'params.a': { over: 'x' } } }],
		[
			`'approvals[0].when["params.a"].over' must be a number, as a text such as '9007199254740993' where it has many digits`,
		],
	],
])('tells what is wrong with %j', (approvals, messages) => {
	expect(issuesOf(approvals)).toEqual(messages);
});

it.each<[unknown, object]>([
	[
		{ ...RULE, timeoutSeconds: 1, agentIds: ['finance'] },
		{ name: 'payments', tools: ['exec', 'pay_*'], agentIds: ['finance'] },
	],
	[
		{ name: 'a', tool: ['exec'] },
		{ name: 'a', tools: ['exec'], agentIds: undefined },
	],
	[{ tools: ' exec ' }, { name: 'approvals[0]', tools: ['exec'] }],
	[{ name: 'a', tools: ['exec', 5] }, { tools: undefined }],
	[{ name: 'a', tools: ['exec', '!'] }, { tools: undefined }],
	[{ name: 'a', tols: 7 }, { tools: undefined }],
	[7, { name: 'approvals[0]', tools: undefined, agentIds: undefined }],
	[
		{ name: 'a', tools: ['exec'], agentIds: 7 },
		{ tools: ['exec'], agentIds: undefined },
	],
])('says of a rule with a fault which calls it seems to be about: %j', (rule, about) => {
	expect(partOf(rule)).toMatchObject({ ok: false, ...about });
});

it.each([
	[{ approvals: RULE }, RULE.tools],
	[{ approvals: 'exec' }, undefined],
	[{ approval: [RULE] }, RULE.tools],
	[{ aprovals: RULE }, RULE.tools],
	[{ aprovals: 'exec' }, undefined],
])('stops what was meant where there is no list of that name: %j', (config, tools) => {
	const { approvals, ownIssues } = readWebhooks(config);
	expect(approvals).toMatchObject([{ ok: false, tools, issues: [] }]);
	expect(ownIssues).toHaveLength(1);
});
