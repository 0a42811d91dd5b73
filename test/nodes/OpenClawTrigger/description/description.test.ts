import { Workflow, type INodeParameters, type INodeTypes } from 'n8n-workflow';
import {
	nodeParametersAreStatic,
	resolveWebhookDescriptionField,
	webhookDescriptionIsNativelyResolvable,
} from 'n8n-workflow';
import type * as currentDescription from '../../../../nodes/OpenClawTrigger/description/properties';
import { EVENT_OPTIONS } from '../../../../nodes/OpenClawTrigger/description/events';
import {
	listOutputs,
	OUTPUTS_EXPRESSION,
	outputIndex,
} from '../../../../nodes/OpenClawTrigger/event/outputs';
import { OpenClawTrigger } from '../../../../nodes/OpenClawTrigger/OpenClawTrigger.node';
import { EVENT_TYPES, KNOWN_EVENT_TYPES } from '../../../../protocol';

const nodeType = new OpenClawTrigger();
const { description } = nodeType;

function open(parameters: INodeParameters) {
	const workflow = new Workflow({
		nodes: [
			{
				id: 'node-1',
				webhookId: '12345678-9abc-4def-8123-456789abcdef',
				name: 'Trigger',
				type: 'trigger',
				typeVersion: 1.1,
				position: [0, 0],
				parameters,
			},
		],
		connections: {},
		active: false,
		nodeTypes: { getByNameAndVersion: () => nodeType } as unknown as INodeTypes,
	});
	const node = workflow.getNode('Trigger');
	if (!node) throw new Error('There is no node');
	const evaluate = (expression: string) =>
		workflow.expression.getSimpleParameterValue(node, expression, 'internal', {}) as unknown;
	return { node, evaluate };
}

describe('the webhook', () => {
	const [webhook] = description.webhooks ?? [];
	if (!webhook) throw new Error('There is no webhook');

	test('needs no expression engine', () => {
		expect(webhookDescriptionIsNativelyResolvable(webhook)).toBe(true);
		expect(nodeParametersAreStatic(open({}).node)).toBe(true);
	});

	test('needs none for filters that are chosen from lists', () => {
		const filters = { agentIds: 'sales-*', agentList: ['main'], channelList: ['telegram'] };
		expect(nodeParametersAreStatic(open({ filters }).node)).toBe(true);
	});

	test('adds new nodes as 1.1, since n8n evaluates an expression per request for 1', () => {
		expect(description.version).toEqual([1, 1.1]);
		expect(description.defaultVersion).toBe(1.1);
	});

	test.each([
		[{}, 'onReceived'],
		[{ endpointSetup: 'manual', options: { respond: 'lastNode' } }, 'lastNode'],
	])('answers with %j as %s, with and without the engine', (parameters, responseMode) => {
		const { node, evaluate } = open(parameters);
		expect(resolveWebhookDescriptionField(node, webhook, 'responseMode')).toEqual({
			resolved: true,
			value: responseMode,
		});
		expect(evaluate(String(webhook.responseMode))).toBe(responseMode);
	});

	test('works in an n8n that cannot do without the engine', () => {
		jest.isolateModules(() => {
			jest.doMock('n8n-workflow', () => ({
				...jest.requireActual<object>('n8n-workflow'),
				webhookDescriptionFields: undefined,
			}));
			const older = jest.requireActual<typeof currentDescription>(
				'../../../../nodes/OpenClawTrigger/description/properties',
			);
			const { node, evaluate } = open({ endpointSetup: 'manual' });
			for (const field of ['httpMethod', 'responseMode', 'ndvHideUrl'] as const) {
				expect(evaluate(String(older.WEBHOOK[field]))).toEqual(
					resolveWebhookDescriptionField(node, webhook, field).resolved &&
						evaluate(String(webhook[field])),
				);
			}
		});
		jest.dontMock('n8n-workflow');
	});
});

describe('the way in which events come', () => {
	const [webhook] = description.webhooks ?? [];
	if (!webhook) throw new Error('There is no webhook');

	test.each([
		[{}, '', true],
		[{ endpointSetup: 'connection' }, '', true],
		[{ endpointSetup: 'automatic' }, 'POST', false],
		[{ endpointSetup: 'manual' }, 'POST', false],
	])('of %j registers a webhook by %j and hides its URL: %p', (parameters, method, isHidden) => {
		const { node, evaluate } = open(parameters);
		for (const [field, value] of [
			['httpMethod', method],
			['ndvHideUrl', isHidden],
		] as const) {
			expect(resolveWebhookDescriptionField(node, webhook, field)).toEqual({
				resolved: true,
				value,
			});
			expect(evaluate(String(webhook[field]))).toBe(value);
		}
	});
});

describe('the outputs', () => {
	const drawn = (parameters: INodeParameters) => open(parameters).evaluate(OUTPUTS_EXPRESSION);

	test('are one, unless there is one per event', () => {
		expect(drawn({ events: ['*'] })).toEqual(['main']);
		expect(drawn({ events: [], outputMode: 'perEvent' })).toEqual(['main']);
	});

	test('are those of a text from an expression as they are of a list', () => {
		const events = '={{ "message.sent, tool.called" }}';
		expect(drawn({ events, outputMode: 'perEvent' })).toEqual([
			{ type: 'main', displayName: 'Message Sent' },
			{ type: 'main', displayName: 'Tool Called' },
		]);
	});

	test('are named after the events in the order they were chosen', () => {
		const events = ['tool.called', 'message.sent', 'tool.called', 'memory.updated'];
		expect(drawn({ events, outputMode: 'perEvent' })).toEqual([
			{ type: 'main', displayName: 'Tool Called' },
			{ type: 'main', displayName: 'Message Sent' },
			{ type: 'main', displayName: 'memory.updated' },
		]);
	});

	test('are all of them and one for the others with All Events', () => {
		const all = drawn({ events: ['tool.called', '*'], outputMode: 'perEvent' });
		expect(all).toHaveLength(EVENT_TYPES.length + 1);
		expect(all).toContainEqual({ type: 'main', displayName: 'Other Events' });
	});

	test.each([[['*']], [['tool.called', 'message.sent', 'tool.called']], [[...EVENT_TYPES]]])(
		'are drawn as events leave by them: %j',
		(events) => {
			const outputs = drawn({ events, outputMode: 'perEvent' }) as { displayName: string }[];
			expect(outputs).toHaveLength(listOutputs(events).length);
			for (const { name, value } of EVENT_OPTIONS.filter(
				({ value }) => events.includes(String(value)) && value !== '*',
			)) {
				expect(outputs[outputIndex('perEvent', events, String(value))]?.displayName).toBe(name);
			}
		},
	);

	test('take an unknown event by the last one, and all by the only one', () => {
		expect(outputIndex('perEvent', ['*'], 'memory.updated')).toBe(EVENT_TYPES.length);
		expect(outputIndex('perEvent', [], 'message.sent')).toBe(0);
		expect(outputIndex('single', ['*'], 'tool.called')).toBe(0);
	});
});

it("offers every type of the protocol in 'Trigger On', in alphabetical order", () => {
	const values = EVENT_OPTIONS.map(({ value }) => value);
	expect([...values].sort()).toEqual(['*', ...KNOWN_EVENT_TYPES].sort());
	const names = EVENT_OPTIONS.map(({ name }) => name);
	expect(names).toEqual([...names].sort());
});
