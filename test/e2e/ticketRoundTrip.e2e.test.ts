import { capturedEvent } from '../../testbed/capturedEvents';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import type { RawAnswer } from '../../testbed/sendEvent';
import { reportUpdate, ticketWebhook, type TicketUpdate } from '../../testbed/ticketSystem';
import {
	OUTSIDE_HEADER,
	publishExample,
	type PublishedExample,
} from '../examples/publishedExample';
import { environment } from './support/environment';

const { n8n, gatewayUrl } = environment();
const person = { agentId: 'support-bot', userId: 'user_12345' };

let outside: HttpSink;
let example: PublishedExample | undefined;

beforeAll(async () => {
	outside = await startHttpSink();
});

afterEach(async () => {
	await example?.remove();
	example = undefined;
	outside.clear();
});

afterAll(async () => {
	await outside.stop();
});

async function publish(gateway: string): Promise<PublishedExample> {
	const systems = { gatewayUrl: gateway, outside };
	return (example = await publishExample(n8n, 'ticket-round-trip', systems));
}

async function updateTicket(
	update: TicketUpdate,
	value: string = OUTSIDE_HEADER.value,
): Promise<RawAnswer> {
	return await reportUpdate(ticketWebhook(n8n.url), update, { ...OUTSIDE_HEADER, value });
}

describe('the example ticket-round-trip', () => {
	it('opens a ticket and has the agent write to the same chat when it changes', async () => {
		outside.answerBy(({ path }) =>
			path.startsWith('/hooks') ? { body: { ok: true, runId: 'run-1' } } : { body: { id: 1042 } },
		);
		const { run } = await publish(outside.url);
		const sessionKey = 'agent:support-bot:telegram:direct:user_12345';
		const event = capturedEvent('session.created', { ...person, channel: 'telegram', sessionKey });
		await run('On Support Session', [event]);

		const updatedAt = '2026-03-14T11:00:00Z';
		const answer = await updateTicket({ ticketId: 1042, status: '已解决', updatedAt });
		expect(answer).toMatchObject({ status: 202, json: { ok: true, runId: 'run-1' } });
		const [created, told] = outside.requests;
		expect(created).toMatchObject({
			path: '/api/tickets',
			headers: { 'x-api-key': OUTSIDE_HEADER.value, 'idempotency-key': event.id },
			json: { requester: 'user_12345', metadata: { agent: 'support-bot', channel: 'telegram' } },
		});
		expect(told).toMatchObject({
			path: '/hooks/agent',
			headers: {
				authorization: `Bearer ${GATEWAY_TOKENS.hooks}`,
				'idempotency-key': `ticket-1042-${updatedAt}`,
			},
			json: {
				agentId: 'support-bot',
				message: expect.stringContaining('Ticket #1042 now has the status: 已解决') as string,
				deliver: true,
				sessionKey,
			},
		});
	});

	it('does not deliver into a session that the person shares with others', async () => {
		outside.answerBy(({ path }) =>
			path.startsWith('/hooks') ? { body: { ok: true, runId: 'run-2' } } : { body: { id: 7 } },
		);
		const { run } = await publish(outside.url);
		const sessionKey = 'agent:support-bot:main';
		await run('On Support Session', [
			capturedEvent('session.created', { ...person, channel: 'telegram', sessionKey }),
		]);
		expect(await updateTicket({ ticketId: 7, status: 'solved' })).toMatchObject({ status: 202 });
		expect(outside.requests[1]?.json).toMatchObject({ sessionKey, deliver: false });
	});

	it('writes to the topic of a group where it began', async () => {
		outside.answerBy(({ path }) =>
			path.startsWith('/hooks') ? { body: { ok: true, runId: 'run-3' } } : { body: { id: 8 } },
		);
		const { run } = await publish(outside.url);
		const sessionKey = 'agent:support-bot:telegram:group:-100200:topic:11';
		const conversation = { id: '-100200', type: 'group', threadId: '11', threadName: 'Printers' };
		const sender = { id: 'user_12345', name: 'Ada Lovelace', username: 'ada' };
		await run('On Support Session', [
			capturedEvent('session.created', {
				...person,
				channel: 'telegram',
				sessionKey,
				sender,
				conversation,
			}),
		]);
		expect(outside.requests[0]?.json).toMatchObject({
			title: 'Ada Lovelace on telegram, topic Printers',
			requesterName: 'Ada Lovelace',
			metadata: { topic: '11', username: 'ada' },
		});
		expect(await updateTicket({ ticketId: 8, status: 'solved' })).toMatchObject({ status: 202 });
		expect(outside.requests[1]?.json).toMatchObject({ sessionKey, deliver: true });
	});

	it('refuses a wrong header and does not know a ticket that no chat opened', async () => {
		await publish(gatewayUrl);
		expect(await updateTicket({ ticketId: 1, status: 'x' }, 'wrong')).toMatchObject({
			status: 403,
		});
		expect(await updateTicket({ ticketId: 'unheard-of', status: 'x' })).toMatchObject({
			status: 404,
			json: { ok: false },
		});
	});
});
