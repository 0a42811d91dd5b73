import { startHttpSink } from '../../testbed/httpSink';
import { sendRaw } from '../../testbed/sendEvent';
import { startTicketSystem, type TicketSystem } from '../../testbed/ticketSystem';

let desk: TicketSystem;

beforeEach(async () => {
	desk = await startTicketSystem({ name: 'X-Key', value: 'right' });
});

afterEach(async () => {
	await desk.stop();
});

async function open(requester: string, headers: Record<string, string> = { 'x-key': 'right' }) {
	const body = JSON.stringify({ title: '你好', requester, metadata: { agent: 'support-bot' } });
	return await sendRaw(`${desk.url}/api/tickets`, { headers, body });
}

describe('the stand-in for a ticket system', () => {
	it('opens tickets with numbers of their own', async () => {
		expect(await open('1')).toMatchObject({ status: 201, json: { id: 'T-1001' } });
		expect(await open('2')).toMatchObject({ status: 201, json: { id: 'T-1002' } });
		expect(desk.tickets).toMatchObject([
			{ id: 'T-1001', title: '你好', requester: '1', metadata: { agent: 'support-bot' } },
			{ id: 'T-1002', requester: '2', status: 'open' },
		]);
	});

	it('opens one ticket for requests with the same key', async () => {
		const headers = { 'x-key': 'right', 'idempotency-key': 'evt_1' };
		expect(await open('1', headers)).toMatchObject({ status: 201, json: { id: 'T-1001' } });
		expect(await open('1', headers)).toMatchObject({ status: 200, json: { id: 'T-1001' } });
		expect(desk.tickets).toHaveLength(1);
	});

	it('refuses who does not know its key', async () => {
		expect(await open('1', { 'x-key': 'wrong' })).toMatchObject({ status: 401 });
		expect(await open('1', {})).toMatchObject({ status: 401 });
		expect(desk.tickets).toHaveLength(0);
	});

	it('reports a change of a ticket it has', async () => {
		const webhook = await startHttpSink(() => ({ status: 202 }));
		await open('1');
		expect(await desk.change('T-1001', '已解决 ✅', webhook.url)).toMatchObject({ status: 202 });
		const [ticket] = desk.tickets;
		expect(webhook.requests).toMatchObject([
			{
				headers: { 'x-key': 'right' },
				json: { ticketId: 'T-1001', status: '已解决 ✅', updatedAt: ticket?.updatedAt },
			},
		]);
		expect(ticket).toMatchObject({ status: '已解决 ✅' });
		await expect(desk.change('T-1', 'x', webhook.url)).rejects.toThrow('There is no ticket T-1');
		await webhook.stop();
	});
});
