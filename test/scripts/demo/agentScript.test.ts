import { replyTo } from '../../../scripts/demo/agentScript';
import { readExample } from '../../../testbed/exampleWorkflow';
import { INBOUND_TYPE } from '../../../testbed/n8n/openclawNodes';

/** The message of the example with its fields filled in. */
function ticketMessage(ticketId: string, status: string): string {
	const { nodes } = readExample('ticket-round-trip');
	const template = String(nodes.find(({ type }) => type === INBOUND_TYPE)?.parameters.template);
	return template.replace('{{body.ticketId}}', ticketId).replace('{{body.status}}', status);
}

describe('an agent of the demo', () => {
	it('tells number and status of a ticket, from the message of the example', () => {
		expect(replyTo(ticketMessage('T-1001', 'solved'))).toBe(
			'News about your ticket #T-1001: solved 🎫',
		);
	});

	it('answers in Chinese where it is written to in Chinese', () => {
		expect(replyTo(ticketMessage('T-1001', '已解决 ✅'))).toBe(
			'您的工单 #T-1001 有新进展：已解决 ✅ 🎫',
		);
		expect(replyTo('工单 #7 状态已更新为：done')).toContain('#7');
		expect(replyTo('你好！')).toMatch(/^收到/);
	});

	it('says something to everything else', () => {
		expect(replyTo('Hello')).toMatch(/^Got it/);
	});
});
