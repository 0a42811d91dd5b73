import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import {
	readConnectionSettings,
	readRouting,
	readSettings,
	readToleranceSeconds,
} from '../../../../nodes/OpenClawTrigger/event/settings';

/** Contexts over saved parameters in which every expression has the value `evaluated`. */
function contexts(saved: Readonly<Record<string, unknown>>, evaluated?: unknown) {
	const evaluatedNames: string[] = [];
	const read = (name: string, fallback: unknown, options?: { rawExpressions?: boolean }) => {
		if (options?.rawExpressions === true) return saved[name] ?? fallback;
		evaluatedNames.push(name);
		return evaluated;
	};
	const webhook = { getNodeParameter: read } as unknown as IWebhookFunctions;
	const execute = {
		getNodeParameter: (name: string, _index: number, fallback: unknown, options?: object) =>
			read(name, fallback, options),
	} as unknown as IExecuteFunctions;
	return { webhook, execute, evaluatedNames };
}

test('has n8n evaluate nothing where no parameter holds an expression', () => {
	const { webhook, execute, evaluatedNames } = contexts({
		events: ['message.sent'],
		outputMode: 'perEvent',
		filters: { agentIds: 'support' },
		options: { simplify: true, ignoreDuplicates: false },
	});
	expect(readSettings(webhook)).toMatchObject({
		events: ['message.sent'],
		simplify: true,
		ignoreDuplicates: false,
	});
	expect(readRouting(execute)).toEqual({
		events: ['message.sent'],
		outputMode: 'perEvent',
		ignoreDuplicates: false,
		includeAttachments: false,
		simplify: true,
	});
	expect(evaluatedNames).toEqual([]);
});

test.each([
	[{}, { order: 'parallel', maxParallel: 8, itemsPerExecution: 1, batchSeconds: 1, holdHours: 72 }],
	[
		{ order: 'session', maxParallel: '4' },
		{ order: 'session', maxParallel: 4 },
	],
	[
		{ order: 'sequential', maxParallel: 4 },
		{ order: 'sequential', maxParallel: 1 },
	],
	[
		{ maxParallel: 0, holdHours: 'x' },
		{ maxParallel: 8, holdHours: 72 },
	],
	[
		{ itemsPerExecution: 1e9, batchSeconds: 0 },
		{ itemsPerExecution: 100, batchSeconds: 0 },
	],
	[
		{ order: 'x', onCrash: 'x' },
		{ order: 'parallel', onCrash: 'runAgain' },
	],
	[
		{ onCrash: 'skip', onWorkflowError: 'retry' },
		{ onCrash: 'skip', onWorkflowError: 'retry' },
	],
])('reads the options of a connection from %j', (options, expected) => {
	expect(readConnectionSettings(contexts({ options }).webhook)).toMatchObject(expected);
});

test.each([
	['a value', { events: '={{ $vars.events }}' }],
	['a list', { events: ['message.sent', '={{ $vars.event }}'] }],
])('has n8n evaluate an expression in %s', (_where, saved) => {
	const { webhook, execute, evaluatedNames } = contexts(saved, 'session.created, session.ended');
	expect(readSettings(webhook).events).toEqual(['session.created', 'session.ended']);
	expect(readRouting(execute).events).toEqual(['session.created', 'session.ended']);
	expect(evaluatedNames).toEqual(['events', 'events']);
});

test('has n8n evaluate an expression deep in a collection', () => {
	const saved = { filters: { conditions: { values: [{ field: 'type', value: '={{ 1 }}' }] } } };
	const { webhook, evaluatedNames } = contexts(saved, { agentIds: 'support' });
	readSettings(webhook);
	expect(evaluatedNames).toEqual(['filters']);
});

test('evaluates nothing for the tolerance, which is read before the signature is checked', () => {
	const { webhook, evaluatedNames } = contexts({ options: { toleranceSeconds: '={{ 9e9 }}' } });
	expect(readToleranceSeconds(webhook)).toBe(300);
	expect(evaluatedNames).toEqual([]);
});
