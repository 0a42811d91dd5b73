import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import type { JsonObject } from '../../testbed/json';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { createToken } from './support/tokens';
import { startPluginGateway } from './support/pluginGateway';

let model: ScriptedModel & { stop(): Promise<void> };
let telegram: TelegramStandIn;
let gateway: Gateway;
/** As n8n has it. */
let token: string;

beforeAll(async () => {
	[model, telegram] = await Promise.all([startScriptedModel(), startTelegramStandIn()]);
	gateway = await startPluginGateway({
		modelUrl: model.url,
		config: telegram.config('support-bot'),
		webhooks: {
			inbound: {
				endpoints: {
					'ticket-update': {
						agentId: 'support-bot',
						template: '工单 #{{body.ticketId}} 状态已更新为:{{body.status}}',
					},
				},
			},
		},
	});
	token = createToken(gateway);
});

afterAll(async () => {
	await gateway.remove();
	await Promise.all([model.stop(), telegram.stop()]);
});

async function updateTicket(body: JsonObject, headers: Readonly<Record<string, string>>) {
	const response = await fetch(`${gateway.url}/webhooks/inbound/ticket-update?wait=60`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${token}`,
			'content-type': 'application/json',
			...headers,
		},
		body: JSON.stringify(body),
	});
	return { status: response.status, json: (await response.json()) as JsonObject };
}

describe('a ticket update', () => {
	it('is told to the user in the chat where the ticket began', async () => {
		telegram.write('My printer is on fire [[reply:I have opened a ticket]]');
		await telegram.waitForSent(({ text }) => text.includes('I have opened a ticket'));

		const answer = await updateTicket(
			{ ticketId: 1042, status: '已解决 [[reply:Your ticket is solved]]' },
			{ 'x-openclaw-session-key': 'agent:support-bot:main', 'x-openclaw-deliver': 'true' },
		);

		expect(answer).toMatchObject({
			status: 200,
			json: { reply: { text: 'Your ticket is solved' } },
		});
		const told = await telegram.waitForSent(({ text }) => text.includes('Your ticket is solved'));
		expect(told.chatId).toBe('777');
		const turn = await model.waitForRequest(({ message }) => message.includes('#1042'));
		expect(turn.userTexts.some((text) => text.includes('My printer is on fire'))).toBe(true);
	});

	it.each([
		{ 'x-openclaw-session-key': 'agent:support-bot:main' },
		{ 'x-openclaw-session-key': 'agent:support-bot:main', 'x-openclaw-deliver': 'true' },
	])("stays out of a person's session without a token for that: %j", async (headers) => {
		const authorization = `Bearer ${GATEWAY_TOKENS.hooks}`;
		const body = { ticketId: 8, status: 'x' };
		expect(await updateTicket(body, { ...headers, authorization })).toMatchObject({
			status: 403,
			json: { error: { code: 'session-not-allowed' } },
		});
	});

	it('is refused at once when the session leads to nobody', async () => {
		const answer = await updateTicket(
			{ ticketId: 7, status: 'x' },
			{ 'x-openclaw-session-key': 'agent:support-bot:nowhere', 'x-openclaw-deliver': 'true' },
		);
		expect(answer).toMatchObject({ status: 422, json: { error: { code: 'no-conversation' } } });
	});
});
