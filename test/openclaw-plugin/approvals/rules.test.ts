import { compileRules } from '../../../openclaw-plugin/src/approvals/rules';
import { readSettings } from '../../../openclaw-plugin/src/settings/settings';

/** Name of the rule that holds; undefined where none does. */
function find(rule: object, tool: string, params: unknown = {}, agentId?: string) {
	const { approvals } = readSettings({ approvals: [{ name: 'rule', ...rule }] });
	const verdict = compileRules(approvals)?.({ tool, agentId, params });
	return verdict?.kind;
}

it('is nothing where there are no rules', () => {
	expect(compileRules([])).toBeUndefined();
});

it.each([
	[['exec'], 'exec', 'ask'],
	[['exec'], 'Exec', 'ask'],
	[['Exec'], 'exec', 'ask'],
	[['bash'], 'exec', 'ask'],
	[['exec'], 'read', undefined],
	[['pay_*'], 'pay_invoice', 'ask'],
	[['*', '!read'], 'write', 'ask'],
	[['*', '!read'], 'read', undefined],
	[['!read'], 'write', 'ask'],
	[['*'], 'tool_call', undefined],
	[['tool_call'], 'tool_call', 'ask'],
])('of %j covers %s: %s', (tools, tool, verdict) => {
	expect(find({ tools }, tool)).toBe(verdict);
});

it.each([
	[['finance'], 'finance', 'ask'],
	[['Finance'], 'finance', 'ask'],
	[['finance'], 'support', undefined],
	[['!support'], 'finance', 'ask'],
	[['finance'], undefined, 'ask'],
])('for agents %j covers calls of %s: %s', (agentIds, agentId, verdict) => {
	expect(find({ tools: ['exec'], agentIds }, 'exec', {}, agentId)).toBe(verdict);
});

it.each([
	[{ amount: 101 }, 'ask'],
	[{ amount: '101' }, 'ask'],
	[{ amount: 100 }, undefined],
	[{ amount: 'a lot' }, 'ask'],
	[{}, 'ask'],
	[undefined, 'ask'],
])('with a condition covers %j: %s', (params, verdict) => {
	const rule = { tools: ['pay'], when: { 'params.amount': { over: 100 } } };
	expect(find(rule, 'pay', params)).toBe(verdict);
});

it('holds where it is the first that fits, after those that have a fault', () => {
	const { approvals } = readSettings({
		approvals: [
			{ name: 'large', tools: ['pay'], when: { 'params.amount': { over: 100 } } },
			{ name: 'all', tools: ['pay', 'exec'] },
			{ name: 'broken', tools: ['exec'], timeoutSeconds: 0 },
		],
	});
	const findRule = compileRules(approvals);
	const nameOf = (tool: string, amount: number) => {
		const verdict = findRule?.({ tool, agentId: 'main', params: { amount } });
		return verdict?.kind === 'ask' ? verdict.rule.name : verdict;
	};
	expect(nameOf('pay', 200)).toBe('large');
	expect(nameOf('pay', 5)).toBe('all');
	expect(nameOf('exec', 5)).toEqual({ kind: 'deny', rule: 'broken' });
});

it('denies everything where a rule does not say which tools it is about', () => {
	expect(find({ tools: 7 }, 'anything')).toBe('deny');
});
