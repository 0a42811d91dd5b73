import type { IExecuteFunctions } from 'n8n-workflow';
import { hopsSoFar, isCausedByWakesOf } from '../../../nodes/shared/runSource';

/** What nodes have put out, by their names; the end-to-end tests show it in n8n. */
type Output = Readonly<Record<string, readonly unknown[]>>;

function contextAfter(output: Output, types: Readonly<Record<string, string>>): IExecuteFunctions {
	const proxy = {
		$: (name: string) => {
			const items = output[name];
			if (items === undefined) throw new Error(`Node '${name}' hasn't been executed`);
			return { all: () => items };
		},
	};
	const context = {
		getNode: () => ({ name: 'Inbound' }),
		getParentNodes: () => Object.entries(types).map(([name, type]) => ({ name, type })),
		getWorkflowDataProxy: () => proxy,
	};
	return context as unknown as IExecuteFunctions;
}

function hopsAfter(output: Output, types: Readonly<Record<string, string>>): number {
	return hopsSoFar(contextAfter(output, types));
}

const TRIGGER = { Trigger: 'n8n-nodes-openclaw-webhooks.openClawTrigger' };
const event = (hops: unknown) => ({ json: { data: { origin: { kind: 'inbound', hops } } } });

test.each([
	['none', [{ json: { data: {} } }], 0],
	['those of the event', [event(3)], 3],
	['the most of several events', [event(2), { json: {} }, event(5)], 5],
	['those of a simplified event', [{ json: { origin: { kind: 'inbound', hops: 4 } } }], 4],
	['none of what is no number', [event('7')], 0],
])('counts %s', (_name, items, hops) => {
	expect(hopsAfter({ Trigger: items }, TRIGGER)).toBe(hops);
});

test('asks the triggers that have run, and no other nodes', () => {
	const types = { ...TRIGGER, Other: TRIGGER.Trigger, Set: 'n8n-nodes-base.set' };
	expect(hopsAfter({ Other: [event(2)], Set: [event(6)] }, types)).toBe(2);
});

test('counts none where nothing of OpenClaw has started the workflow', () => {
	expect(hopsAfter({ Set: [event(6)] }, { Set: 'n8n-nodes-base.set' })).toBe(0);
});

const run = (agentId: string, trigger: string) => ({ json: { data: { agentId, trigger } } });

test.each([
	['the same agent', [run('main', 'heartbeat')], true],
	['the same agent, simplified', [{ json: { agentId: 'main', trigger: 'heartbeat' } }], true],
	['another agent', [run('ops', 'heartbeat')], false],
	['what a person has written', [run('main', 'user')], false],
	[
		'what a person has written, among others',
		[run('main', 'heartbeat'), run('main', 'user')],
		false,
	],
	['no event', [], false],
])('knows whether wakes have led to it: %s', (_name, items, expected) => {
	expect(isCausedByWakesOf(contextAfter({ Trigger: items }, TRIGGER), 'main')).toBe(expected);
});

test('takes wakes of any agent for those of the only one', () => {
	const context = contextAfter({ Trigger: [run('ops', 'heartbeat')] }, TRIGGER);
	expect(isCausedByWakesOf(context, '')).toBe(true);
});
