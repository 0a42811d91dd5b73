import { showBody, viewOf, viewOfSettings } from '../../../openclaw-plugin/src/endpoints/privacy';
import type { PrivacyConfig } from '../../../protocol/configPrivacy';

const EVENT = {
	id: 'evt_1',
	type: 'message.received',
	timestamp: '2026-03-14T10:30:00.000Z',
	instanceId: 'node-1',
	data: {
		sender: { id: '7', name: 'Ada' },
		message: {
			role: 'user',
			content: 'Hello',
			attachments: [
				{ index: 0, kind: 'image', fileName: 'a.png' },
				{ index: 1, kind: 'audio', fileName: 'b.ogg' },
			],
		},
		tool: { name: 'pay', params: { 'card number': '4111', amount: 12 } },
	},
};
const body = JSON.stringify(EVENT);
const shown = (...privacies: readonly (PrivacyConfig | undefined)[]) =>
	(JSON.parse(showBody(body, privacies.map(viewOf))) as typeof EVENT).data;

describe('one endpoint', () => {
	it('does not see what is left out', () => {
		const { sender, message } = shown({ omit: ['data.message.content', 'data.sender'] });
		expect(sender).toBeUndefined();
		expect(message).toEqual({ role: 'user', attachments: EVENT.data.message.attachments });
	});

	it('sees that something is there where it is replaced, whatever it was', () => {
		const { message, tool } = shown({
			redact: ['data.message', 'data.tool.params["card number"]', 'data.tool.params.no'],
		});
		expect(message).toBe('[redacted]');
		expect(tool.params).toEqual({ 'card number': '[redacted]', amount: 12 });
	});

	it('leaves entries of lists where they are, so that looking twice hides no other one', () => {
		const privacy = { omit: ['data.message.attachments[0]'] };
		const [first, second] = shown(privacy).message.attachments;
		expect([first, second?.fileName]).toEqual([null, 'b.ogg']);
		const once = showBody(body, [viewOf(privacy)]);
		expect(showBody(once, [viewOf(privacy)])).toBe(once);
	});

	it('takes * for each entry and any key', () => {
		const { message, tool } = shown({
			omit: ['data.message.attachments[*].fileName'],
			redact: ['data.tool.params.*'],
		});
		expect(message.attachments).toEqual([
			{ index: 0, kind: 'image' },
			{ index: 1, kind: 'audio' },
		]);
		expect(tool.params).toEqual({ 'card number': '[redacted]', amount: '[redacted]' });
		expect(shown({ omit: ['data.*'] })).toEqual({});
	});

	it('shows less where two paths disagree', () => {
		const path = 'data.message.content';
		expect(shown({ omit: [path], redact: [path] }).message).not.toHaveProperty('content');
		expect(shown({ omit: [path], redact: ['data.message'] }).message).toBe('[redacted]');
	});

	it('sees the very text where nothing is hidden', () => {
		expect(showBody(body, [viewOf({ dropBodiesAfterDelivery: true })])).toBe(body);
		expect(showBody(body, [viewOf(undefined)])).toBe(body);
	});

	it('sees nothing where its settings are damaged', () => {
		for (const settings of ['', '[]', '{"privacy":5}', '{"privacy":{"omit":["data.["]}}']) {
			expect(JSON.parse(showBody(body, [viewOfSettings(settings)]))).toMatchObject({ data: {} });
		}
	});
});

describe('several endpoints', () => {
	it('keep what at least one of them sees', () => {
		const content = { omit: ['data.message.content', 'data.sender.name'] };
		const message = { redact: ['data.message'] };
		const { sender, ...data } = shown(content, message);
		expect(sender).toEqual(EVENT.data.sender);
		expect(data.message).toEqual({ ...EVENT.data.message, content: '[redacted]' });
		expect(shown(content, undefined)).toEqual(EVENT.data);
		expect(shown({ omit: ['data.message.content'] }, { omit: ['data.message.role'] })).toEqual(
			EVENT.data,
		);
	});

	it('keep nothing of what all of them leave out', () => {
		const one = { omit: ['data.message.content', 'data.tool'] };
		const two = { omit: ['data.*.content', 'data.tool.params.*'] };
		const { message, tool } = shown(one, two);
		expect(message).not.toHaveProperty('content');
		expect(tool).toEqual({ name: 'pay', params: {} });
	});
});

it('keeps odd names of parameters', () => {
	const odd = '{"id":"1","data":{"tool":{"params":{"__proto__":{"a":1},"b":2}}}}';
	expect(showBody(odd, [viewOf({ omit: ['data.tool.params.b'] })])).toBe(
		'{"id":"1","data":{"tool":{"params":{"__proto__":{"a":1}}}}}',
	);
});
